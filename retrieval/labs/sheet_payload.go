package labs

import (
	"slices"
	"strings"
	"time"
)

// alone is a line as a table of its own: the header, what stands under it, and the
// line. Where a mapping file gave the columns their meaning, the table has headers
// that need none, and the times the file shows in its own shape in the usual one.
func (s *sheet) alone(l line) string {
	if s.options.Columns != nil {
		return s.aloneMapped(l)
	}
	comma := s.comma
	if s.name != "" {
		comma = ','
	}
	var b strings.Builder
	b.WriteString(csvLine(s.header.cells, comma))
	for _, under := range s.below {
		b.WriteString(csvLine(fit(under.cells, len(s.header.cells)), comma))
	}
	b.WriteString(csvLine(l.cells, comma))
	return b.String()
}

// fit pads cells to a width: a workbook does not store empty ones at the end.
func fit(cells []string, width int) []string {
	for len(cells) < width {
		cells = append(slices.Clip(cells), "")
	}
	return cells
}

// mappedTable is a table of a few lines that is written column by column.
type mappedTable struct{ header, intervals, cells []string }

func (t *mappedTable) add(header, interval, cell string) {
	t.header, t.intervals, t.cells = append(t.header, header), append(t.intervals, interval), append(t.cells, cell)
}

func (s *sheet) aloneMapped(l line) string {
	var t mappedTable
	for _, field := range mappable {
		if i, ok := s.columns[field]; ok {
			t.add(s.catalogue.headers.first(field), "", s.usual(l, field, i))
		}
	}
	for _, i := range s.items {
		header := i.name
		if i.unit != "" {
			header += "(" + i.unit + ")"
		}
		t.add(header, i.interval, cellAt(l, i.index))
	}
	constants := s.sheetFile.columns.Constants
	for _, c := range []struct{ field, text string }{{"laboratory", constants.Laboratory}, {"title", constants.Title}, {"identifier_system", constants.IdentifierSystem}} {
		if _, named := s.columns[c.field]; c.text != "" && !named {
			t.add(s.catalogue.headers.first(c.field), "", c.text)
		}
	}
	if len(l.cells) != len(s.header.cells) && len(s.header.cells) > 0 {
		t.cells = append(t.cells, "") // as untrustworthy as the line is
	}
	comma := ','
	if s.sheetFile.columns.Decimal == "," {
		comma = ';' // behind which a comma is never taken to group thousands
	}
	text := csvLine(t.header, comma)
	if strings.Join(t.intervals, "") != "" {
		text += csvLine(t.intervals, comma)
	}
	return text + csvLine(t.cells, comma)
}

// usual is a cell with a time in the usual shape.
func (s *sheet) usual(l line, field string, index int) string {
	switch field {
	case "at", "collected", "born":
		if t := s.time(cellText(cellAt(l, index), mostName)); !t.IsZero() {
			return t.In(s.options.Location).Format(time.DateTime)
		}
	}
	return cellAt(l, index)
}

func cellAt(l line, index int) string {
	if index < len(l.cells) {
		return l.cells[index]
	}
	return ""
}

// first is the header a column is known by everywhere.
func (w headerWords) first(column string) string {
	for name, word := range w {
		if word.column == column && word.rank == 0 {
			return name
		}
	}
	return column
}
