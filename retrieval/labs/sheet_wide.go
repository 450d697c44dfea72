package labs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"careline/bot"
)

// itemColumn is a column of a wide sheet: an item of each report.
type itemColumn struct {
	index                int
	name, unit, interval string
}

// sampled is how many lines below the header show what a column holds.
const sampled = 20

// wide reports whether a header line is a wide sheet's: it names no column of
// items or values, and one that is an item itself.
func (c *Catalogue) wide(columns map[string]int, header []string, m *ColumnMap) bool {
	_, item := columns["item"]
	_, value := columns["value"]
	if item || value {
		return false
	}
	if m != nil && len(m.Items) > 0 {
		return true
	}
	return slices.ContainsFunc(header, func(cell string) bool {
		_, known := c.headers[headerKey(cell)]
		return !known && c.isItem(cell)
	})
}

func (c *Catalogue) isItem(header string) bool {
	name, _ := c.itemHeader(header)
	_, ok := c.Map(name, "", bot.SpecimenUnknown)
	return ok
}

// findItems works out the item columns of a wide sheet: those the catalogue knows
// or the mapping file names, and others whose first cells look like results. The
// rest is not read, which the quarantine says once.
func (s *sheet) findItems() error {
	m := s.sheetFile.columns
	if !s.catalogue.wide(s.columns, s.header.cells, m) {
		return nil
	}
	if err := s.readBelow(); err != nil {
		return err
	}
	first, err := s.peek(sampled)
	if err != nil && len(first) == 0 {
		return err
	}
	s.items = []itemColumn{}
	for i, cell := range s.header.cells {
		cell = cellText(cell, mostName)
		_, known := s.catalogue.headers[headerKey(cell)]
		if known || s.used(i) {
			continue
		}
		item, named := m.item(i, cell)
		if !named {
			item.name, item.unit = s.catalogue.itemHeader(cell)
			item.index = i
		}
		if item.name == "" {
			continue
		}
		if !named && !s.catalogue.isItem(cell) && !s.catalogue.showsResults(i, first) {
			if err := s.notRead(i, cell); err != nil {
				return err
			}
			continue
		}
		s.underHeader(&item)
		s.items = append(s.items, item)
	}
	return nil
}

// used reports whether a column has a meaning of its own.
func (s *sheet) used(index int) bool {
	for _, i := range s.columns {
		if i == index {
			return true
		}
	}
	return false
}

func (s *sheet) notRead(i int, header string) error {
	return s.to.Quarantine(bot.Quarantined{Position: s.position(s.header.number), Reason: fmt.Sprintf("column %d (%s) was not read", i+1, header), Format: "csv", Payload: bot.T(csvLine(s.header.cells, ','))})
}

// itemHeader parts a header into an item's name and its unit: "ALT(U/L)".
func (c *Catalogue) itemHeader(header string) (name, unit string) {
	header = cellText(header, mostName)
	m := unitBracket.FindStringSubmatch(header)
	if m == nil || strings.TrimSpace(m[1]) == "" || !c.isUnit(m[2]) {
		return header, ""
	}
	return strings.TrimSpace(m[1]), strings.TrimSpace(m[2])
}

// unitBracket is the last bracket of a header, which may hold brackets itself.
var unitBracket = regexp.MustCompile(`^(.*?)\s*[(（\[【]\s*((?:[^()（）]|\([^()]*\))*)\s*[)）\]】]$`)

// isUnit reports whether a text is a unit rather than another name.
func (c *Catalogue) isUnit(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" {
		return false
	}
	if _, known := c.units[unitKey(text)]; known {
		return true
	}
	_, name := c.Map(text, "", bot.SpecimenUnknown)
	return !name && strings.ContainsAny(text, "/／%％") && !strings.ContainsAny(text, "-~～")
}

// showsResults reports whether the first cells of a column are results.
func (c *Catalogue) showsResults(index int, lines []line) bool {
	shown := 0
	for _, l := range lines {
		if index >= len(l.cells) || strings.TrimSpace(l.cells[index]) == "" || c.sheetWords.footer(l.cells) {
			continue
		}
		cell := cellText(l.cells[index], mostText)
		v, _ := ParseValue(cell, "")
		if !v.Number.Valid() && !c.sheetWords.has(c.sheetWords.results, cell) {
			return false
		}
		shown++
	}
	return shown > 0
}

// wideResults are the filled cells of a line.
func (r sheetEntry) wideResults() []printed {
	var all []printed
	for _, i := range r.items {
		if i.index >= len(r.cells) || r.merged[i.index] {
			continue
		}
		cell := cellText(r.cells[i.index], mostText)
		if cell == "" || r.catalogue.sheetWords.has(r.catalogue.sheetWords.absent, cell) {
			continue
		}
		all = append(all, printed{name: i.name, value: cell, unit: i.unit, interval: i.interval})
	}
	return all
}
