package labs

import (
	"strconv"
	"strings"
	"time"

	"careline/bot"
)

// ColumnMap says how the sheets of one source are laid out where their headers do
// not. Every part may be missing; headers the map does not name keep the meaning
// they have.
type ColumnMap struct {
	Encoding   string            `yaml:"encoding"`    // utf-8, gb18030, utf-16le or utf-16be; "": as the bytes show
	Separator  string            `yaml:"separator"`   // between the cells of a text; "": as the header shows
	HeaderLine *int              `yaml:"header_line"` // from 1; 0: none, the columns are numbered
	Skip       []int             `yaml:"skip"`        // lines that hold no results
	Dates      []string          `yaml:"dates"`       // shapes in Unicode's letters (UTS #35): "dd/MM/yyyy HH:mm"; "excel" for serial numbers
	Decimal    string            `yaml:"decimal"`     // "." or ","
	Columns    map[string]string `yaml:"columns"`     // a field to its header, or to its number from 1
	Constants  Constants         `yaml:"constants"`
	Items      []MappedItem      `yaml:"items"` // columns of a wide sheet

	layouts []string // Dates as package time writes them
	excel   bool
}

// Constants hold for a whole sheet. A column with the same meaning comes first.
type Constants struct {
	Laboratory       string `yaml:"laboratory"`
	Title            string `yaml:"title"`
	IdentifierSystem string `yaml:"identifier_system"` // who assigns the patients' identifiers
}

// MappedItem is an item of a wide sheet.
type MappedItem struct {
	Column   string `yaml:"column"` // its header, or its number from 1
	Item     string `yaml:"item"`   // the name to read it by
	Unit     string `yaml:"unit"`
	Interval string `yaml:"interval"`
}

func (m *ColumnMap) skips(line int) bool {
	for _, n := range m.Skip {
		if n == line {
			return true
		}
	}
	return false
}

// overrule gives the columns the map names their fields.
func (m *ColumnMap) overrule(columns map[string]int, header []string) {
	for field, where := range m.Columns {
		delete(columns, field)
		if i, ok := columnAt(where, header); ok {
			for other, at := range columns {
				if _, mapped := m.Columns[other]; at == i && !mapped {
					delete(columns, other)
				}
			}
			columns[field] = i
		}
	}
}

// columnAt is the index of a column named by its header or its number.
func columnAt(where string, header []string) (int, bool) {
	for i, name := range header {
		if headerKey(name) == headerKey(where) {
			return i, true
		}
	}
	n, err := strconv.Atoi(where)
	if err != nil || n < 1 || len(header) > 0 && n > len(header) {
		return 0, false
	}
	return n - 1, true
}

// item is what the map says of a column of a wide sheet.
func (m *ColumnMap) item(index int, header string) (itemColumn, bool) {
	for _, i := range m.Items {
		if headerKey(i.Column) == headerKey(header) || i.Column == strconv.Itoa(index+1) {
			return itemColumn{index, i.Item, i.Unit, i.Interval}, true
		}
	}
	return itemColumn{}, false
}

// time reads a time in the map's own shapes.
func (m *ColumnMap) time(text string, date1904 bool, zone *time.Location) (time.Time, bool) {
	if len(m.layouts) == 0 && !m.excel {
		return time.Time{}, false
	}
	text = strings.TrimSpace(plainDigits(text))
	for _, layout := range m.layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil && t.Year() > 1900 && t.Year() < 2200 {
			return t.UTC(), true
		}
	}
	if m.excel {
		return serialTime(text, date1904, zone)
	}
	return time.Time{}, false
}

// interval reads a printed interval with the map's decimal sign.
func (m *ColumnMap) interval(printed string) bot.Interval {
	i := ParseInterval(printed)
	if m.Decimal == "," && !i.Usable() {
		plain := ParseInterval(strings.ReplaceAll(printed, ",", "."))
		i.Low, i.High, i.LowOpen, i.HighOpen = plain.Low, plain.High, plain.LowOpen, plain.HighOpen
	}
	return i
}
