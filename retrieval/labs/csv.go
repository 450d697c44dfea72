package labs

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

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

// csvSystem is the system of identifiers and report numbers that a CSV gives.
const csvSystem = "csv"

// sheet is a CSV being read.
type sheet struct {
	*gather
	columns map[string]int
	zone    *time.Location
	seen    map[string]int // occurrences of an item name in a report
}

func parseCSV(c *Catalogue, raw []byte, o Options) (bot.ImportFile, error) {
	reader := csv.NewReader(bytes.NewReader(raw))
	reader.Comma = separator(raw)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return bot.ImportFile{}, brokenCSV(err)
	}
	s := &sheet{gather: newGather(c, "csv"), zone: o.Location, seen: map[string]int{}}
	if s.columns, err = c.columns(header); err != nil {
		return bot.ImportFile{}, err
	}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return s.file, nil
		}
		if err != nil {
			return bot.ImportFile{}, brokenCSV(err)
		}
		line, _ := reader.FieldPos(0)
		s.row(line, record)
	}
}

func brokenCSV(err error) error {
	sentence := "The file is neither FHIR JSON nor a CSV with a header line."
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		sentence = fmt.Sprintf("Line %d of the CSV is broken; nothing was imported.", e.Line)
	}
	return bot.Errorf(bot.KindInvalid, sentence, "labs: csv: %w", err)
}

// separator is the one the header line uses most.
func separator(raw []byte) rune {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	best := ','
	for _, r := range ";\t" {
		if bytes.Count(line, []byte(string(r))) > bytes.Count(line, []byte(string(best))) {
			best = r
		}
	}
	return best
}

func (c *Catalogue) columns(header []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range header {
		if column, known := c.headers[fold.Text(name)]; known {
			if _, twice := columns[column]; !twice {
				columns[column] = i
			}
		}
	}
	for _, r := range required {
		if _, ok := columns[r.column]; !ok {
			return nil, bot.Errorf(bot.KindInvalid, fmt.Sprintf("The file is not FHIR JSON, and as a CSV its header line has no column %s.", r.header), "labs: csv without column %s", r.column)
		}
	}
	return columns, nil
}

func (s *sheet) row(line int, record []string) {
	cell := func(column string) string {
		if i, ok := s.columns[column]; ok && i < len(record) {
			return readable(record[i], mostName)
		}
		return ""
	}
	refuse := func(reason string) {
		s.quarantine(fmt.Sprintf("line %d", line), reason, strings.Join(record, ","))
	}
	if strings.TrimSpace(strings.Join(record, "")) == "" {
		return
	}
	at, ok := parseTime(cell("at"), s.zone)
	switch {
	case cell("patient") == "":
		refuse("no patient identifier")
		return
	case cell("item") == "":
		refuse("no item name")
		return
	case !ok:
		refuse("the date cannot be read")
		return
	}
	patient := s.patient(cell("patient"), bot.Patient{
		Identifiers: []bot.Identifier{{System: csvSystem, Type: "MR", Value: cell("patient")}},
		Name:        bot.T(cell("name")), Sex: sexOf(cell("sex")), BirthDate: dateOf(cell("born"), s.zone), Phone: bot.T(cell("phone")),
	})
	number := cell("report")
	if number == "" {
		number = cell("patient") + "/" + at.UTC().Format(time.RFC3339)
	}
	report := s.report(patient, bot.Report{
		System: csvSystem, Number: number, Title: cell("title"), Status: statusOf(cell("status")), Laboratory: cell("laboratory"), IssuedAt: at.UTC(),
	})
	report.Results = append(report.Results, s.result(cell, number, at))
}

func (s *sheet) result(cell func(string) string, number string, at time.Time) bot.Result {
	value, flag := ParseValue(cell("value"), cell("unit"))
	if cell("flag") != "" {
		flag = cell("flag")
	}
	r := bot.Result{
		Name: cell("item"), Code: cell("code"), Specimen: specimenOf(cell("specimen")), Method: cell("method"), Value: value, Interval: ParseInterval(cell("range")),
		Flag: flag, Status: statusOf(cell("status")), Laboratory: cell("laboratory"), EffectiveAt: at.UTC(),
	}
	if r.Value.Printed == "" {
		r.AbsentReason = "unknown"
	}
	s.catalogue.complete(&r)
	key := number + "\x00" + r.Name
	s.seen[key]++
	r.SourceID = r.Name
	if s.seen[key] > 1 {
		r.SourceID = fmt.Sprintf("%s/%d", r.Name, s.seen[key])
	}
	return r
}
