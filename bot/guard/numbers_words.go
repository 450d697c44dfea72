package guard

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Numbers in words count as numbers only in quantity position: before a unit or
// a counted thing, or as a value; 万一, 十二指肠 and "one of" are words.
var (
	hanNumber     = regexp.MustCompile(`[零〇一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟]+(?:点[零〇一二三四五六七八九]+)?`)
	approximate   = regexp.MustCompile(`^(?:一两|一二|两三|二三|三四|三五|四五|五六)$`)
	englishNumber = regexp.MustCompile(`\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand)(?:[ -](?:and |point |zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|point)+)*\b`)
)

// englishMultiple is a multiple in one word, of a limit and not of a day.
var englishMultiple = regexp.MustCompile(`\b(twice|thrice|double|triple|quadruple) (?:the|its|your|that|this) (?:printed |reference |normal )?(?:upper|top|limit|maximum|range|normal|ceiling|bound)`)

var multiples = map[string]string{"twice": "2", "double": "2", "thrice": "3", "triple": "3", "quadruple": "4"}

func (r *reviewing) findNumerals(taken []span) {
	taken = append(taken, r.found["numbers.ordinary"]...)
	for _, m := range hanNumber.FindAllStringIndex(r.text, -1) {
		r.addNumeral(span{m[0], m[1]}, hanValue(r.text[m[0]:m[1]]), taken)
	}
	for _, m := range englishMultiple.FindAllStringSubmatchIndex(r.text, -1) {
		if s := (span{m[2], m[3]}); !anyOverlaps(taken, s) {
			r.quantities = append(r.quantities, quantity{span: s, value: multiples[r.text[m[2]:m[3]]], measure: "times", whole: r.text[m[2]:m[3]]})
		}
	}
	if !slices.ContainsFunc(englishWords, func(w string) bool { return strings.Contains(r.text, w) }) {
		return
	}
	for _, m := range englishNumber.FindAllStringIndex(r.text, -1) {
		r.addNumeral(span{m[0], m[1]}, englishValue(r.text[m[0]:m[1]]), taken)
	}
}

func (r *reviewing) addNumeral(s span, value string, taken []span) {
	if value == "" || cutBy(taken, s) || strings.HasSuffix(r.text[:s.start], "第") {
		return
	}
	q := r.quantityAt(s, value)
	if approximate.MatchString(r.text[s.start:s.end]) && (slices.Contains(itemWords, q.measure) || slices.Contains(occasionWords, q.measure)) {
		return // 两三个
	}
	if q.unit != "" || q.measure != "" || r.valuePosition(s) {
		r.quantities = append(r.quantities, q)
	}
}

// cutBy reports a taken span that reaches into s, other than one strictly inside:
// "一点" in "十一点五" is no word of its own.
func cutBy(taken []span, s span) bool {
	return slices.ContainsFunc(taken, func(o span) bool { return o.overlaps(s) && (o == s || !s.holds(o)) })
}

// valuePosition reports a numeral that is said to be a value: after "是", "of" or
// a name, and either longer than one digit or the last word of its clause.
func (r *reviewing) valuePosition(s span) bool {
	before := strings.TrimRight(r.text[:s.start], " ")
	said := false
	for _, list := range [][]span{r.found["numbers.before"], r.nameSpans()} {
		for _, w := range list {
			said = said || w.end == len(before)
		}
	}
	for _, d := range r.dates {
		said = said || d.end == len(before)
	}
	last := r.clauses[r.clauseOf(s.start)]
	ends := strings.Trim(r.text[s.end:max(s.end, last.end)], " .,;:!?()。") == ""
	long := utf8.RuneCountInString(r.text[s.start:s.end]) > 1 && !latinLetter(r.text, s.start) || strings.ContainsAny(r.text[s.start:s.end], " -")
	return said && (long || ends) || r.decimalInWords(s) || r.longDigits(s)
}

// decimalInWords is a Chinese decimal that is no time of day: 五点七.
func (r *reviewing) decimalInWords(s span) bool {
	if !strings.Contains(r.text[s.start:s.end], "点") {
		return false
	}
	for _, part := range []string{"上午", "下午", "早上", "晚上", "中午", "凌晨", "半夜", "夜里"} {
		if strings.HasSuffix(r.text[:s.start], part) {
			return false
		}
	}
	return true
}

// longDigits are digits read out one by one, as telephone numbers are.
func (r *reviewing) longDigits(s span) bool {
	const phone = 7
	return utf8.RuneCountInString(r.text[s.start:s.end]) >= phone && !latinLetter(r.text, s.start)
}

func (r *reviewing) nameSpans() []span {
	all := make([]span, len(r.names))
	for i, n := range r.names {
		all[i] = n.span
	}
	return all
}

var hanDigits = map[rune]int{'零': 0, '〇': 0, '一': 1, '壹': 1, '二': 2, '两': 2, '贰': 2, '三': 3, '叁': 3, '四': 4, '肆': 4, '五': 5, '伍': 5, '六': 6, '陆': 6, '七': 7, '柒': 7, '八': 8, '捌': 8, '九': 9, '玖': 9}

var hanPowers = map[rune]int{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000, '万': 10000}

// hanValue reads a Chinese number: 八十七, 一百二 (120), 七点一, 八七 (digit by
// digit); "" when it is none.
func hanValue(s string) string {
	whole, part, point := strings.Cut(s, "点")
	total, section, digit, unit, plain := 0, 0, -1, 10, ""
	for _, c := range whole {
		if n, ok := hanDigits[c]; ok {
			digit, plain = n, plain+strconv.Itoa(n)
			continue
		}
		n := hanPowers[c]
		if n == 10000 {
			total, section, digit = (total+section+max(digit, 0))*n, 0, -1
		} else {
			if digit < 0 {
				digit = 1
			}
			section, digit = section+digit*n, -1
		}
		unit = n
	}
	value := strconv.Itoa(total + section + max(digit, 0))
	switch {
	case len(plain) == utf8.RuneCountInString(whole):
		value = plain
	case digit > 0 && unit >= 100 && !strings.ContainsAny(whole, "零〇"):
		value = strconv.Itoa(total + section + digit*unit/10)
	}
	if !point {
		return canonicalDigits(value)
	}
	value += "."
	for _, c := range part {
		value += strconv.Itoa(hanDigits[c])
	}
	return canonicalDigits(value)
}

var englishNumbers = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")

// englishWords is one of them in every number written in words.
var englishWords = append([]string{"twenty", "thirty", "forty", "fifty", "eighty", "hundred", "thousand"}, englishNumbers...)

var englishTens = map[string]int{"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}

// englishValue reads an English number: "eighty-seven", "seven point one".
func englishValue(s string) string {
	whole, part, point := strings.Cut(s, "point")
	total, section := 0, 0
	for _, w := range strings.FieldsFunc(whole, func(c rune) bool { return c == ' ' || c == '-' }) {
		switch {
		case w == "hundred":
			section = max(section, 1) * 100
		case w == "thousand":
			total, section = total+max(section, 1)*1000, 0
		case englishTens[w] > 0:
			section += englishTens[w]
		default:
			section += max(slices.Index(englishNumbers, w), 0)
		}
	}
	value := strconv.Itoa(total + section)
	if !point {
		return canonicalDigits(value)
	}
	value += "."
	for _, w := range strings.Fields(part) {
		value += strconv.Itoa(max(slices.Index(englishNumbers, w), 0))
	}
	return canonicalDigits(value)
}
