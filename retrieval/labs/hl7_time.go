package labs

import (
	"strconv"
	"strings"
	"time"

	"careline/bot"
)

// hl7Time reads HL7's time stamp, YYYY[MM[DD[HH[MM[SS[.S…]]]]]][±ZZZZ] (v2.5.1
// 2.A.22): what is left out is the beginning of what is there, and a time without
// a zone is the source's. Times as people write them are read too.
func hl7Time(s string, zone *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits < 4 || digits > 14 || digits%2 == 1 {
		return parseTime(s, zone)
	}
	rest, fraction := s[digits:], ""
	if digits == 14 && strings.HasPrefix(rest, ".") {
		fraction = rest[1 : 1+len(rest[1:])-len(strings.TrimLeft(rest[1:], "0123456789"))]
		rest = rest[1+len(fraction):]
	}
	if rest != "" {
		stated, ok := offset(rest)
		if !ok {
			return parseTime(s, zone)
		}
		zone = stated
	}
	parts := [6]int{0, 1, 1, 0, 0, 0}
	parts[0], _ = strconv.Atoi(s[:4])
	for i := 1; 2+2*i < digits; i++ {
		parts[i], _ = strconv.Atoi(s[2+2*i : 4+2*i])
	}
	t := time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], nanoseconds(fraction), zone)
	exists := t.Day() == parts[2] && int(t.Month()) == parts[1] && parts[3] < 24 && parts[4] < 60 && parts[5] < 60
	return t.UTC(), exists && parts[0] > 1900 && parts[0] < 2200
}

// offset reads ±ZZZZ.
func offset(s string) (*time.Location, bool) {
	if len(s) != 5 || s[0] != '+' && s[0] != '-' {
		return nil, false
	}
	n, err := strconv.ParseUint(s[1:], 10, 16)
	seconds := int(n/100*3600 + n%100*60)
	if err != nil || n > 1400 || n%100 > 59 {
		return nil, false
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds), true
}

func nanoseconds(fraction string) int {
	n, _ := strconv.Atoi((fraction + "000000000")[:9])
	return n
}

// time is a field's time; zero for an empty one, false for one that cannot be read.
func (m *hl7Message) time(field string) (time.Time, bool) {
	text := m.said(m.part(m.first(field), 1), mostName)
	if text == "" {
		return time.Time{}, true
	}
	return hl7Time(text, m.zone)
}

// birthDay keeps a whole or partial date of birth as it is sent: a time behind it
// and its zone never move the day.
func (m *hl7Message) birthDay(field string) bot.Date {
	text := m.said(m.part(m.first(field), 1), mostName)
	t, ok := hl7Time(text, time.UTC)
	if !ok {
		return ""
	}
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	switch {
	case digits == 4 && len(text) == 4:
		return bot.Date(text)
	case digits == 6:
		return bot.Date(text[:4] + "-" + text[4:6])
	case digits >= 8:
		return bot.Date(text[:4] + "-" + text[4:6] + "-" + text[6:8])
	}
	return bot.DateOf(t, time.UTC)
}
