package intake

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

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
	raw = bytes.TrimPrefix(inUTF8(raw[:min(len(raw), headerAtMost)]), []byte("\ufeff"))
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

// inUTF8 is the beginning of a file in UTF-8, where it is UTF-16 or GB18030: what
// a header says must be seen in each. The last character may be cut.
func inUTF8(start []byte) []byte {
	if wide := wideOrder(start); wide != nil {
		text, _ := wide.NewDecoder().Bytes(start[:len(start)&^1])
		return text
	}
	line, _, _ := bytes.Cut(start, []byte("\r"))
	if utf8.Valid(line) {
		return start
	}
	text, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(start)
	return text
}

// wideOrder is the UTF-16 a message begins in, nil where it does not: by its byte
// order mark, or by the zero bytes of its first letters.
func wideOrder(start []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("M\x00S\x00")), bytes.HasPrefix(start, []byte("F\x00H\x00")), bytes.HasPrefix(start, []byte("B\x00H\x00")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(start, []byte("\xfe\xff")), bytes.HasPrefix(start, []byte("\x00M\x00S")), bytes.HasPrefix(start, []byte("\x00F\x00H")), bytes.HasPrefix(start, []byte("\x00B\x00H")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
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

// textOf reads a file whose line ends and ASCII letters are single bytes: UTF-16
// as UTF-8, any other as it is.
func textOf(s labs.Source) io.Reader {
	start := make([]byte, 4)
	n, _ := s.ReadAt(start, 0)
	in := io.NewSectionReader(s, 0, s.Size)
	if wide := wideOrder(start[:n]); wide != nil {
		return transform.NewReader(in, wide.NewDecoder())
	}
	return in
}

// tests reports whether a file's messages are tests, and whether it mixes tests
// with others.
func tests(s labs.Source) (all, mixed bool) {
	if _, ok := headerOf(s); !ok {
		return false, false
	}
	in := bufio.NewReaderSize(textOf(s), headerAtMost)
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
