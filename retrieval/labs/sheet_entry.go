package labs

import (
	"strings"
	"time"

	"careline/bot"
)

// sheetEntry is a line of results with the patient and report they belong to.
type sheetEntry struct {
	*sheet
	line
	patient  bot.Patient
	report   bot.Report
	reported time.Time
	made     time.Time // when the specimen was taken, else reported
}

// repeats keeps what was made of the last text in a column: neighbouring lines
// mostly say the same.
type repeats struct {
	at, collected lately[time.Time]
	born          lately[bot.Date]
	sex           lately[bot.Sex]
	status        lately[bot.ResultStatus]
	specimen      lately[bot.Specimen]
}

type lately[T any] struct {
	text  string
	known bool
	value T
}

func (l *lately[T]) of(text string, work func(string) T) T {
	if !l.known || l.text != text {
		l.text, l.known, l.value = strings.Clone(text), true, work(text)
	}
	return l.value
}

// entry reads whom and what report a line is about; the second result says why it
// cannot be trusted. A line of another length than the header may have lost its
// end or be cut at a comma inside a number.
func (s *sheet) entry(l line) (sheetEntry, string) {
	r := sheetEntry{sheet: s, line: l}
	if s.name != "" { // a workbook does not store empty cells at the end
		for len(r.cells) < len(s.header.cells) {
			r.cells = append(r.cells, "")
		}
	}
	if len(r.cells) != len(s.header.cells) && len(s.header.cells) > 0 {
		return r, "the line has another number of cells than the header line"
	}
	ids, reason := r.identifiers()
	if reason != "" {
		return r, reason
	}
	if s.items == nil && r.cell("item") == "" {
		return r, "no item name"
	}
	if reason := r.times(); reason != "" {
		return r, reason
	}
	born := s.repeats.born.of(r.said("born"), func(text string) bot.Date { return bot.DateOf(s.time(text), s.options.Location) })
	switch {
	case born == "" && r.said("born") != "":
		return r, "the birth date cannot be read"
	case born > bot.DateOf(r.made, s.options.Location):
		return r, "the birth date lies after the result"
	}
	r.patient = bot.Patient{Identifiers: ids, Name: bot.T(r.said("name")), Sex: s.repeats.sex.of(r.said("sex"), s.catalogue.words.sexOf), BirthDate: born, Phone: bot.T(r.said("phone"))}
	r.report = bot.Report{System: csvSystem, Number: r.reportNumber(), Title: r.constant("title", s.sheetFile.columns.Constants.Title), Status: r.status(),
		Laboratory: r.constant("laboratory", s.sheetFile.columns.Constants.Laboratory), IssuedAt: r.reported}
	if r.said("collected") != "" {
		r.report.CollectedAt = r.made
	}
	return r, ""
}

// times reads when the specimen was taken and the report made.
func (r *sheetEntry) times() string {
	r.reported = r.repeats.at.of(r.said("at"), r.time)
	r.made = r.reported
	if collected := r.said("collected"); collected != "" {
		r.made = r.repeats.collected.of(collected, r.time)
	}
	if r.reported.IsZero() || r.made.IsZero() {
		return "the date cannot be read"
	}
	return ""
}

// time reads a time, in the shapes of the mapping file first; zero if it cannot.
func (s *sheet) time(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	if t, ok := s.sheetFile.columns.time(text, s.date1904, s.options.Location); ok {
		return t
	}
	t, _ := parseTime(text, s.options.Location)
	return t
}

func (r sheetEntry) status() bot.ResultStatus {
	return r.repeats.status.of(r.said("status"), r.catalogue.words.statusOf)
}

// ofResult are the columns that speak of one result: a merged cell of one of them
// is not the next line's.
var ofResult = map[string]bool{"item": true, "code": true, "value": true, "unit": true, "range": true, "range_low": true, "range_high": true, "flag": true, "critical": true, "note": true, "method": true}

// cell is what a column says, "" where there is none.
func (r sheetEntry) cell(column string) string {
	i, ok := r.columns[column]
	if !ok || i >= len(r.cells) || r.merged[i] && ofResult[column] {
		return ""
	}
	most := mostName
	if column == "value" || column == "note" {
		most = mostText
	}
	return cellText(r.cells[i], most)
}

// said is cell for what is not a result: "-" and the like say nothing.
func (r sheetEntry) said(column string) string {
	text := r.cell(column)
	if len(text) <= mostNothing && r.catalogue.sheetWords.nothing[strings.ToLower(text)] {
		return ""
	}
	return text
}

// mostNothing is the length of the longest word that says nothing.
const mostNothing = 20

// constant is a column, or what the mapping file says for the whole sheet.
func (r sheetEntry) constant(column, whole string) string {
	if text := r.said(column); text != "" {
		return text
	}
	return whole
}

// cellText is readable for a cell, mostly without work. A spreadsheet's leading
// apostrophe says that a number is text, and is not part of it.
func cellText(cell string, most int) string {
	cell = strings.TrimSpace(cell)
	if len(cell) > 1 && cell[0] == '\'' {
		cell = cell[1:]
	}
	if len(cell) <= most && strings.IndexFunc(cell, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0 {
		return cell
	}
	return readable(cell, most)
}
