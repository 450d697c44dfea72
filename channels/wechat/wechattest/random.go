package wechattest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// random is n hex digits.
func random(n int) string {
	b := make([]byte, (n+1)/2)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)[:n]
}

// aesKey is a key as the console makes it: 32 bytes in 43 characters.
func aesKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return strings.TrimRight(base64.StdEncoding.EncodeToString(b), "=")
}

func or(given, fallback string) string {
	if given != "" {
		return given
	}
	return fallback
}

// number is the next number of a message.
func (p *Platform) number() int64 {
	p.serial++
	return p.serial
}
