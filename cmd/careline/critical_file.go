package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"careline/bot"
	"careline/bot/store"
	"careline/retrieval/labs"
)

// criticalColumns are the columns of the file of critical values; the import
// needs all of them, in any order.
var criticalColumns = []string{"analyte", "specimen", "low", "high", "unit", "action", "valid_hours", "source", "approved_by", "approved_at"}

// writeCritical writes one row for the two sides of an analyte where all else is
// the same, as people read such tables.
func writeCritical(out io.Writer, lines []store.CriticalLine, zone *time.Location) error {
	if _, err := out.Write([]byte("\ufeff")); err != nil {
		return err
	}
	w := csv.NewWriter(out)
	_ = w.Write(criticalColumns)
	for i := 0; i < len(lines); i++ {
		row := criticalRow(lines[i], zone)
		if i+1 < len(lines) && lines[i].Key.Side == bot.DirectionLow {
			other := criticalRow(lines[i+1], zone)
			if lines[i+1].Key.Side == bot.DirectionHigh && slices.Equal(row[:2], other[:2]) && slices.Equal(row[4:], other[4:]) {
				row[3] = other[3]
				i++
			}
		}
		for c := range row {
			row[c] = noFormula(row[c])
		}
		_ = w.Write(row)
	}
	w.Flush()
	return w.Error()
}

func criticalRow(l store.CriticalLine, zone *time.Location) []string {
	low, high, approved := "", "", ""
	if l.Key.Side == bot.DirectionLow {
		low = l.Bound.String()
	} else {
		high = l.Bound.String()
	}
	if !l.ApprovedAt.IsZero() {
		approved = l.ApprovedAt.In(zone).Format(time.DateOnly)
	}
	return []string{string(l.Key.Analyte), string(l.Key.Specimen), low, high, l.UCUM, l.Action.String(), strconv.Itoa(l.ValidHours), l.Source, l.ApprovedBy, approved}
}

// criticalFile is a file of critical values as it was read, with all that is
// wrong with it.
type criticalFile struct {
	lines    []store.CriticalLine
	at       []int // line of the file, for each of lines
	problems []string
}

func (f *criticalFile) wrong(line int, format string, args ...any) {
	f.problems = append(f.problems, fmt.Sprintf("Line %d: ", line)+fmt.Sprintf(format, args...))
}

// problem adds what is wrong beside the table that is stored.
func (f *criticalFile) problem(p store.CriticalProblem) {
	if p.Line < 0 {
		f.problems = append(f.problems, p.Why)
		return
	}
	f.wrong(f.at[p.Line], "%s", p.Why)
}

// err is everything that is wrong, a line each; nil when nothing is.
func (f *criticalFile) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return bot.Errorf(bot.KindInvalid, strings.Join(append(f.problems, "Nothing was stored."), "\n  "), "critical: %d problems in the file", len(f.problems))
}

// readCritical reads the whole file and checks each line against the catalogue.
func readCritical(from io.Reader, c *labs.Catalogue, zone *time.Location, now time.Time) *criticalFile {
	f := &criticalFile{}
	r := csv.NewReader(from)
	header, err := r.Read()
	if err != nil {
		f.problems = append(f.problems, "The file is no CSV with a header line; 'careline critical export' writes one.")
		return f
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.TrimPrefix(strings.TrimSpace(name), "\ufeff")] = i
	}
	for _, column := range criticalColumns {
		if _, ok := at[column]; !ok {
			f.problems = append(f.problems, fmt.Sprintf("The file has no column %q; 'careline critical export' writes one.", column))
		}
	}
	if len(f.problems) > 0 {
		return f
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return f
		}
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			f.wrong(broken.Line, "this line of the CSV is broken.")
			return f
		}
		if err != nil {
			f.problems = append(f.problems, "The file cannot be read to its end.")
			return f
		}
		if strings.Join(row, "") == "" {
			continue // spreadsheets leave such rows
		}
		line, _ := r.FieldPos(0)
		f.read(line, func(column string) string { return strings.TrimPrefix(strings.TrimSpace(row[at[column]]), "'") }, c, zone, now)
	}
}

// read checks one line and adds its sides.
func (f *criticalFile) read(line int, cell func(string) string, c *labs.Catalogue, zone *time.Location, now time.Time) {
	analyte, known := c.Analyte(bot.AnalyteID(cell("analyte")))
	if !known {
		f.wrong(line, "the catalogue has no analyte %q.", cell("analyte"))
		return
	}
	l := store.CriticalLine{Key: store.CriticalKey{Analyte: analyte.ID, Specimen: analyte.Specimen}, UCUM: cell("unit"), Source: cell("source"), ApprovedBy: cell("approved_by")}
	if cell("specimen") != string(analyte.Specimen) {
		f.wrong(line, "the specimen of %s is %s.", analyte.ID, analyte.Specimen)
	}
	if want := firstUnit(analyte); want == "" || l.UCUM != want {
		f.wrong(line, "the unit of %s is %q.", analyte.ID, want)
	}
	var err error
	if l.Action, err = bot.ParseTier(cell("action")); err != nil || l.Action != bot.TierToday && l.Action != bot.TierNow {
		f.wrong(line, "the action is today or now.")
	}
	if l.ValidHours, err = strconv.Atoi(cell("valid_hours")); err != nil || l.ValidHours < 1 {
		f.wrong(line, "valid_hours is a number of hours from 1 on.")
	}
	if l.Source == "" || !utf8.ValidString(l.Source+l.ApprovedBy) {
		f.wrong(line, "a critical value needs a source, written in UTF-8.")
	}
	if (l.ApprovedBy == "") != (cell("approved_at") == "") {
		f.wrong(line, "an approval has a name and a day.")
	} else if l.ApprovedBy != "" {
		if l.ApprovedAt, err = approvalDay(cell("approved_at"), zone, now); err != nil {
			f.wrong(line, "%s", sentence(err))
		}
	}
	f.sides(line, l, cell("low"), cell("high"))
}

// sides adds the line once for each value it gives.
func (f *criticalFile) sides(line int, l store.CriticalLine, low, high string) {
	if low == "" && high == "" {
		f.wrong(line, "neither a low nor a high value is given.")
	}
	for _, side := range []struct {
		name bot.Direction
		text string
	}{{bot.DirectionLow, low}, {bot.DirectionHigh, high}} {
		if side.text == "" {
			continue
		}
		bound, err := bot.ParseDecimal(side.text)
		if err != nil {
			f.wrong(line, "the %s value is no number.", side.name)
			continue
		}
		l.Key.Side, l.Bound = side.name, bound
		f.lines, f.at = append(f.lines, l), append(f.at, line)
	}
}

// firstUnit is the unit critical values are in: the one an exact factor leads to.
func firstUnit(a labs.Analyte) string {
	if len(a.Units) == 0 {
		return ""
	}
	return a.Units[0].UCUM
}
