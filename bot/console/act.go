package console

import (
	"net/http"
	"slices"

	"careline/bot"
	"careline/bot/guard"
)

// claim makes the signed-in member of staff the owner. Of two who race, the
// second is told who has it.
func (s *Site) claim(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	notice, err := s.notice(r, v, k, "staff-joined")
	if err != nil {
		return err
	}
	err = s.Store.Claim(r.Context(), v.Institution.ID, k.ID, v.staff(), notice, v.now)
	return s.done(w, r, v, k, err, "?did=claim")
}

// giveBack returns the conversation to the assistant; never under an emergency.
func (s *Site) giveBack(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	if k.Level.Urgent() {
		return s.drawCase(w, r, v, http.StatusConflict, func(p *casePage) { p.Problem = v.Say("give-back-urgent") })
	}
	notice, err := s.notice(r, v, k, "staff-left")
	if err != nil {
		return err
	}
	err = s.Store.GiveBack(r.Context(), v.Institution.ID, k.ID, v.staff(), notice, v.now)
	return s.done(w, r, v, k, err, "")
}

// closeCase ends the case with an outcome.
func (s *Site) closeCase(w http.ResponseWriter, r *http.Request, v *visit) error {
	outcome := r.PostFormValue("outcome")
	if !slices.Contains(outcomes, outcome) {
		return bot.Errorf(bot.KindInvalid, v.Say("error-internal"), "console: unknown outcome")
	}
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	notice, err := s.notice(r, v, k, "case-closed")
	if err != nil {
		return err
	}
	err = s.Store.Close(r.Context(), v.Institution.ID, k.ID, v.staff(), outcome, notice, v.now)
	return s.done(w, r, v, k, err, "")
}

// done returns to the case, or says on its page who was faster.
func (s *Site) done(w http.ResponseWriter, r *http.Request, v *visit, k bot.Case, err error, query string) error {
	if err != nil && bot.KindOf(err) == bot.KindConflict {
		return s.conflict(w, r, v)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.casePath(k.ID)+query, http.StatusSeeOther)
	return nil
}

// conflict draws the case as it is now with the name of who has it.
func (s *Site) conflict(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.drawCase(w, r, v, http.StatusConflict, func(p *casePage) {
		if p.Closed == "" && p.Case.Taken && !p.Case.Mine {
			p.Problem = v.Say("claim-taken", p.Case.OwnerName)
			return
		}
		p.Problem = v.Say("stale")
	})
}

// notice is the reviewed sentence that tells the patient who answers now.
func (s *Site) notice(r *http.Request, v *visit, k bot.Case, id string) (bot.Text, error) {
	if k.Conversation == 0 {
		return bot.Text{}, nil
	}
	line, err := s.Store.Timeline(r.Context(), v.Institution.ID, k.Conversation, 0, 1)
	if err != nil {
		return bot.Text{}, err
	}
	return s.Guard.Notice(id, line.Conversation.Language, guard.NoticeSlots{OnShift: true, Role: v.Me.role})
}

func (v *visit) staff() bot.Staff {
	return bot.Staff{ID: v.Me.ID, Institution: v.Institution.ID, Role: v.Me.role, Name: bot.T(v.Me.Name)}
}
