package labs

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"careline/bot"
)

// refuse quarantines a part of a message with the segments that make it a message
// of its own, which can be read again.
func (m *hl7Message) refuse(position, reason string, segments ...hl7Segment) {
	lines := make([]string, len(segments))
	for i, s := range segments {
		lines[i] = s.raw
	}
	lines[0] = m.inUTF8(lines[0])
	m.quarantine = append(m.quarantine, bot.Quarantined{
		Position: position, Reason: reason, Format: hl7Format, Payload: bot.T(strings.Join(lines, "\r") + "\r"),
	})
}

// inUTF8 is a header segment that declares UTF-8, which the quarantine keeps.
func (m *hl7Message) inUTF8(header string) string {
	fields := strings.Split(header, string(m.fields))
	for len(fields) < 18 {
		fields = append(fields, "")
	}
	fields[17] = "UNICODE UTF-8"
	return strings.Join(fields, string(m.fields))
}

// whole is a message as text. Bytes that are none stand in it as HL7's hexadecimal
// escapes, which are refused again when it is read.
func (m *hl7Message) whole(raw []byte, wide bool) string {
	text, reason := decodeHL7(raw, wide)
	if reason != "" {
		return hexadecimal(raw, unicodeNamed(declaredCharset(raw)))
	}
	body := strings.TrimLeft(text, "\x0b \t\ufeff")
	before, header, rest := text[:len(text)-len(body)], body, ""
	if i := strings.IndexAny(body, "\r\n\x1c"); i >= 0 {
		header, rest = body[:i], body[i:]
	}
	if marks, ok := readMarks(header); ok {
		m.hl7Marks = marks
		header = m.inUTF8(header)
	}
	return before + header + rest
}

// hexadecimal escapes the bytes that are no text, and where the charset is not
// Unicode all that ASCII does not have.
func hexadecimal(raw []byte, isUnicode bool) string {
	lost := func(r rune) bool {
		return r == utf8.RuneError || r == 0 || r >= 0x80 && (r < 0xa0 || !isUnicode)
	}
	var b strings.Builder
	for len(raw) > 0 {
		n := 0 // bytes that are lost
		for n < len(raw) {
			r, size := utf8.DecodeRune(raw[n:])
			if !lost(r) {
				break
			}
			n += size
		}
		if n > 0 {
			fmt.Fprintf(&b, `\X%X\`, raw[:n])
			raw = raw[n:]
			continue
		}
		_, size := utf8.DecodeRune(raw)
		b.Write(raw[:size])
		raw = raw[size:]
	}
	return b.String()
}
