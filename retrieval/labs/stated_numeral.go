package labs

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const spokenDigits = `一二两三四五六七八九`

var (
	spokenNumber = regexp.MustCompile(`^(?:([` + spokenDigits + `])百)?(?:([` + spokenDigits + `]?)(十))?([零〇]?)([` + spokenDigits + `])?(?:点([零〇` + spokenDigits + `]+))?`)
	// A time of day ("七点一刻"), a rough or a larger number ("十几", "二十万").
	spokenOn = regexp.MustCompile(`^[十百千万亿分几多来半钟整刻零〇` + spokenDigits + `]`)
	digitOf  = strings.NewReplacer("零", "0", "〇", "0", "一", "1", "二", "2", "两", "2", "三", "3", "四", "4", "五", "5", "六", "6", "七", "7", "八", "8", "九", "9")
)

// numeral reads the Chinese number a text begins with, as voice messages write
// it: "七点一", "二十八", "一百二". One character alone is no number ("一直",
// "十分"). length is 0 when there is none.
func numeral(text string) (digits string, length int) {
	m := spokenNumber.FindStringSubmatch(text)
	hundreds, tens, ten, zero, ones, decimals := m[1], m[2], m[3], m[4], m[5], m[6]
	if utf8.RuneCountInString(m[0]) < 2 || hundreds+ten+decimals == "" || spokenOn.MatchString(text[len(m[0]):]) {
		return "", 0
	}
	value := 100*number(hundreds) + number(ones)
	switch {
	case ten != "":
		value += 10 * max(number(tens), 1)
	case hundreds != "" && zero == "":
		value += 9 * number(ones) // "一百二" is 120
	}
	digits = strconv.Itoa(value)
	if decimals != "" {
		if m[0] == "点"+decimals {
			return "", 0
		}
		digits += "." + digitOf.Replace(decimals)
	}
	return digits, len(m[0])
}

func number(digit string) int {
	n, _ := strconv.Atoi(digitOf.Replace(digit))
	return n
}
