package labs

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"careline/bot"
)

// sharedStrings are a workbook's texts, one behind the other: an array of strings
// would take a multiple of their bytes.
type sharedStrings struct {
	bytes []byte
	ends  []uint32
}

// mostStrings is how many bytes of texts are kept in memory.
const mostStrings = 48 << 20

// at is a text by its number.
func (s sharedStrings) at(i int) (string, bool) {
	if i < 0 || i >= len(s.ends) {
		return "", false
	}
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return string(s.bytes[start:s.ends[i]]), true
}

// readStrings reads the texts the cells refer to by number.
func (b *workbook) readStrings(name string) error {
	in, err := b.open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	limited := &cellLimit{in: in}
	d := xml.NewDecoder(limited)
	for {
		limited.next()
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return brokenWorkbook(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "si" {
			text, err := richText(d)
			if err != nil {
				return brokenWorkbook(err)
			}
			if len(b.strings.bytes)+4*len(b.strings.ends)+len(text) > mostStrings {
				return bot.Errorf(bot.KindInvalid, "The workbook holds more than 48 MiB of different texts; split it or save it as CSV in UTF-8.", "labs: xlsx: too many texts")
			}
			b.strings.bytes = append(b.strings.bytes, text...)
			b.strings.ends = append(b.strings.ends, uint32(len(b.strings.bytes)))
		}
	}
}

// richText reads the text of an element down to its end: the runs of its parts
// together, without the phonetic guide beside them.
func richText(d *xml.Decoder) (string, error) {
	var b strings.Builder
	depth, text, phonetic := 1, false, 0
	for depth > 0 {
		token, err := d.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			text = t.Name.Local == "t"
			if t.Name.Local == "rPh" {
				phonetic = depth
			}
		case xml.EndElement:
			if depth == phonetic {
				phonetic = 0
			}
			depth--
			text = false
		case xml.CharData:
			if text && phonetic == 0 {
				b.Write(t)
			}
		}
	}
	return b.String(), nil
}

// cellLimit bounds what one cell may take: a reader that fails when the next cell
// has not come within the longest record.
type cellLimit struct {
	in   io.Reader
	used int
}

func (l *cellLimit) next() { l.used = 0 }

func (l *cellLimit) Read(p []byte) (int, error) {
	if l.used > mostRecord {
		return 0, bot.Errorf(bot.KindInvalid, "A row of the workbook is longer than 1 MiB; nothing was imported.", "labs: xlsx: record too long")
	}
	n, err := l.in.Read(p)
	l.used += n
	return n, err
}
