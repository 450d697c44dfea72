package labs

import (
	"cmp"
	"regexp"
	"strings"

	"careline/bot"
)

// hl7Coded is a coded text: CE, CWE or CNE.
type hl7Coded struct {
	code, text, system                            string
	alternateCode, alternateText, alternateSystem string
	original                                      string
}

// coded reads a coded text, whose parts are components, or subcomponents where it
// is a component itself.
func (m *hl7Message) coded(s string, by byte) hl7Coded {
	part := func(n int) string { return m.said(nth(s, by, n), mostText) }
	return hl7Coded{
		code: part(1), text: part(2), system: part(3), alternateCode: part(4), alternateText: part(5), alternateSystem: part(6), original: part(9),
	}
}

// said is the text as the source prints it: its original, else the source's own
// text rather than LOINC's, else any, else a code.
func (c hl7Coded) said() string {
	if loincCoded(c.system) {
		return cmp.Or(c.original, c.alternateText, c.text, c.alternateCode, c.code)
	}
	return cmp.Or(c.original, c.text, c.alternateText, c.code, c.alternateCode)
}

// loinc is the LOINC code, "" if none.
func (c hl7Coded) loinc() string {
	switch {
	case loincCoded(c.system):
		return c.code
	case loincCoded(c.alternateSystem):
		return c.alternateCode
	}
	return ""
}

// key is the source's own code, else LOINC's, else the name.
func (c hl7Coded) key() string {
	if loincCoded(c.system) {
		return cmp.Or(c.alternateCode, c.code, c.said())
	}
	return cmp.Or(c.code, c.alternateCode, c.said())
}

// loincCoded reports whether a coding system is LOINC (table 0396: LN), by name or OID.
func loincCoded(system string) bool {
	return system == "LN" || system == "LOINC" || system == "2.16.840.1.113883.6.1" || system == loincSystem
}

// hl7Value is what OBX-5 says.
type hl7Value struct {
	bot.Value
	flag       string // printed behind the value
	attachment bool   // a document or picture instead of a value
	cut        bool   // longer than what is kept of a text
}

// value reads OBX-5 by its type in OBX-2. One of several numbers is none.
func (m *hl7Message) value(kind string, field string) hl7Value {
	var texts []string
	for _, s := range m.repeats(field) {
		switch kind {
		case "ED", "RP":
			return hl7Value{attachment: strings.Trim(s, string(m.parts)) != ""}
		case "SN":
			if v := m.structured(s); len(m.repeats(field)) == 1 {
				return hl7Value{Value: v}
			} else {
				texts = append(texts, v.Shown())
			}
		case "CE", "CWE", "CNE", "CF", "IS":
			texts = append(texts, m.coded(s, m.parts).said())
		case "DT", "TM", "TS", "DTM":
			texts = append(texts, printedTime(m.said(m.part(s, 1), mostName), kind))
		default:
			texts = append(texts, m.said(s, 4*mostText))
		}
	}
	return printedValue(kind, texts)
}

// printedValue reads a value from its texts: lines of a text, or what is listed.
func printedValue(kind string, texts []string) hl7Value {
	between := "; "
	if lines(kind) {
		between = "\n"
	}
	text := strings.TrimSpace(strings.Join(texts, between))
	v := hl7Value{cut: len(text) > mostText && len([]rune(text)) > mostText}
	switch {
	case v.cut:
	case len(texts) != 1 || timed(kind):
		v.Printed = text
	case kind == "NM" && strings.HasPrefix(text, "+"):
		v.Value, v.flag = ParseValue(text[1:], "")
		v.Printed = text
	default:
		v.Value, v.flag = ParseValue(text, "")
	}
	return v
}

// lines reports whether a type holds lines of text.
func lines(kind string) bool { return kind == "TX" || kind == "FT" || kind == "ST" || kind == "" }

func timed(kind string) bool { return kind == "DT" || kind == "TM" || kind == "TS" || kind == "DTM" }

// structured reads SN: comparator ^ number ^ separator ^ number (v2.5.1 2.A.70).
// Titres, ranges and grades have no number of their own.
func (m *hl7Message) structured(s string) bot.Value {
	sign, first := m.said(m.part(s, 1), mostName), m.said(m.part(s, 2), mostName)
	between, second := m.said(m.part(s, 3), mostName), m.said(m.part(s, 4), mostName)
	if sign == "=" {
		sign = ""
	}
	if between == "" && second == "" && first != "" {
		v, _ := ParseValue(sign+first, "")
		return v
	}
	return bot.Value{Printed: sign + first + between + second}
}

// printedTime is a date or time that is a result, as people read it.
func printedTime(s, kind string) string {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	switch {
	case kind == "TM" && digits >= 4:
		return s[:2] + ":" + s[2:4]
	case kind == "TM" || digits < 8:
		return s
	case digits >= 12:
		return s[:4] + "-" + s[4:6] + "-" + s[6:8] + " " + s[8:10] + ":" + s[10:12]
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:8]
}

// hl7Unit is OBX-6: as printed, and its UCUM code where it is one.
type hl7Unit struct{ printed, ucum string }

// powerText is the beginning of a unit such as 10^9/L whose ^ its sender left
// without escape: it separates components then.
var powerText = regexp.MustCompile(`^(?i:[x×*]?\s*10)$`)

func (m *hl7Message) unit(field string) hl7Unit {
	s := m.first(field)
	if second := m.part(s, 2); m.parts == '^' && second != "" && digit(rune(second[0])) && powerText.MatchString(m.part(s, 1)) {
		return hl7Unit{printed: m.said(m.part(s, 1), mostName) + "^" + m.said(second, mostName)}
	}
	c := m.coded(s, m.parts)
	u := hl7Unit{printed: readable(cmp.Or(c.original, c.text, c.code, c.alternateText, c.alternateCode), mostName)}
	switch {
	case ucumCoded(c.system):
		u.ucum = readable(c.code, mostName)
	case ucumCoded(c.alternateSystem):
		u.ucum = readable(c.alternateCode, mostName)
	}
	return u
}

// ucumCoded reports whether a coding system is UCUM, by name or OID.
func ucumCoded(system string) bool {
	return system == "UCUM" || system == "2.16.840.1.113883.6.8" || system == ucumSystem
}
