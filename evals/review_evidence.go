package evals

import (
	"fmt"
	"slices"
	"time"

	"careline/bot"
	"careline/bot/guard"
)

// evidence is what a case's draft may rest on: its labs as an import reads them,
// the values the question states, and the library's passages about both.
func (b *Bench) evidence(c ReviewCase) (e bot.Evidence, unread int, err error) {
	results, unread, err := b.results(c.Labs)
	if err != nil {
		return e, 0, err
	}
	language := c.language()
	e = bot.Evidence{Patient: &bot.PatientContext{Relation: bot.RelationSelf, Sex: bot.SexUnknown, Age: -1}, Now: b.dayOf(results)}
	e.Facts = append(b.facts(results, language), b.catalogue.Stated(c.Question)...)
	for i := range e.Facts {
		e.Facts[i].ID = fmt.Sprintf("F%d", i+1)
		e.Facts[i].Critical = guard.Meets(e.Facts[i], b.critical, e.Now)
	}
	for _, m := range b.catalogue.Mentions(c.Question.Plain()) {
		for _, id := range m.Analytes {
			if !slices.Contains(e.Asked, id) {
				e.Asked = append(e.Asked, id)
			}
		}
	}
	e.Passages = b.passages(e, language)
	return e, unread, nil
}

// dayOf is the day of the newest result, late enough that it lies behind: then
// critical values are news.
// noon is a zone in which the middle of a UTC day is that day's noon: a draft may
// speak of today and of no day beside it.
var noon = time.FixedZone("evaluation", 0)

func (b *Bench) dayOf(results []bot.Result) time.Time {
	if len(results) == 0 {
		return b.now
	}
	newest := slices.MaxFunc(results, func(x, y bot.Result) int { return x.EffectiveAt.Compare(y.EffectiveAt) }).EffectiveAt
	return newest.Truncate(24 * time.Hour).Add(12 * time.Hour).In(noon)
}

// passages are the library's about the facts' items, then about those asked for,
// then the general documents, which are about no item.
func (b *Bench) passages(e bot.Evidence, language bot.Language) []bot.Passage {
	var analytes []bot.AnalyteID
	for _, f := range e.Facts {
		analytes = append(analytes, f.Analyte)
	}
	analytes = append(analytes, e.Asked...)
	var all []bot.Passage
	add := func(which func(bot.Passage) bool) {
		for _, p := range b.library {
			said := slices.ContainsFunc(all, func(o bot.Passage) bool { return o.Document == p.Document && o.Section == p.Section })
			if p.Language == language && !said && which(p) {
				p.ID = fmt.Sprintf("K%d", len(all)+1)
				all = append(all, p)
			}
		}
	}
	for _, a := range analytes {
		add(func(p bot.Passage) bool { return slices.Contains(p.Analytes, a) })
	}
	add(func(p bot.Passage) bool { return len(p.Analytes) == 0 })
	return all
}
