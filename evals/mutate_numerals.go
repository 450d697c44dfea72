package evals

import (
	"strconv"
	"strings"

	"careline/bot"
)

// spelled is a decimal below 10,000 (in English 1,000) in the words of a language.
func spelled(n string, l bot.Language) (string, bool) {
	whole, part, point := strings.Cut(n, ".")
	i, err := strconv.Atoi(whole)
	if err != nil || i >= 10_000 || l == bot.English && i >= 1000 {
		return "", false
	}
	integer, digit, dot := chineseInteger, chineseDigits, "点"
	if l == bot.English {
		integer, digit, dot = englishInteger, englishDigits, " point"
	}
	out := integer(i)
	if !point {
		return out, true
	}
	out += dot
	for _, d := range part {
		if l == bot.English {
			out += " "
		}
		out += digit[d-'0']
	}
	return out, true
}

var (
	chineseDigits = []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	englishDigits = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	englishTeens  = []string{"ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	englishTens   = []string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
)

// chineseInteger is an integer below 10,000: 八百七十, 一千零五.
func chineseInteger(i int) string {
	if i < 10 {
		return chineseDigits[i]
	}
	out, skipped := "", false
	for _, unit := range []struct {
		size int
		name string
	}{{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
		d := i / unit.size % 10
		switch {
		case d == 0:
			skipped = out != ""
		case d == 1 && unit.size == 10 && out == "":
			out = unit.name
		default:
			if skipped {
				out += "零"
			}
			out, skipped = out+chineseDigits[d]+unit.name, false
		}
	}
	return out
}

// englishInteger is an integer below 1,000.
func englishInteger(i int) string {
	switch {
	case i < 10:
		return englishDigits[i]
	case i < 20:
		return englishTeens[i-10]
	case i < 100 && i%10 == 0:
		return englishTens[i/10]
	case i < 100:
		return englishTens[i/10] + "-" + englishDigits[i%10]
	case i%100 == 0:
		return englishDigits[i/100] + " hundred"
	}
	return englishDigits[i/100] + " hundred and " + englishInteger(i%100)
}
