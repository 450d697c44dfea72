package labs

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"careline/bot"
)

// headerWithin is among how many first lines the header is looked for; titles and
// lines about the export stand above it.
const headerWithin = 20

// needed columns, with a header to name when one is missing.
var needed = []struct{ column, header string }{
	{"item", "项目名称 (item)"}, {"value", "结果 (result)"}, {"at", "报告时间 (report time)"},
}

// errNoHeader is in the error of a table that says nowhere what its columns are.
var errNoHeader = errors.New("labs: no header line")

func noHeader(missing string) error {
	return bot.Errorf(bot.KindInvalid, fmt.Sprintf("The file is neither FHIR JSON, HL7 v2 nor XLSX, and as a table its header line has no column %s.", missing), "labs: sheet without column %s: %w", missing, errNoHeader)
}

// findHeader reads down to the header line and leaves the lines below it.
func (s *sheet) findHeader() error {
	m := s.sheetFile.columns
	if m.HeaderLine != nil {
		return s.headerAt(*m.HeaderLine)
	}
	lines, err := s.peek(headerWithin)
	if err != nil && len(lines) == 0 {
		return err
	}
	best, score := line{}, -1
	for i, l := range lines {
		columns := s.catalogue.columns(l.cells, m)
		if s.catalogue.missing(columns, l.cells, m) == "" {
			s.header, s.columns, s.held = l, columns, lines[i+1:]
			return nil
		}
		if n := s.catalogue.headerScore(l.cells, m); n > score {
			best, score = l, n
		}
	}
	if err != nil {
		return err
	}
	return noHeader(s.catalogue.missing(s.catalogue.columns(best.cells, m), best.cells, m))
}

// headerAt takes the header from the line a mapping file names; 0 means that the
// sheet has none and the mapping file numbers the columns.
func (s *sheet) headerAt(number int) error {
	for number > 0 && s.header.number < number {
		l, err := s.ahead()
		if errors.Is(err, io.EOF) {
			return bot.Errorf(bot.KindInvalid, fmt.Sprintf("The file ends before line %d, where the mapping file says its header is.", number), "labs: sheet: no line %d", number)
		}
		if err != nil {
			return err
		}
		l.cells = slices.Clone(l.cells)
		s.header = l
	}
	if number == 0 {
		first, err := s.peek(1)
		if err != nil || len(first) == 0 {
			return cmp.Or(err, noHeader("1"))
		}
		s.header.cells = make([]string, len(first[0].cells))
	}
	m := s.sheetFile.columns
	s.columns = s.catalogue.columns(s.header.cells, m)
	if missing := s.catalogue.missing(s.columns, s.header.cells, m); missing != "" {
		return noHeader(missing)
	}
	return nil
}

// columns finds the columns a header line names. Of two headers with the same
// meaning the one that stands earlier in the data file is read; a mapping file
// overrules both.
func (c *Catalogue) columns(header []string, m *ColumnMap) map[string]int {
	columns, ranks := map[string]int{}, map[string]int{}
	for i, name := range header {
		w, known := c.headers[headerKey(name)]
		if !known || w.column == columnIgnored {
			continue
		}
		if rank, twice := ranks[w.column]; !twice || w.rank < rank {
			columns[w.column], ranks[w.column] = i, w.rank
		}
	}
	if m != nil {
		m.overrule(columns, header)
	}
	if _, ok := columns["at"]; !ok {
		if i, collected := columns["collected"]; collected {
			columns["at"] = i
		}
	}
	return columns
}

// headerScore is how many columns a line names.
func (c *Catalogue) headerScore(header []string, m *ColumnMap) int {
	n := len(c.columns(header, m))
	for _, name := range header {
		if c.headers[headerKey(name)].column == columnIgnored {
			n++
		}
	}
	return n
}

// missing is what a line lacks to be the header of a long or a wide sheet.
func (c *Catalogue) missing(columns map[string]int, header []string, m *ColumnMap) string {
	if !slices.ContainsFunc(identifierColumns, func(i identifierColumn) bool { _, ok := columns[i.column]; return ok }) {
		return "病历号 (patient id)"
	}
	if _, dated := columns["at"]; dated && c.wide(columns, header, m) {
		return ""
	}
	for _, n := range needed {
		if _, ok := columns[n.column]; !ok {
			return n.header
		}
	}
	return ""
}
