package main

import (
	"strconv"
	"strings"
	"time"

	"careline/bot"
)

// answerJSON is what `ask --json` prints. Values and ranges are strings as printed.
type answerJSON struct {
	Answer   string        `json:"answer"`
	Level    string        `json:"level"`
	Facts    []factJSON    `json:"facts"`
	Passages []passageJSON `json:"passages"`
	Composed bool          `json:"composed"`
	Model    *string       `json:"model"` // null without a model
	Verdict  string        `json:"verdict"`
	TookMS   int64         `json:"took_ms"`
}

type factJSON struct {
	ID          string `json:"id"`
	Analyte     string `json:"analyte"`
	LOINC       string `json:"loinc"`
	Value       string `json:"value"`
	Unit        string `json:"unit"`
	Range       string `json:"range"`
	RangeSource string `json:"range_source,omitempty"` // of an interval the report does not print
	Direction   string `json:"direction"`
	Critical    bool   `json:"critical"`
	Date        string `json:"date"`
}

type passageJSON struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Source  string `json:"source"`
	Version int    `json:"version"`
}

func asJSON(d bot.Decision, took time.Duration) answerJSON {
	out := answerJSON{
		Answer: answerText(d), Level: d.Level.String(), Composed: d.Composed, Verdict: string(d.Verdict), TookMS: took.Milliseconds(),
		Facts: []factJSON{}, Passages: []passageJSON{},
	}
	if d.Model != "" {
		out.Model = &d.Model
	}
	for _, f := range d.Evidence.Facts {
		out.Facts = append(out.Facts, factJSON{
			ID: f.ID, Analyte: string(f.Analyte), LOINC: f.Code, Value: f.Value.Shown(), Unit: f.Value.Unit,
			Range: f.Interval.Printed, RangeSource: f.IntervalSource, Direction: string(f.Direction), Critical: f.Critical != nil, Date: string(f.Date),
		})
	}
	for _, p := range cited(d) {
		out.Passages = append(out.Passages, passageJSON{ID: p.ID, Title: p.Title, Source: sources(p), Version: p.Version})
	}
	return out
}

// answerText is the whole answer: what is behind "full text" where there is one.
func answerText(d bot.Decision) string {
	if !d.Full.Empty() {
		return d.Full.Plain()
	}
	var parts []string
	for _, p := range d.Parts {
		parts = append(parts, p.Plain())
	}
	return strings.Join(parts, "\n")
}

// cited are the passages the answer used, in the order it used them.
func cited(d bot.Decision) []bot.Passage {
	var used []bot.Passage
	for _, id := range d.Cited {
		for _, p := range d.Evidence.Passages {
			if p.ID == id {
				used = append(used, p)
			}
		}
	}
	return used
}

// sources names the publications a passage rests on.
func sources(p bot.Passage) string {
	var names []string
	for _, s := range p.Sources {
		name := s.Title
		if s.Publisher != "" {
			name += ", " + s.Publisher
		}
		if s.Year > 0 {
			name += " " + strconv.Itoa(s.Year)
		}
		names = append(names, name)
	}
	return strings.Join(names, "; ")
}
