package labs

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// mostMerged is how many merged cells of a sheet are known.
const mostMerged = 200_000

// mergedCell is a cell that reaches down over several rows.
type mergedCell struct {
	column, first, last int
	text                string
}

// mergedCells are those of a sheet that reach down. What a patient's cell says
// holds for each of its rows.
type mergedCells struct {
	from map[int][]mergedCell // by first row
	open []mergedCell
}

// merged reads a sheet's merged cells, which its XML lists behind the rows.
func (b *workbook) merged(s workbookSheet) (*mergedCells, error) {
	m := &mergedCells{from: map[int][]mergedCell{}}
	in, err := b.open(s.part)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	rest, found, err := behind(in, []byte("<mergeCells"))
	if err != nil {
		return nil, brokenWorkbook(err)
	}
	if !found {
		return m, nil
	}
	d := xml.NewDecoder(io.MultiReader(strings.NewReader("<mergeCells"), rest))
	for n := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return nil, brokenWorkbook(err)
		}
		switch t := token.(type) {
		case xml.EndElement:
			if t.Name.Local == "mergeCells" {
				return m, nil
			}
		case xml.StartElement:
			if n++; n > mostMerged {
				return nil, brokenWorkbook(fmt.Errorf("more than %d merged cells", mostMerged))
			}
			m.add(attribute(t, "ref"))
		}
	}
}

// add keeps a range ("A2:A5") that is higher than one row.
func (m *mergedCells) add(ref string) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return
	}
	first, errFirst := strconv.Atoi(strings.TrimLeft(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	last, errLast := strconv.Atoi(strings.TrimLeft(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	column := columnIndex(from)
	if errFirst == nil && errLast == nil && last > first && column >= 0 && column < mostColumns {
		m.from[first] = append(m.from[first], mergedCell{column: column, first: first, last: last})
	}
}

// fill puts what reaches down from above into a row's empty cells, and says which
// those are.
func (m *mergedCells) fill(row int, cells []string) ([]string, map[int]bool) {
	if len(m.open) == 0 && len(m.from) == 0 {
		return cells, nil
	}
	var reached map[int]bool
	still := m.open[:0]
	for _, c := range m.open {
		if c.last < row {
			continue
		}
		still = append(still, c)
		for len(cells) <= c.column {
			cells = append(cells, "")
		}
		if cells[c.column] == "" && c.text != "" {
			if reached == nil {
				reached = map[int]bool{}
			}
			cells[c.column], reached[c.column] = c.text, true
		}
	}
	m.open = still
	for _, c := range m.from[row] {
		if c.column < len(cells) {
			c.text = cells[c.column]
		}
		// Merged cells never overlap: a file where they do keeps one for a column.
		m.open = slices.DeleteFunc(m.open, func(o mergedCell) bool { return o.column == c.column })
		m.open = append(m.open, c)
	}
	delete(m.from, row)
	return cells, reached
}
