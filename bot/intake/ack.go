package intake

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// PlainAck is a general acknowledgement (HL7 v2.5.1 chapter 2.9) of a message:
// MSA-1 code, MSA-2 the message's control id, MSA-3 the reason.
func PlainAck(raw []byte, code, reason string, now time.Time) []byte {
	head, ok := readHeader(raw)
	version := "2.5.1"
	if ok && head.field(12) != "" {
		version = escaped(head.field(12))
	}
	msh := []string{"MSH", `^~\&`, "CARELINE", "", escaped(head.field(3)), escaped(head.field(4)), now.UTC().Format("20060102150405-0700"), "",
		"ACK", uuid.NewString()[:20], orP(escaped(head.field(11))), version}
	msa := []string{"MSA", code, escaped(head.field(10)), escaped(reason)}
	return []byte(strings.Join(msh, "|") + "\r" + strings.TrimRight(strings.Join(msa, "|"), "|") + "\r")
}

func orP(processing string) string {
	if processing == "" {
		return "P"
	}
	return processing
}

// escaped writes text with HL7's escapes, without control characters: a field of
// a message must not end the acknowledgement's.
func escaped(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.NewReplacer(`\`, `\E\`, "|", `\F\`, "^", `\S\`, "&", `\T\`, "~", `\R\`).Replace(text)
}
