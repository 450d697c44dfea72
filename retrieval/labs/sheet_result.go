package labs

import (
	"fmt"
	"regexp"

	"careline/bot"
)

// printed is one result as a sheet prints it.
type printed struct {
	name, code, value, unit, interval, flag, method, note string
}

// printed are the results of a line: one, or each filled cell of a wide sheet.
func (r sheetEntry) printed() []printed {
	if r.items != nil {
		return r.wideResults()
	}
	p := printed{name: r.cell("item"), value: r.cell("value"), unit: r.cell("unit"), interval: r.interval(), flag: r.cell("flag"), method: r.cell("method"), note: r.said("note")}
	if code := r.cell("code"); loincShape.MatchString(code) {
		p.code = code
	}
	if critical := r.cell("critical"); p.flag == "" && critical != "" && !r.catalogue.sheetWords.has(r.catalogue.sheetWords.no, critical) {
		p.flag = criticalMark
	}
	return []printed{p}
}

// loincShape is a LOINC code; a laboratory's own code is none.
var loincShape = regexp.MustCompile(`^\d{1,7}-\d$`)

// criticalMark stands where a column of its own says that a value is critical.
const criticalMark = "危急值"

// interval is the printed one, or is put together from two bounds.
func (r sheetEntry) interval() string {
	low, high := r.said("range_low"), r.said("range_high")
	switch both := r.cell("range"); {
	case both != "":
		return both
	case low == "" && high == "":
		return ""
	case low == "" && numberText.MatchString(high) && high[0] >= '0' && high[0] <= '9':
		return "≤" + high
	case low == "":
		return high
	case high == "" && numberText.MatchString(low) && low[0] >= '0' && low[0] <= '9':
		return "≥" + low
	case high == "" || low == high:
		return low
	}
	return low + "-" + high
}

// result makes a result of a printed one.
func (s *sheet) result(r sheetEntry, p printed) bot.Result {
	value, flag := s.value(p.value, p.unit)
	if p.flag != "" {
		flag = p.flag
	}
	x := bot.Result{
		SourceID: s.sourceID(r, p.name), Name: p.name, Code: p.code, Specimen: s.repeats.specimen.of(r.said("specimen"), s.catalogue.words.specimenOf), Method: p.method, Value: value,
		Interval: s.sheetFile.columns.interval(p.interval), Flag: flag, Status: r.status(), Note: p.note, Laboratory: r.report.Laboratory, EffectiveAt: r.made,
	}
	if x.Value.Printed == "" {
		x.AbsentReason = "unknown"
	}
	s.catalogue.complete(&x, setting{sex: r.patient.Sex, born: r.patient.BirthDate, title: r.report.Title})
	return x
}

// sourceID names a result by its item: the second of a name in a report is another.
func (s *sheet) sourceID(r sheetEntry, item string) string {
	first := r.patient.Identifiers[0]
	key := hashOf(first.System, first.Type, first.Value, r.report.Number, item)
	s.named[key]++
	if n := s.named[key]; n > 1 {
		return fmt.Sprintf("%s/%d", item, n)
	}
	return item
}
