package labs

import "strings"

// mostBelow is how many lines of units and intervals stand under a wide header.
const mostBelow = 2

// readBelow takes the lines under a wide header that say units or intervals.
func (s *sheet) readBelow() error {
	for range mostBelow {
		lines, err := s.peek(1)
		if err != nil {
			return err
		}
		if len(lines) == 0 || !s.isBelow(lines[0]) {
			return nil
		}
		s.below = append(s.below, lines[0])
		s.held = s.held[1:]
	}
	return nil
}

// isBelow reports whether a line belongs to the header: it names no patient and
// no time, and its cells are units or intervals.
func (s *sheet) isBelow(l line) bool {
	for _, i := range s.columns {
		if i < len(l.cells) && strings.TrimSpace(l.cells[i]) != "" && !s.labels(l.cells[i]) {
			return false
		}
	}
	shown := 0
	for i, cell := range l.cells {
		if s.used(i) || strings.TrimSpace(cell) == "" || s.labels(cell) {
			continue
		}
		if !s.catalogue.isUnit(cell) && !ParseInterval(cell).Usable() {
			return false
		}
		shown++
	}
	return shown > 0
}

// labels reports whether a cell says what its line is: "单位", "参考范围".
func (s *sheet) labels(cell string) bool {
	switch s.catalogue.headers[headerKey(cell)].column {
	case "unit", "range":
		return true
	}
	return false
}

// underHeader gives an item what stands under its header.
func (s *sheet) underHeader(item *itemColumn) {
	for _, l := range s.below {
		if item.index >= len(l.cells) {
			continue
		}
		cell := cellText(l.cells[item.index], mostName)
		switch {
		case cell == "":
		case s.catalogue.isUnit(cell) && item.unit == "":
			item.unit = cell
		case ParseInterval(cell).Usable() && item.interval == "":
			item.interval = cell
		}
	}
}
