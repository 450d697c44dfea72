package labs

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// hl7Marks are the separators a message names in MSH-1 and MSH-2; 0 where it has none.
type hl7Marks struct {
	fields, parts, repeat, escape, subparts byte
	truncated                               byte // HL7 2.7: behind a text that was cut
}

// mark reports whether a byte can be a separator.
func mark(b byte) bool {
	return b > ' ' && b < 0x7f && !(b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z')
}

// readMarks reads the separators of a header segment; false when they cannot be
// told apart.
func readMarks(header string) (m hl7Marks, ok bool) {
	if len(header) < 5 {
		return m, false
	}
	m.fields = header[3]
	named, _, _ := strings.Cut(header[4:], header[3:4])
	for i, at := range []*byte{&m.parts, &m.repeat, &m.escape, &m.subparts, &m.truncated} {
		if i < len(named) {
			*at = named[i]
		}
	}
	all := header[3:4] + named
	if len(named) == 0 || len(named) > 5 {
		return m, false
	}
	for i := range all {
		if !mark(all[i]) || strings.IndexByte(all[i+1:], all[i]) >= 0 {
			return m, false
		}
	}
	return m, true
}

// nth is the nth part of s, from 1, "" where it has fewer.
func nth(s string, by byte, n int) string {
	for ; n > 1; n-- {
		i := -1
		if by != 0 {
			i = strings.IndexByte(s, by)
		}
		if i < 0 {
			return ""
		}
		s = s[i+1:]
	}
	if i := strings.IndexByte(s, by); by != 0 && i >= 0 {
		return s[:i]
	}
	return s
}

func (m hl7Marks) part(s string, n int) string    { return nth(s, m.parts, n) }
func (m hl7Marks) subpart(s string, n int) string { return nth(s, m.subparts, n) }
func (m hl7Marks) first(s string) string          { return nth(s, m.repeat, 1) }

// repeats are the repetitions of a field, none for an empty one.
func (m hl7Marks) repeats(s string) []string {
	switch {
	case s == "" || s == null:
		return nil
	case m.repeat == 0:
		return []string{s}
	}
	return strings.Split(s, string(m.repeat))
}

// null is how HL7 says that a value known before is none now.
const null = `""`

// plain is a text without its escapes; false when its characters cannot be known.
// An escape that is none of HL7's stays as it is.
func (m hl7Marks) plain(s string) (string, bool) {
	if s == null {
		return "", true
	}
	if m.escape == 0 || strings.IndexByte(s, m.escape) < 0 {
		return s, true
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, m.escape)
		if i < 0 {
			break
		}
		n := strings.IndexByte(s[i+1:], m.escape)
		if n < 0 {
			break
		}
		b.WriteString(s[:i])
		said, known, ok := m.escaped(s[i+1 : i+1+n])
		switch {
		case !ok:
			return "", false
		case !known:
			// The second mark may begin an escape of its own.
			b.WriteString(s[i : i+1+n])
			s = s[i+1+n:]
			continue
		}
		b.WriteString(said)
		s = s[i+n+2:]
	}
	b.WriteString(s)
	return b.String(), true
}

// escaped is what the letters between two escape marks mean (HL7 v2.5.1 chapter
// 2.7); ok is false when they bring characters that cannot be read.
func (m hl7Marks) escaped(s string) (said string, known, ok bool) {
	switch s {
	case "F":
		return string(m.fields), true, true
	case "S":
		return sign(m.parts), true, true
	case "T":
		return sign(m.subparts), true, true
	case "R":
		return sign(m.repeat), true, true
	case "E":
		return string(m.escape), true, true
	case "P":
		return sign(m.truncated), m.truncated != 0, true
	case "H", "N", "C2842", "C2D41": // highlighting; back to ASCII, to Latin-1
		return "", true, true
	}
	switch {
	case s == "":
		return "", false, true
	case s[0] == '.':
		said, known = layout(s[1:])
		return said, known, true
	case s[0] == 'X':
		raw, err := hex.DecodeString(s[1:])
		if err != nil || len(raw) == 0 {
			return "", false, true
		}
		return string(raw), true, intact(raw)
	case switches(s):
		return "", true, false
	}
	return "", false, true
}

func sign(b byte) string {
	if b == 0 {
		return ""
	}
	return string(b)
}

// switches reports whether an escape changes the character set in the middle of a
// text: \Cxxyy\ and \Mxxyyzz\ with hexadecimal digits.
func switches(s string) bool {
	_, err := hex.DecodeString(s[1:])
	return err == nil && (s[0] == 'C' && len(s) == 5 || s[0] == 'M' && (len(s) == 5 || len(s) == 7))
}

// layout reads a formatting command of formatted text.
func layout(s string) (said string, known bool) {
	if len(s) < 2 {
		return "", false
	}
	count := 1
	if n := strings.TrimSpace(strings.TrimLeft(s[2:], "+-")); n != "" {
		var err error
		if count, err = strconv.Atoi(n); err != nil {
			return "", false
		}
	}
	switch s[:2] {
	case "br", "sp", "ce":
		return strings.Repeat("\n", min(count, 5)), true
	case "sk", "in", "ti":
		return strings.Repeat(" ", min(count, 20)), true
	case "fi", "nf":
		return "", true
	}
	return "", false
}

// escapes is plain's inverse.
func (m hl7Marks) escapes(s string) string {
	var b strings.Builder
	for i := range len(s) {
		letter := byte(0)
		switch c := s[i]; {
		case c == m.escape && c != 0:
			letter = 'E'
		case c == m.fields:
			letter = 'F'
		case c == m.parts && c != 0:
			letter = 'S'
		case c == m.subparts && c != 0:
			letter = 'T'
		case c == m.repeat && c != 0:
			letter = 'R'
		case c == m.truncated && c != 0:
			letter = 'P'
		}
		switch {
		case letter == 0:
			b.WriteByte(s[i])
		case m.escape == 0:
			b.WriteByte(' ')
		default:
			b.Write([]byte{m.escape, letter, m.escape})
		}
	}
	return b.String()
}
