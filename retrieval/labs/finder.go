package labs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/fold"
	"careline/bot/postgres"
	"careline/retrieval/embed"
)

// Finder finds the results a question is about. It reads; it never writes.
type Finder struct {
	db        *postgres.DB
	catalogue *Catalogue
	embedder  embed.Embedder
}

// NewFinder returns a Finder.
func NewFinder(db *postgres.DB, c *Catalogue, e embed.Embedder) *Finder { return &Finder{db, c, e} }

// Found is what a question is about.
type Found struct {
	Patient bot.PatientContext // relation left to the caller
	Facts   []bot.Fact
	Latest  []bot.Fact // the newest value of every item of the last 30 days, unless staff have dealt with it: for the critical table
	Asked   []bot.AnalyteID
	How     string // named, flagged (the items out of range), latest (a whole report), similar, none
	Title   string // of the report, where the question is about one
}

// Find finds a patient's results for a question: by the names in it, by what it
// points to ("那个带箭头的", "my report"), else by the names nearest in meaning.
func (f *Finder) Find(ctx context.Context, inst bot.Institution, patient bot.PatientID, text string, language bot.Language, now time.Time) (Found, error) {
	zone := inst.Location()
	r, err := f.read(ctx, inst, patient, now)
	if err != nil {
		return Found{}, err
	}
	found := Found{Patient: r.person, How: "none"}
	for _, s := range r.latest(func(s stored) bool { return recent(s, now) }) {
		if !s.cleared {
			found.Latest = append(found.Latest, f.fact(zone, r, s, language))
		}
	}
	chosen := f.choose(r, text, &found)
	if found.How == "none" {
		if chosen, err = f.similar(ctx, r, text, &found); err != nil {
			return found, err
		}
	}
	for _, s := range chosen {
		found.Facts = append(found.Facts, f.fact(zone, r, s, language))
	}
	return found, nil
}

// PointsAtReport reports whether a text means results without naming an item:
// "那个带箭头的", "my report".
func (c *Catalogue) PointsAtReport(text string) bool {
	canonical := fold.Text(text)
	return c.cueWords.Flagged.in(canonical) || c.cueWords.Report.in(canonical)
}

// choose picks results by what the question says in words.
func (f *Finder) choose(r record, text string, found *Found) []stored {
	canonical := fold.Text(text)
	asked, printed := f.named(r, text, canonical)
	if found.Asked = asked; len(asked)+len(printed) > 0 {
		found.How = "named"
		return append(r.named(asked), printed...)
	}
	reports := r.reports()
	cues := f.catalogue.cueWords
	if len(reports) == 0 || !cues.Flagged.in(canonical) && !cues.Report.in(canonical) {
		return nil
	}
	report := reports[0]
	if cues.Previous.in(canonical) && len(reports) > 1 {
		report = reports[1]
	}
	whole := r.ofReport(report)
	found.How, found.Title = "latest", whole[0].title
	if !cues.Flagged.in(canonical) {
		return whole
	}
	out := slices.DeleteFunc(slices.Clone(whole), func(s stored) bool { return !f.flagged(s) })
	if len(out) == 0 {
		return whole
	}
	found.How = "flagged"
	return out
}

// flagged reports whether a result is out of range, marked on the report, or
// another word than its reference.
func (f *Finder) flagged(s stored) bool {
	out := s.Direction == bot.DirectionHigh || s.Direction == bot.DirectionLow
	return out || s.FlagConflict || s.Direction == bot.DirectionUnknown && (f.catalogue.flags.marks(s.Flag) || f.catalogue.scales.departs(s.Value.Printed, s.Interval.Printed))
}

// named are the latest results of the analytes, in their order.
func (r record) named(ids []bot.AnalyteID) []stored {
	latest := r.latest(func(s stored) bool { return slices.Contains(ids, s.Analyte) })
	slices.SortStableFunc(latest, func(a, b stored) int { return slices.Index(ids, a.Analyte) - slices.Index(ids, b.Analyte) })
	return latest
}

// named are the analytes a question names, and the results it names that the
// catalogue does not know. A name inside a longer printed one is not meant: the
// "甲状腺" of a printed "甲状腺新抗体".
func (f *Finder) named(r record, text, canonical string) (asked []bot.AnalyteID, printed []stored) {
	printed = r.printed(canonical)
	for _, m := range f.catalogue.Mentions(text) {
		name := nameKey(text[m.Start:m.End])
		longer := func(s stored) bool { key := nameKey(s.Name); return key != name && strings.Contains(key, name) }
		if !slices.ContainsFunc(printed, longer) {
			asked = appendNew(asked, m.Analytes)
			printed = slices.DeleteFunc(printed, func(s stored) bool { return nameKey(s.Name) == name })
		}
	}
	return asked, printed
}

// printed are results whose printed name the catalogue does not know and the
// question holds.
func (r record) printed(canonical string) []stored {
	return r.latest(func(s stored) bool {
		if s.Analyte != "" {
			return false
		}
		for i, key := range nameKeys(s.Name) {
			// In brackets stands an abbreviation, or a remark: "(血清)".
			inBrackets := i == 2
			if holds(canonical, key) && (!inBrackets || latinOnly(key)) {
				return true
			}
		}
		return false
	})
}

// shortName is up to which length, in letters, a Latin name must be a whole word.
const shortName = 5

// holds reports whether a canonical text holds a printed name's key.
func holds(canonical, key string) bool {
	if latinOnly(key) && len(key) <= shortName {
		return wordList{English: []string{key}}.in(canonical)
	}
	return len([]rune(key)) > 1 && strings.Contains(strings.ReplaceAll(canonical, " ", ""), key)
}

// nearEnough is the cosine distance beyond which a name is another thing. With the
// built-in vectors questions about something else stay beyond 0.65.
const nearEnough = 0.5

// similar asks the names nearest in meaning, of the analytes this patient has.
func (f *Finder) similar(ctx context.Context, r record, text string, found *Found) ([]stored, error) {
	if len(r.results) == 0 || strings.TrimSpace(text) == "" {
		return nil, nil
	}
	vectors, err := f.embedder.Embed(ctx, []string{text}, true)
	if err != nil {
		// A question is answered without the endpoint; the operator sees its metrics.
		return nil, nil
	}
	rows, err := f.db.Pool.Query(ctx, `select analyte_id from (
			select analyte_id, min(embedding <=> $1) distance from analyte_names where model = $2 group by analyte_id) near
		where distance < $3 order by distance limit 3`, halfvec(vectors[0]), f.embedder.Model(), nearEnough)
	if err != nil {
		return nil, fmt.Errorf("labs: nearest names: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[bot.AnalyteID])
	if err != nil {
		return nil, fmt.Errorf("labs: nearest names: %w", err)
	}
	results := r.named(ids)
	if len(results) > 0 {
		found.How, found.Asked = "similar", ids
	}
	return results, nil
}

// Known is everything a reply to this patient may state: the newest value of
// every item with those before it.
func (f *Finder) Known(ctx context.Context, inst bot.Institution, patient bot.PatientID, language bot.Language, now time.Time) (Found, error) {
	zone := inst.Location()
	r, err := f.read(ctx, inst, patient, now)
	found := Found{Patient: r.person, How: "latest"}
	for _, s := range r.latest(func(stored) bool { return true }) {
		found.Facts = append(found.Facts, f.fact(zone, r, s, language))
	}
	return found, err
}

// ReportFacts are a report's results that nothing newer has replaced, for the
// triage of what has just come in.
func (f *Finder) ReportFacts(ctx context.Context, inst bot.Institution, patient bot.PatientID, report bot.ReportID, now time.Time) ([]bot.Fact, error) {
	zone := inst.Location()
	r, err := f.read(ctx, inst, patient, now)
	var facts []bot.Fact
	for _, s := range r.latest(func(stored) bool { return true }) {
		if s.Report == report {
			facts = append(facts, f.fact(zone, r, s, bot.Chinese))
		}
	}
	return facts, err
}
