package webchat

import (
	"context"
	"net/http"
	"strconv"

	"careline/bot"
	"careline/bot/pages"
	"careline/bot/store"
)

// answer is one of the visitor's own answers with its evidence. Knowing the
// address is not enough: it must belong to the browser's conversation, and where
// it speaks of a patient's results the binding and the consent must stand.
func (s *Site) answer(r *http.Request, v *visit) (bot.MessageID, store.Answer, error) {
	id, err := answerID(r, v)
	if err != nil {
		return 0, store.Answer{}, err
	}
	answer, err := s.Store.Answer(r.Context(), v.Institution.ID, v.conversation.ID, id)
	if err == nil && answer.Patient != 0 {
		err = s.readable(r, v, answer.Patient)
	}
	return id, answer, err
}

func answerID(r *http.Request, v *visit) (bot.MessageID, error) {
	n, err := strconv.ParseInt(r.PathValue("answer"), 10, 64)
	if err != nil || !v.known {
		return 0, bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: no such answer in conversation %d", v.conversation.ID)
	}
	return bot.MessageID(n), nil
}

// readable refuses results that the visitor may no longer read: the binding or
// the consent has ended.
func (s *Site) readable(r *http.Request, v *visit, patient bot.PatientID) error {
	if _, err := s.bound(r, v, strconv.FormatInt(int64(patient), 10)); err != nil {
		return err
	}
	consents, err := s.consents(r, v)
	if err == nil && !consents[bot.PurposeReadReports] {
		return bot.Errorf(bot.KindForbidden, v.Say("error-not-found"), "webchat: account %d has withdrawn its consent", v.conversation.Account)
	}
	return err
}

// evidence shows the facts and passages an answer rests on.
func (s *Site) evidence(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, answer, err := s.answer(r, v)
	if err != nil {
		return err
	}
	views := facts(v.Speech, answer.Facts, func(f bot.Fact) *pages.Chart {
		if f.Kind != bot.FactResult {
			return nil
		}
		series, err := s.series(r.Context(), v, answer.Patient, f)
		if err != nil || len(series) < 2 {
			return nil
		}
		spark := pages.NewSpark(v.Speech, f.Name, series)
		return &spark
	})
	s.draw(w, r, v, "evidence-page", http.StatusOK, evidencePage{v.frame, id, answer.Verdict, views, answer.Passages})
	return nil
}

// trend draws the history of one of the answer's facts.
func (s *Site) trend(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, answer, err := s.answer(r, v)
	if err != nil {
		return err
	}
	for _, f := range answer.Facts {
		if f.ID != r.PathValue("fact") || f.Kind != bot.FactResult {
			continue
		}
		series, err := s.series(r.Context(), v, answer.Patient, f)
		if err != nil {
			return err
		}
		s.draw(w, r, v, "trend-page", http.StatusOK, trendPage{v.frame, id, pages.NewChart(v.Speech, f.Name, series)})
		return nil
	}
	return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: answer %d has no such fact", id)
}

func (s *Site) series(ctx context.Context, v *visit, patient bot.PatientID, f bot.Fact) ([]bot.Result, error) {
	return s.Finder.Series(ctx, v.Institution, patient, f.Analyte, f.Specimen)
}

// full shows the whole text of an answer whose message was shortened.
func (s *Site) full(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, answer, err := s.answer(r, v)
	if err != nil {
		return err
	}
	if answer.Full.Empty() {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: answer %d has no longer text", id)
	}
	s.draw(w, r, v, "full-page", http.StatusOK, fullPage{v.frame, id, answer.Full.Plain()})
	return nil
}

// feedback keeps a thumb up or down.
func (s *Site) feedback(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := answerID(r, v)
	if err != nil {
		return err
	}
	if err := s.Store.Feedback(r.Context(), v.Institution.ID, v.conversation.Account, id, r.PostFormValue("helpful") == "yes", v.now); err != nil {
		return err
	}
	if r.Header.Get("X-Fragment") != "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.back(w, r, v)
}
