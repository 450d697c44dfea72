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

// said is a text without escapes and control characters, at most so many characters long.
func (m *hl7Message) said(s string, most int) string {
	if s == "" {
		return ""
	}
	text, ok := m.plain(s)
	if !ok {
		m.distrust(wrongCharset)
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
