package labs

import (
	"encoding/hex"
	"strings"
)

// Why a message is not read.
const (
	brokenMarks   = "the separators (MSH-1, MSH-2) cannot be told apart"
	brokenSegment = "a line is no segment"
	cutMessage    = "the message ends in the middle"
	inPieces      = "the message is one piece of several (DSC, ADD or MSH-14)"
)

// split finds a message's segments; the reason why it is not whole, "" when it
// seems to be.
func (m *hl7Message) split(text string, raw []byte) (reason string) {
	body := strings.TrimLeft(text, "\x0b \t\ufeff")
	header := body
	if i := strings.IndexAny(body, "\r\n\x1c"); i >= 0 {
		header = body[:i]
	}
	var ok bool
	if m.hl7Marks, ok = readMarks(header); !ok || hl7Header([]byte(header)) != "MSH" {
		return brokenMarks
	}
	framed := strings.IndexByte(text[:len(text)-len(body)], startsMLLP) >= 0
	switch {
	case m.lostBytes(header, body):
		return wrongCharset
	case framed && strings.IndexByte(body, endsMLLP) < 0:
		return cutMessage
	case !m.lines(body):
		return brokenSegment
	}
	return m.incomplete(raw)
}

// lines reads the segments; false when a line is none. A line feed inside a
// message whose segments end in CR is part of a text.
func (m *hl7Message) lines(text string) bool {
	returns := strings.Contains(strings.ReplaceAll(strings.TrimRight(text, "\r\n\x1c"), "\r\n", ""), "\r")
	after := byte(0) // what ended the line before
	for len(text) > 0 {
		line, by, rest := text, byte(0), ""
		if i := strings.IndexAny(text, "\r\n\x1c"); i >= 0 {
			line, by, rest = text[:i], text[i], text[i+1:]
		}
		text = rest
		switch {
		case strings.TrimSpace(line) == "":
			continue
		case m.segment(line):
			m.segments = append(m.segments, newHL7Segment(line))
		case len(m.segments) > 1 && returns && after == '\n':
			last := &m.segments[len(m.segments)-1]
			*last = newHL7Segment(last.raw + "\n" + line)
		default:
			return false
		}
		after = by
	}
	return true
}

// segment reports whether a line is one: a name of three characters and the
// separator behind it.
func (m *hl7Message) segment(line string) bool {
	if len(line) < 3 || len(line) > 3 && line[3] != m.fields {
		return false
	}
	for i := range 3 {
		if !(line[i] >= 'A' && line[i] <= 'Z' || i > 0 && line[i] >= '0' && line[i] <= '9') {
			return false
		}
	}
	return true
}

// lostBytes reports whether a hexadecimal escape holds bytes that are no text in
// the message's character set: the quarantine keeps such bytes so.
func (m *hl7Message) lostBytes(header, text string) bool {
	if m.escape == 0 {
		return false
	}
	start, isUnicode := string(m.escape)+"X", unicodeNamed(charsetField(header))
	for {
		_, rest, found := strings.Cut(text, start)
		if !found {
			return false
		}
		digits, _, closed := strings.Cut(rest, string(m.escape))
		raw, err := hex.DecodeString(digits)
		if closed && err == nil && (!intact(raw) || !isUnicode && !ascii(raw)) {
			return true
		}
		text = rest
	}
}

// incomplete says why a message is not all there, "" when it seems to be. A
// laboratory's last segment states its status, unless it was cut.
func (m *hl7Message) incomplete(raw []byte) string {
	stated := false // OBX-11 of an earlier segment
	last := m.segments[len(m.segments)-1]
	for i, s := range m.segments {
		if s.id == "ADD" || s.id == "DSC" && s.field(1) != "" {
			return inPieces
		}
		stated = stated || i < len(m.segments)-1 && s.id == "OBX" && s.field(11) != ""
	}
	ended := strings.IndexByte("\r\n\x1c", raw[len(raw)-1]) >= 0
	switch {
	case m.header(14) != "":
		return inPieces
	case last.id == "OBX" && last.field(11) == "" && (stated || !ended):
		return cutMessage
	case last.id == "OBR" && last.field(25) == "", last.id == "MSH", last.id == "ORC":
		return cutMessage
	}
	return ""
}
