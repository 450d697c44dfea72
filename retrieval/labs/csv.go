package labs

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"careline/bot"
)

// readCSV reads a table that is text, line by line.
func readCSV(c *Catalogue, s Source, seen looked, o Options, to bot.ImportSink) error {
	charset, err := seen.charset()
	if err != nil {
		return err
	}
	if o.Columns != nil && o.Columns.Encoding != "" {
		charset = o.Columns.Encoding
	}
	comma := separator(c, s, charset, o.Columns)
	f := newSheetFile(c, o, to)
	if err := f.read(csvTable(decode(s.reader(), charset), comma)); err != nil {
		return err
	}
	return f.flush()
}

// csvTable are the lines of a text.
func csvTable(text *decoded, comma rune) table {
	in := csv.NewReader(text)
	in.Comma = comma
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	return table{comma: comma, next: func() (line, error) {
		text.record()
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return line{}, io.EOF
		}
		if err != nil {
			return line{}, brokenCSV(err)
		}
		number, _ := in.FieldPos(0)
		return line{number: number, cells: cells}, nil
	}}
}

func brokenCSV(err error) error {
	if bot.KindOf(err) == bot.KindInvalid {
		return err
	}
	sentence := "The file is neither FHIR JSON nor a CSV with a header line."
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		sentence = fmt.Sprintf("Line %d of the CSV is broken; nothing was imported.", e.Line)
	}
	return bot.Errorf(bot.KindInvalid, sentence, "labs: csv: %w", err)
}

// separators between cells; the full-width bar is some systems' own.
const separators = ",;\t|｜"

// separator is the one by which the first lines show most headers, then most cells.
func separator(c *Catalogue, s Source, charset string, m *ColumnMap) rune {
	if m != nil && m.Separator != "" {
		return []rune(m.Separator)[0]
	}
	best, most := ',', -1
	for _, comma := range separators {
		t := csvTable(decode(s.reader(), charset), comma)
		for range headerWithin {
			l, err := t.next()
			if err != nil {
				break // the end, or what only the right separator can read
			}
			// A header line names at least two columns; more cells decide where none is known.
			if score := c.headerScore(l.cells, m)*1000 + min(len(l.cells), 999); score > most {
				best, most = comma, score
			}
		}
	}
	return best
}

// csvLine writes cells as one line that reads as the same cells.
func csvLine(cells []string, comma rune) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = comma
	if w.Write(cells) != nil {
		return ""
	}
	w.Flush()
	return b.String()
}
