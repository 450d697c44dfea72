package labs

import (
	"strings"
	"time"

	"careline/bot"
)

// hl7Segment is a line of a message, its fields still with their escapes.
type hl7Segment struct {
	raw    string
	id     string
	fields []string
}

// newHL7Segment splits a segment at the separator behind its name.
func newHL7Segment(raw string) hl7Segment {
	if len(raw) < 4 {
		return hl7Segment{raw: raw, id: raw}
	}
	return hl7Segment{raw: raw, id: raw[:3], fields: strings.Split(raw, raw[3:4])}
}

// field is a field by its number in the standard, where the separator itself is
// the header's first.
func (s hl7Segment) field(n int) string {
	if s.id == "MSH" {
		n--
	}
	if n < 1 || n >= len(s.fields) {
		return ""
	}
	return s.fields[n]
}

// hl7Message is a message being read, and what it brings.
type hl7Message struct {
	hl7Marks
	catalogue  *Catalogue
	zone       *time.Location
	position   string
	segments   []hl7Segment
	doubt      string // why it cannot be trusted: the first reason found
	records    []bot.ImportRecord
	merges     []bot.Merge
	quarantine []bot.Quarantined
}

// Why a message is not read.
const (
	brokenMarks   = "the separators (MSH-1, MSH-2) cannot be told apart"
	brokenSegment = "a line is no segment"
	cutMessage    = "the message ends in the middle"
	inPieces      = "the message is one piece of several (DSC, ADD or MSH-14)"
)

// split finds the segments. A line feed inside a message whose segments end in CR
// is part of a text.
func (m *hl7Message) split(text string, raw []byte) (reason string) {
	text = strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(text, "\x0b \t"), "\ufeff"), "\x0b \t")
	returns := strings.Contains(strings.ReplaceAll(strings.TrimRight(text, "\r\n\x1c"), "\r\n", ""), "\r")
	if framed := strings.IndexByte(string(raw[:min(len(raw), 4)]), startsMLLP) >= 0; framed && !strings.Contains(text, "\x1c") {
		return cutMessage
	}
	for len(text) > 0 {
		end := strings.IndexAny(text, "\r\n\x1c")
		line, by := text, byte(0)
		if end >= 0 {
			line, by, text = text[:end], text[end], text[end+1:]
		} else {
			text = ""
		}
		switch {
		case strings.TrimSpace(line) == "":
		case m.segment(line):
			m.segments = append(m.segments, newHL7Segment(line))
		case len(m.segments) > 1 && returns && by != endsMLLP && m.continues(line):
		default:
			return brokenSegment
		}
		if m.fields == 0 {
			var ok bool
			if m.hl7Marks, ok = readMarks(m.segments[0].raw); !ok {
				return brokenMarks
			}
		}
	}
	return m.incomplete(raw)
}

// segment reports whether a line is one: a name of three characters and the
// separator behind it.
func (m *hl7Message) segment(line string) bool {
	if len(line) < 3 || len(line) > 3 && m.fields != 0 && line[3] != m.fields {
		return false
	}
	for i := range 3 {
		if !(line[i] >= 'A' && line[i] <= 'Z' || i > 0 && line[i] >= '0' && line[i] <= '9') {
			return false
		}
	}
	return true
}

// continues adds a line to the text that the segment before it ends in.
func (m *hl7Message) continues(line string) bool {
	last := &m.segments[len(m.segments)-1]
	*last = newHL7Segment(last.raw + "\n" + line)
	return true
}

// incomplete says why a message is not all there, "" when it seems to be. A
// laboratory's last segment states its status, unless it was cut.
func (m *hl7Message) incomplete(raw []byte) string {
	if len(m.segments) == 0 || m.segments[0].id != "MSH" {
		return brokenMarks
	}
	if m.segments[0].field(14) != "" {
		return inPieces
	}
	stated := false // OBX-11 of an earlier segment
	for _, s := range m.segments[:len(m.segments)-1] {
		if s.id == "ADD" || s.id == "DSC" && s.field(1) != "" {
			return inPieces
		}
		stated = stated || s.id == "OBX" && s.field(11) != ""
	}
	last := m.segments[len(m.segments)-1]
	ended := len(raw) > 0 && strings.IndexByte("\r\n\x1c", raw[len(raw)-1]) >= 0
	switch {
	case last.id == "ADD", last.id == "DSC" && last.field(1) != "":
		return inPieces
	case last.id == "OBX" && last.field(11) == "" && (stated || !ended):
		return cutMessage
	case last.id == "OBR" && last.field(25) == "", last.id == "MSH", last.id == "ORC":
		return cutMessage
	}
	return ""
}

// said is a text without escapes and control characters, at most so many characters long.
func (m *hl7Message) said(s string, most int) string {
	if s == "" {
		return ""
	}
	text, ok := m.plain(s)
	if !ok {
		m.distrust("a text is in a character set that is not read")
	}
	return readable(text, most)
}

// key is a text that identifies something: one that was cut identifies nothing.
func (m *hl7Message) key(s string) string {
	if len(s) > 0 && m.truncated != 0 && s[len(s)-1] == m.truncated {
		m.distrust("an identifier was cut by its sender")
	}
	key := m.said(s, mostText)
	if len(key) > mostName {
		m.distrust("an identifier is longer than 200 bytes")
	}
	return strings.TrimSpace(key)
}

func (m *hl7Message) distrust(reason string) {
	if m.doubt == "" {
		m.doubt = reason
	}
}

// The kinds of message that are read.
type hl7Kind string

const (
	hl7Results hl7Kind = "results"
	hl7Merge   hl7Kind = "merge"
	hl7Other   hl7Kind = ""
)

// kind reads MSH-9. HL7 2.1 names no event.
func (m *hl7Message) kind() hl7Kind {
	code, event := m.part(m.header(9), 1), m.part(m.header(9), 2)
	switch code + "^" + event {
	case "ORU^", "ORU^R01", "ORU^R30", "ORU^R31", "ORU^R32", "OUL^R21", "OUL^R22", "OUL^R23", "OUL^R24":
		return hl7Results
	case "ADT^A40", "ADT^A34", "ADT^A18":
		return hl7Merge
	}
	return hl7Other
}

// header is a field of the message's header.
func (m *hl7Message) header(n int) string { return m.segments[0].field(n) }

// perSpecimen reports whether an OUL's specimens stand before their orders.
func (m *hl7Message) perSpecimen() bool {
	event := m.part(m.header(9), 2)
	return m.part(m.header(9), 1) == "OUL" && event != "R24"
}
