package intake

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"time"

	"careline/retrieval/labs"
)

// header is what the transport needs of an HL7 v2 message: fields of its MSH
// segment. Everything else is the parser's.
type header struct {
	fields []string // fields[n] is MSH-n
}

// headerAtMost is how far into a file its MSH segment is looked for, in bytes.
const headerAtMost = 4 << 10

// readHeader reads the first MSH segment, behind a batch's headers where there
// are any. It is not one where the separators are not HL7's.
func readHeader(raw []byte) (header, bool) {
	raw = bytes.TrimPrefix(raw[:min(len(raw), headerAtMost)], []byte("\ufeff"))
	for line := range bytes.FieldsFuncSeq(raw, func(r rune) bool { return r == '\r' || r == '\n' }) {
		line = bytes.TrimLeft(line, " \t")
		switch {
		case bytes.HasPrefix(line, []byte("FHS")), bytes.HasPrefix(line, []byte("BHS")):
			continue
		case !bytes.HasPrefix(line, []byte("MSH")) || len(line) < 9 || letterOrDigit(line[3]):
			return header{}, false
		}
		separator := string(line[3:4])
		return header{append([]string{"MSH", separator}, strings.Split(string(line[4:]), separator)...)}, true
	}
	return header{}, false
}

func letterOrDigit(c byte) bool {
	return c <= ' ' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// headerOf is the header of a file, if it is HL7 v2.
func headerOf(s labs.Source) (header, bool) {
	start := make([]byte, min(s.Size, headerAtMost))
	n, _ := s.ReadAt(start, 0)
	return readHeader(start[:n])
}

// field is MSH-n, first component.
func (h header) field(n int) string {
	if n >= len(h.fields) {
		return ""
	}
	component := "^"
	if len(h.fields) > 2 && h.fields[2] != "" {
		component = h.fields[2][:1]
	}
	first, _, _ := strings.Cut(h.fields[n], component)
	return strings.TrimSpace(first)
}

// Source names the feed: sending application and facility (MSH-3, MSH-4).
func (h header) Source() string {
	var parts []string
	for _, n := range []int{3, 4} {
		if name := printable(h.field(n)); name != "" {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, "@")
}

// printable keeps of a name what a table and a metric can show: 40 characters.
func printable(name string) string {
	kept := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufffd' || r == '"' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	runes := []rune(kept)
	return string(runes[:min(len(runes), 40)])
}

// Test reports a message that is for training or debugging and no patient's:
// processing id T or D (MSH-11, HL7 table 0103).
func (h header) Test() bool { return h.field(11) == "T" || h.field(11) == "D" }

// tests reports whether a file's messages are tests, and whether it mixes tests
// with others.
func tests(s labs.Source) (all, mixed bool) {
	if _, ok := headerOf(s); !ok {
		return false, false
	}
	in := bufio.NewReaderSize(io.NewSectionReader(s, 0, s.Size), headerAtMost)
	test, other := false, false
	for start := true; ; {
		if start {
			if line, _ := in.Peek(headerAtMost); bytes.HasPrefix(line, []byte("MSH")) {
				head, ok := readHeader(line)
				test, other = test || ok && head.Test(), other || !ok || !head.Test()
			}
		}
		c, err := in.ReadByte()
		if err != nil {
			return test && !other, test && other
		}
		start = c == '\r' || c == '\n'
	}
}

// SentAt is MSH-7; a time without zone is in the feed's. Zero where there is none.
func (h header) SentAt(zone *time.Location) time.Time {
	text := h.field(7)
	for _, layout := range []string{"20060102150405-0700", "200601021504-0700"} {
		plain, sign, _ := cutZone(text)
		plain, _, _ = strings.Cut(plain, ".")
		if sign != "" {
			if t, err := time.Parse(layout, plain+sign); err == nil {
				return t.UTC()
			}
		}
		if t, err := time.ParseInLocation(strings.TrimSuffix(layout, "-0700"), plain, zone); sign == "" && err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// cutZone parts "20260101120000.5+0800" before its zone.
func cutZone(text string) (plain, zone string, found bool) {
	if i := strings.LastIndexAny(text, "+-"); i > 0 {
		return text[:i], text[i:], true
	}
	return text, "", false
}
