package evals

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/fold"
	"careline/retrieval/labs"
)

// labColumns are the headers under which a case's labs are imported.
var labColumns = []string{"patient id", "report number", "report date", "item", "result", "unit", "reference range", "flag"}

// results are a case's labs as an import stores them, in the order of the file.
// A lab without a date is of the day of the newest one. unread counts the labs an
// import would keep out.
func (b *Bench) results(all []Lab) (results []bot.Result, unread int, err error) {
	undated := string(bot.DateOf(b.now, time.UTC))
	for _, l := range all {
		if l.Date != "" {
			undated = string(slices.MaxFunc(all, func(x, y Lab) int { return strings.Compare(string(x.Date), string(y.Date)) }).Date)
		}
	}
	var sheet bytes.Buffer
	lines := csv.NewWriter(&sheet)
	_ = lines.Write(labColumns) // a buffer takes everything
	for _, l := range all {
		date := string(l.Date)
		if strings.TrimSpace(date) == "" {
			date = undated
		}
		_ = lines.Write([]string{"1", "report " + date, date, string(l.Name), string(l.Value), string(l.Unit), string(l.Ref), string(l.Flag)})
	}
	lines.Flush()
	file, err := labs.Parse(b.catalogue, "labs.csv", &sheet, labs.Options{})
	if err != nil {
		return nil, 0, fmt.Errorf("labs: %w", err)
	}
	for _, p := range file.Patients {
		for _, r := range p.Reports {
			results = append(results, r.Results...)
		}
	}
	return results, len(file.Quarantine), nil
}

// item is what a trend is made of: an analyte in a specimen, or a printed name the
// catalogue does not know.
type item struct {
	analyte  bot.AnalyteID
	specimen bot.Specimen
	name     string
}

func itemOf(r bot.Result) item {
	if r.Analyte == "" {
		return item{specimen: r.Specimen, name: strings.ReplaceAll(fold.Text(r.Name), " ", "")}
	}
	return item{analyte: r.Analyte, specimen: r.Specimen}
}

// facts are the newest result of every item with the earlier ones behind it, in
// the order in which the items are first named.
func (b *Bench) facts(results []bot.Result, language bot.Language) []bot.Fact {
	byItem := map[item][]bot.Result{}
	var order []item
	for _, r := range results {
		key := itemOf(r)
		if r.Value.Printed == "" || !r.Status.Usable() {
			continue
		}
		if _, known := byItem[key]; !known {
			order = append(order, key)
		}
		byItem[key] = append(byItem[key], r)
	}
	var facts []bot.Fact
	for _, key := range order {
		all := byItem[key]
		slices.SortStableFunc(all, func(x, y bot.Result) int { return y.EffectiveAt.Compare(x.EffectiveAt) })
		facts = append(facts, b.fact(all[0], all[1:], language))
	}
	return facts
}

// fact is a result of an adult as evidence.
func (b *Bench) fact(r bot.Result, earlier []bot.Result, language bot.Language) bot.Fact {
	f := bot.Fact{
		Kind: bot.FactResult, Analyte: r.Analyte, Name: r.Name, Names: []string{r.Name}, Code: r.Code, Specimen: r.Specimen,
		Value: r.Value, Interval: r.Interval, Flag: r.Flag, Direction: directionOf(r), Date: bot.DateOf(r.EffectiveAt, time.UTC), At: r.EffectiveAt,
		Status: r.Status, Judged: true, Laboratory: r.Laboratory, Method: r.Method,
	}
	if a, known := b.catalogue.Analyte(r.Analyte); known {
		f.Name = a.Names[language]
		for _, l := range []bot.Language{bot.Chinese, bot.English} {
			f.Names = append(append(f.Names, a.Names[l]), a.Aliases[l]...)
		}
		if standard, err := b.catalogue.Convert(a, r.Value, a.Units[0].UCUM); err == nil && !r.UnitProblem {
			f.Standard = standard
		}
	}
	for _, e := range earlier {
		if e.EffectiveAt.Before(r.EffectiveAt) {
			p := bot.Point{Value: e.Value, Interval: e.Interval, Direction: directionOf(e), Date: bot.DateOf(e.EffectiveAt, time.UTC), At: e.EffectiveAt}
			if e.Value.UCUM != r.Value.UCUM || e.Value.UCUM == "" && e.Value.Unit != r.Value.Unit {
				p.Changed = []bot.Ground{bot.GroundUnit}
			}
			p.Same = len(p.Changed) == 0
			f.Previous = append(f.Previous, p)
		}
	}
	return f
}

// directionOf is unknown where flag and interval contradict each other, or the
// unit cannot be right.
func directionOf(r bot.Result) bot.Direction {
	if r.FlagConflict || r.UnitProblem {
		return bot.DirectionUnknown
	}
	return r.Direction
}
