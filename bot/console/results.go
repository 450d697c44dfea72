package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"careline/bot"
	"careline/bot/pages"
	"careline/bot/store"
)

// shownReports is how many of a patient's reports a page lists and draws trends from.
const shownReports = 30

// noSpecimen stands in a trend's address where the specimen is not known.
const noSpecimen = "-"

// results lists the patient's reports, newest first, and finds the critical
// result behind the case, nil if there is none.
func (s *Site) results(ctx context.Context, v *visit, k bot.Case) ([]reportView, *resultView, error) {
	if k.Patient == 0 {
		return nil, nil, nil
	}
	reports, err := s.Finder.Reports(ctx, v.Institution, k.Patient, shownReports)
	if err != nil {
		return nil, nil, err
	}
	series := seriesOf(reports)
	var views []reportView
	var behind *resultView
	for _, r := range reports {
		view := reportView{Title: r.Title, Date: v.Day(reportTime(r)), Laboratory: r.Laboratory}
		if view.Title == "" {
			view.Title = r.Number
		}
		for _, x := range r.Results {
			row := result(v, x)
			if history := series[keyOf(x)]; x.Analyte != "" && len(history) > 1 {
				row.Spark = &sparkView{Link: trendLink(x), Chart: pages.NewSpark(v.Speech, x.Name, history)}
			}
			view.Results = append(view.Results, row)
			if x.ID == k.Result {
				critical := row
				behind = &critical
			}
		}
		views = append(views, view)
	}
	return views, behind, nil
}

// series is one analyte in one specimen.
type series struct {
	analyte  bot.AnalyteID
	specimen bot.Specimen
}

func keyOf(x bot.Result) series { return series{x.Analyte, x.Specimen} }

// seriesOf gathers the usable results of each analyte, oldest first, from
// reports that come newest first.
func seriesOf(reports []bot.Report) map[series][]bot.Result {
	all := map[series][]bot.Result{}
	for i := len(reports) - 1; i >= 0; i-- {
		for _, x := range reports[i].Results {
			if x.Status.Usable() {
				all[keyOf(x)] = append(all[keyOf(x)], x)
			}
		}
	}
	return all
}

// reportTime is when the report was issued, else when the specimen was taken.
func reportTime(r bot.Report) time.Time {
	if r.IssuedAt.IsZero() {
		return r.CollectedAt
	}
	return r.IssuedAt
}

func trendLink(x bot.Result) string {
	specimen := string(x.Specimen)
	if specimen == "" {
		specimen = noSpecimen
	}
	return url.PathEscape(string(x.Analyte)) + "/" + url.PathEscape(specimen)
}

func result(v *visit, x bot.Result) resultView {
	return resultView{
		Name: x.Name, Value: x.Value.Shown(), Unit: x.Value.Unit, Interval: x.Interval.Printed, Direction: x.Direction,
		Word: v.Say("direction-" + string(x.Direction)), Date: v.Day(x.EffectiveAt), Laboratory: x.Laboratory,
		Out: x.Direction == bot.DirectionHigh || x.Direction == bot.DirectionLow, Doubt: doubt(v, x),
	}
}

// doubt says why a result's number or mark is not used in answers, "" when it is.
func doubt(v *visit, x bot.Result) string {
	switch {
	case x.UnitProblem:
		return v.Say("doubt-unit")
	case x.FlagConflict:
		return v.Say("doubt-flag", x.Flag)
	case x.Analyte == "":
		return v.Say("doubt-unmapped")
	}
	return ""
}

// trend draws the whole history of one item of the case's patient.
func (s *Site) trend(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	specimen := bot.Specimen(r.PathValue("specimen"))
	if specimen == noSpecimen {
		specimen = bot.SpecimenUnknown
	}
	history, err := s.Finder.Series(r.Context(), v.Institution, k.Patient, bot.AnalyteID(r.PathValue("analyte")), specimen)
	if err != nil {
		return err
	}
	if k.Patient == 0 || len(history) == 0 {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "console: case %d has no such trend", k.ID)
	}
	v.Title = history[len(history)-1].Name
	s.draw(w, r, "trend-page", http.StatusOK, trendPage{v.frame, k.ID, pages.NewChart(v.Speech, v.Title, history)})
	return nil
}

// answer shows what one of the assistant's messages rests on, and which checks
// it failed where it was withheld.
func (s *Site) answer(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(r.PathValue("answer"), 10, 64)
	if err != nil || k.Conversation == 0 {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "console: case %d has no such answer", k.ID)
	}
	a, err := s.Store.Answer(r.Context(), v.Institution.ID, k.Conversation, bot.MessageID(n))
	if err != nil {
		return err
	}
	page := answerPage{frame: v.frame, CaseID: k.ID, Verdict: a.Verdict, Passages: a.Passages, Checks: violations(v, a.Checks, "")}
	for _, f := range a.Facts {
		page.Facts = append(page.Facts, factView(v, f))
	}
	s.draw(w, r, "answer-page", http.StatusOK, page)
	return nil
}

func factView(v *visit, f bot.Fact) resultView {
	return resultView{
		Name: f.Name, Value: f.Value.Shown(), Unit: f.Value.Unit, Interval: f.Interval.Printed, Source: f.IntervalSource, Direction: f.Direction,
		Word: v.Say("direction-" + string(f.Direction)), Date: v.DayOf(f.Date), Laboratory: f.Laboratory,
	}
}

// evidenceFor is all a reply may rest on: the patient's results, and the facts
// and passages of what was already said in the conversation.
func (s *Site) evidenceFor(ctx context.Context, v *visit, k bot.Case, talk store.Timeline) (bot.Evidence, error) {
	e := bot.Evidence{Now: v.now}
	if k.Patient != 0 {
		known, err := s.Finder.Known(ctx, v.Institution, k.Patient, talk.Conversation.Language, v.now)
		if err != nil {
			return e, err
		}
		e.Patient, e.Facts = &known.Patient, known.Facts
	}
	for _, m := range talk.Messages {
		if m.Decision == 0 || m.Author == bot.AuthorStaff {
			continue
		}
		a, err := s.Store.Answer(ctx, v.Institution.ID, k.Conversation, m.ID)
		if err != nil {
			return e, err
		}
		e.Facts = append(e.Facts, a.Facts...)
		e.Passages = append(e.Passages, a.Passages...)
	}
	for i := range e.Facts {
		e.Facts[i].ID = "F" + strconv.Itoa(i+1)
	}
	for i := range e.Passages {
		e.Passages[i].ID = "K" + strconv.Itoa(i+1)
	}
	return e, nil
}
