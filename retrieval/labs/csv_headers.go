package labs

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"

	"careline/bot"
	"careline/bot/fold"
)

//go:embed data/csv_headers.yaml
var headersFile []byte

// headerWords map a header in canonical form to the column it names.
type headerWords map[string]string

func loadHeaders() (headerWords, error) {
	var file map[string][]string
	if err := yaml.Unmarshal(headersFile, &file); err != nil {
		return nil, fmt.Errorf("labs: data/csv_headers.yaml: %w", err)
	}
	words := headerWords{}
	for column, names := range file {
		for _, name := range names {
			if other, twice := words[fold.Text(name)]; twice && other != column {
				return nil, fmt.Errorf("labs: data/csv_headers.yaml: %q names %s and %s", name, other, column)
			}
			words[fold.Text(name)] = column
		}
	}
	return words, nil
}

// required columns, with a header to name when one is missing.
var required = []struct{ column, header string }{
	{"patient", "病历号 (patient id)"}, {"item", "项目名称 (item)"}, {"value", "结果 (result)"}, {"at", "报告时间 (report time)"},
}

// columns finds the columns a header line names, the first of two with the same
// meaning. A collection time stands for the report's where that has no column.
func (c *Catalogue) columns(header []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range header {
		if column, known := c.headers[fold.Text(name)]; known {
			if _, twice := columns[column]; !twice {
				columns[column] = i
			}
		}
	}
	if _, ok := columns["at"]; !ok {
		if i, collected := columns["collected"]; collected {
			columns["at"] = i
		}
	}
	for _, r := range required {
		if _, ok := columns[r.column]; !ok {
			return nil, bot.Errorf(bot.KindInvalid, fmt.Sprintf("The file is not FHIR JSON, and as a CSV its header line has no column %s.", r.header), "labs: csv without column %s", r.column)
		}
	}
	return columns, nil
}
