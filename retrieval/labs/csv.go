package labs

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"careline/bot"
)

// csvSystem is the system of identifiers and report numbers that a CSV gives.
const csvSystem = "csv"

// sheet is a CSV being read.
type sheet struct {
	*gather
	comma   rune
	columns map[string]int
	width   int // cells of the header line
	zone    *time.Location
	seen    map[string]int // occurrences of an item name in a report
}

func readCSV(c *Catalogue, raw []byte, o Options, to bot.ImportSink) error {
	reader := csv.NewReader(bytes.NewReader(raw))
	reader.Comma = separator(raw)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return brokenCSV(err)
	}
	s := &sheet{gather: newGather(c, "csv"), comma: reader.Comma, width: len(header), zone: o.Location, seen: map[string]int{}}
	if s.columns, err = c.columns(header); err != nil {
		return err
	}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return s.file.Send(to)
		}
		if err != nil {
			return brokenCSV(err)
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

// row is one line of the sheet.
type row struct {
	*sheet
	record   []string
	reported time.Time
	made     time.Time // when the specimen was taken, else reported
}

// cell is what a column says, "" where there is none.
func (r row) cell(column string) string {
	i, ok := r.columns[column]
	switch {
	case !ok || i >= len(r.record):
		return ""
	case column == "value":
		return readable(r.record[i], mostText)
	}
	return readable(r.record[i], mostName)
}

// doubt is why a line cannot be trusted, "" when it can. A line of another length
// than the header may have lost its end or be cut at a comma inside a number.
func (r *row) doubt() string {
	dated, made := false, true
	r.reported, dated = parseTime(r.cell("at"), r.zone)
	r.made = r.reported
	if collected := r.cell("collected"); collected != "" {
		r.made, made = parseTime(collected, r.zone)
	}
	switch {
	case len(r.record) != r.width:
		return "the line has another number of cells than the header line"
	case r.cell("patient") == "":
		return "no patient identifier"
	case r.cell("item") == "":
		return "no item name"
	case !dated || !made:
		return "the date cannot be read"
	}
	return ""
}

func (s *sheet) row(line int, record []string) {
	if strings.TrimSpace(strings.Join(record, "")) == "" {
		return
	}
	r := row{sheet: s, record: record}
	reason := r.doubt()
	if reason == "" && !s.add(r) {
		reason = anotherPerson
	}
	if reason != "" {
		s.quarantine(fmt.Sprintf("line %d", line), reason, strings.Join(record, string(s.comma)))
	}
}

// add puts a line's result into its report; false when its patient was somebody
// else before.
func (s *sheet) add(r row) bool {
	patient, ok := s.patient(r.cell("patient"), bot.Patient{
		Identifiers: []bot.Identifier{{System: csvSystem, Type: "MR", Value: r.cell("patient")}},
		Name:        bot.T(r.cell("name")), Sex: sexOf(r.cell("sex")), BirthDate: dateOf(r.cell("born"), s.zone), Phone: bot.T(r.cell("phone")),
	})
	if !ok {
		return false
	}
	number := r.cell("report")
	if number == "" {
		number = r.cell("patient") + "/" + r.reported.Format(time.RFC3339)
	}
	report := bot.Report{System: csvSystem, Number: number, Title: r.cell("title"), Status: statusOf(r.cell("status")), Laboratory: r.cell("laboratory"), IssuedAt: r.reported}
	if r.cell("collected") != "" {
		report.CollectedAt = r.made
	}
	x := s.result(r)
	x.SourceID = s.sourceID(patient, number, x.Name)
	held := s.report(patient, report)
	held.Results = append(held.Results, x)
	return true
}

func (s *sheet) result(r row) bot.Result {
	value, flag := ParseValue(r.cell("value"), r.cell("unit"))
	if r.cell("flag") != "" {
		flag = r.cell("flag")
	}
	x := bot.Result{
		Name: r.cell("item"), Code: r.cell("code"), Specimen: specimenOf(r.cell("specimen")), Method: r.cell("method"), Value: value, Interval: ParseInterval(r.cell("range")),
		Flag: flag, Status: statusOf(r.cell("status")), Laboratory: r.cell("laboratory"), EffectiveAt: r.made,
	}
	if x.Value.Printed == "" {
		x.AbsentReason = "unknown"
	}
	s.catalogue.complete(&x, setting{sex: sexOf(r.cell("sex")), born: dateOf(r.cell("born"), s.zone), title: r.cell("title")})
	return x
}

// sourceID names a result by its item: the second of a name in a report is another.
func (s *sheet) sourceID(patient int, number, item string) string {
	key := fmt.Sprintf("%d\x00%s\x00%s", patient, number, item)
	s.seen[key]++
	if s.seen[key] > 1 {
		return fmt.Sprintf("%s/%d", item, s.seen[key])
	}
	return item
}
