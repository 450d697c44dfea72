package labs

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"careline/bot"
)

// mostColumnMap is the largest mapping file, in bytes.
const mostColumnMap = 1 << 20

// ReadColumnMap reads a mapping file (YAML). What it does not know is an error
// that names the line and the field.
func ReadColumnMap(r io.Reader) (*ColumnMap, error) {
	raw, err := io.ReadAll(io.LimitReader(r, mostColumnMap+1))
	if err != nil {
		return nil, fmt.Errorf("labs: mapping file: %w", err)
	}
	if len(raw) > mostColumnMap {
		return nil, bot.Errorf(bot.KindInvalid, "The mapping file is larger than 1 MiB.", "labs: mapping file too large")
	}
	m := &ColumnMap{}
	if err := yaml.UnmarshalWithOptions(raw, m, yaml.Strict()); err != nil && !errors.Is(err, io.EOF) {
		return nil, brokenMap(err)
	}
	tree, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return nil, brokenMap(err)
	}
	c := mapCheck{m: m, tree: tree}
	if err := c.all(); err != nil {
		return nil, err
	}
	return m, nil
}

func brokenMap(err error) error {
	line, says := 0, err.Error()
	if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
		line, says = e.GetToken().Position.Line, e.GetMessage()
	}
	return bot.Errorf(bot.KindInvalid, fmt.Sprintf("Line %d of the mapping file: %s.", line, says), "labs: mapping file: %w", err)
}

// mapCheck holds a mapping file against what its fields may say.
type mapCheck struct {
	m    *ColumnMap
	tree *ast.File
}

// refuse names the line a path of the file stands on.
func (c mapCheck) refuse(path, says string) error {
	line := 0
	if p, err := yaml.PathString("$." + path); err == nil {
		if node, err := p.FilterFile(c.tree); err == nil && node.GetToken() != nil {
			line = node.GetToken().Position.Line
		}
	}
	return bot.Errorf(bot.KindInvalid, fmt.Sprintf("Line %d of the mapping file: %s %s.", line, path, says), "labs: mapping file: %s", path)
}

func (c mapCheck) all() error {
	m := c.m
	m.Encoding = strings.ToLower(m.Encoding)
	if _, known := charsets[m.Encoding]; !known && m.Encoding != "" {
		return c.refuse("encoding", "is none of utf-8, gb18030, gbk, utf-16le, utf-16be")
	}
	if m.Separator != "" && !slices.Contains(strings.Split(separators, ""), m.Separator) {
		return c.refuse("separator", `is none of "," ";" "|" and a tab`)
	}
	if m.Decimal != "" && m.Decimal != "." && m.Decimal != "," {
		return c.refuse("decimal", `is neither "." nor ","`)
	}
	if m.HeaderLine != nil && *m.HeaderLine < 0 {
		return c.refuse("header_line", "is below 0")
	}
	if err := c.columns(); err != nil {
		return err
	}
	if err := c.items(); err != nil {
		return err
	}
	return c.dates()
}

// mappable are the fields a column can be.
var mappable = []string{"patient", "national_id", "inpatient", "outpatient", "visit", "card", "examination", "name", "sex", "born", "phone", "report", "sample", "title",
	"at", "collected", "item", "code", "specimen", "value", "unit", "range", "range_low", "range_high", "flag", "critical", "status", "laboratory", "method", "note", "identifier_system"}

func (c mapCheck) columns() error {
	taken := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(c.m.Columns)) {
		where := strings.TrimSpace(c.m.Columns[field])
		if !slices.Contains(mappable, field) {
			return c.refuse("columns."+field, "is no field of a result")
		}
		if where == "" {
			return c.refuse("columns."+field, "names no column")
		}
		if other, twice := taken[headerKey(where)]; twice {
			return c.refuse("columns."+field, "names the column of "+other)
		}
		taken[headerKey(where)] = field
	}
	return nil
}

func (c mapCheck) items() error {
	for i, item := range c.m.Items {
		if strings.TrimSpace(item.Column) == "" || strings.TrimSpace(item.Item) == "" {
			return c.refuse(fmt.Sprintf("items[%d]", i), "needs a column and an item")
		}
	}
	return nil
}

// dateLetters are Unicode's letters for the parts of a date (UTS #35), the longer
// first, and what package time writes for them.
var dateLetters = strings.NewReplacer("yyyy", "2006", "yy", "06", "MM", "1", "M", "1", "dd", "2", "d", "2", "HH", "15", "H", "15", "hh", "3", "h", "3", "mm", "4", "m", "4", "ss", "5", "s", "5", "a", "PM")

func (c mapCheck) dates() error {
	for i, shape := range c.m.Dates {
		if shape == "excel" {
			c.m.excel = true
			continue
		}
		if strings.Count(shape, "y") == 0 || !strings.Contains(shape, "M") || !strings.Contains(shape, "d") {
			return c.refuse(fmt.Sprintf("dates[%d]", i), `has no year (yyyy), month (MM) or day (dd)`)
		}
		c.m.layouts = append(c.m.layouts, dateLetters.Replace(shape))
	}
	return nil
}
