package labs

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mostColumns is how many columns of a workbook's sheet are read.
const mostColumns = 2000

// rows are the rows of a workbook's sheet, read from its XML one at a time.
type rows struct {
	book    *workbook
	limit   *cellLimit
	decoder *xml.Decoder
	number  int
	cells   []string
	merged  *mergedCells
}

func newRows(b *workbook, in io.Reader, merged *mergedCells) *rows {
	limit := &cellLimit{in: in}
	return &rows{book: b, limit: limit, decoder: xml.NewDecoder(limit), merged: merged}
}

// next is the next row that is stored; io.EOF behind the last. A sheet whose XML
// breaks off is an error, never a shorter sheet.
func (r *rows) next() (line, error) {
	for {
		r.limit.next()
		token, err := r.decoder.Token()
		if err != nil {
			return line{}, err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "row" {
			if err := r.row(start); err != nil {
				return line{}, noEOF(err)
			}
			l := line{number: r.number, cells: r.cells}
			l.cells, l.merged = r.merged.fill(r.number, r.cells)
			for _, cell := range l.cells {
				if err := checkCell(cell, r.number); err != nil {
					return line{}, err
				}
			}
			return l, nil
		}
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func checkCell(cell string, row int) error {
	for _, c := range cell {
		if !readableRune(c) {
			return fmt.Errorf("row %d holds characters that are none", row)
		}
	}
	if !utf8.ValidString(cell) {
		return fmt.Errorf("row %d is not UTF-8", row)
	}
	return nil
}

func (r *rows) row(start xml.StartElement) error {
	r.number++
	if n, err := strconv.Atoi(attribute(start, "r")); err == nil {
		if n < r.number {
			return fmt.Errorf("row %d stands behind row %d", n, r.number-1)
		}
		r.number = n
	}
	r.cells = r.cells[:0]
	column := 0
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			if t.Name.Local == "row" {
				return nil
			}
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			if name := attribute(t, "r"); name != "" {
				if column = columnIndex(name); column < 0 {
					return fmt.Errorf("a cell in row %d is named wrongly", r.number)
				}
			}
			text, err := r.cell(t)
			if err != nil {
				return err
			}
			if err := r.put(column, text); err != nil {
				return err
			}
			column++
		}
	}
}

func (r *rows) put(column int, text string) error {
	if text == "" || column >= mostColumns && strings.TrimSpace(text) == "" {
		return nil
	}
	if column >= mostColumns || column < len(r.cells) {
		return fmt.Errorf("row %d has a cell where none can be", r.number)
	}
	for len(r.cells) < column {
		r.cells = append(r.cells, "")
	}
	r.cells = append(r.cells, text)
	return nil
}

// cell reads a cell as it is shown; a formula's is the value kept with it.
func (r *rows) cell(start xml.StartElement) (string, error) {
	value, inline := "", ""
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.EndElement:
			if t.Name.Local == "c" {
				if inline != "" {
					return inline, nil
				}
				return r.shown(start, value)
			}
		case xml.StartElement:
			var text string
			switch t.Name.Local {
			case "v":
				text, err = plainText(r.decoder)
				value = text
			case "is":
				inline, err = richText(r.decoder)
			default:
				err = r.decoder.Skip()
			}
			if err != nil {
				return "", err
			}
		}
	}
}

// plainText is the text of an element down to its end.
func plainText(d *xml.Decoder) (string, error) {
	text := ""
	for {
		token, err := d.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.CharData:
			text += string(t)
		case xml.StartElement:
			if err := d.Skip(); err != nil {
				return "", err
			}
		case xml.EndElement:
			return text, nil
		}
	}
}

// shown is a cell's text by its type (ISO/IEC 29500-1, 18.18.11).
func (r *rows) shown(start xml.StartElement, value string) (string, error) {
	switch attribute(start, "t") {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		text, ok := r.book.strings.at(n)
		if err != nil || !ok && value != "" {
			return "", fmt.Errorf("row %d refers to a text that is not there", r.number)
		}
		return text, nil
	case "str", "inlineStr", "d":
		return value, nil
	case "e": // #N/A and the like: there is no value
		return value, nil
	case "b":
		if value == "1" {
			return "TRUE", nil
		}
		return "FALSE", nil
	}
	if value == "" {
		return "", nil
	}
	f := numberFormat{}
	if style, err := strconv.Atoi(attribute(start, "s")); err == nil && style >= 0 && style < len(r.book.formats) {
		f = r.book.formats[style]
	}
	return f.show(strings.TrimSpace(value), r.book.date1904)
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// columnIndex is the place of a cell's column ("B7" is 1), -1 for no such name.
func columnIndex(name string) int {
	n, i := 0, 0
	for ; i < len(name) && name[i] >= 'A' && name[i] <= 'Z'; i++ {
		if n = n*26 + int(name[i]-'A') + 1; n > 1<<20 {
			return -1
		}
	}
	return n - 1
}
