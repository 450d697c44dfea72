package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/store"
)

// Nobody overrides a link or number the institution did not allow (V8), personal
// identifiers (V9) or an urgent text that was not reviewed (V13); statements of
// diagnosis (V6) and medication (V7) only a clinician.
var (
	neverOverridden = []string{"V8", "V9", "V13"}
	clinicianOnly   = []string{"V6", "V7"}
	// notForStaff are checks of what a machine may say: a person may say who they
	// are and promise what they will do.
	notForStaff = []string{"V11"}
)

// maxReply is the longest reply a page accepts, in characters.
const maxReply = 2000

// reply sends a person's text through the same review and the same outbox as
// every other message.
func (s *Site) reply(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	text, key := strings.TrimSpace(r.PostForm.Get("text")), r.PostForm.Get("key")
	again := func(status int, add func(*casePage)) error {
		return s.drawCase(w, r, v, status, func(p *casePage) { p.Draft = text; add(p) })
	}
	switch {
	case k.Conversation == 0 || key == "" || len(key) > 64:
		return bot.Errorf(bot.KindInvalid, v.Say("reply-unusable"), "console: case %d has no conversation to reply in", k.ID)
	case text == "":
		return again(http.StatusBadRequest, func(p *casePage) { p.Problem = v.Say("reply-empty") })
	case !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxReply:
		return again(http.StatusBadRequest, func(p *casePage) { p.Problem = v.Say("reply-long") })
	}
	line, err := s.Store.Timeline(r.Context(), v.Institution.ID, k.Conversation, 0, shownAtOnce)
	if err != nil {
		return err
	}
	failed, err := s.review(r, v, k, line, text)
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		reason := strings.TrimSpace(r.PostForm.Get("reason"))
		if why := s.hard(v, failed); why != "" || r.PostForm.Get("anyway") == "" || reason == "" {
			return again(http.StatusUnprocessableEntity, func(p *casePage) { p.Violations, p.Hard = violations(v, failed, text), why })
		}
		if err := s.Store.Override(r.Context(), v.Institution.ID, k.Conversation, v.staff(), checkIDs(failed), reason, v.now); err != nil {
			return err
		}
	}
	notice, err := s.Guard.Notice("staff-joined", line.Conversation.Language, guard.NoticeSlots{OnShift: true, Role: v.Me.role})
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(r.PostForm.Get("seen"), 10, 64)
	err = s.Store.Reply(r.Context(), v.Institution.ID, k.Conversation, v.staff(), bot.T(text), key, seen, notice, v.now)
	if err != nil && bot.KindOf(err) == bot.KindConflict {
		return again(http.StatusConflict, func(p *casePage) {
			p.Problem = v.Say("stale")
			if p.Case.Taken && !p.Case.Mine {
				p.Problem = v.Say("claim-taken", p.Case.OwnerName)
			}
		})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.casePath(k.ID), http.StatusSeeOther)
	return nil
}

// review runs the guard over a person's text with all that is known about the
// patient: results, what answers cited, and the patient's own words. The level
// is none: what V13 keeps back at an emergency is the assistant, not the person
// who answers it.
func (s *Site) review(r *http.Request, v *visit, k bot.Case, line store.Timeline, text string) ([]bot.Violation, error) {
	evidence, err := s.evidenceFor(r.Context(), v, k, line)
	if err != nil {
		return nil, err
	}
	limits := s.Limits[line.Conversation.Channel]
	draft := guard.Draft{Text: text, Language: line.Conversation.Language, Question: patientWords(line), CaseCommitted: true, Staff: v.Me.Name}
	draft.Channel.MaxBytes, draft.Channel.Marks = limits.TextBytes, limits.Marks
	for _, p := range evidence.Passages {
		draft.Cited = append(draft.Cited, p.ID)
	}
	found := s.Guard.Review(draft, evidence)
	return slices.DeleteFunc(found, func(f bot.Violation) bool { return slices.Contains(notForStaff, f.Check) }), nil
}

func patientWords(line store.Timeline) []bot.TurnMessage {
	var all []bot.TurnMessage
	for _, m := range line.Messages {
		if m.Author == bot.AuthorPatient {
			all = append(all, bot.TurnMessage{Kind: "text", Text: m.Text, At: m.At})
		}
	}
	return all
}

// hard says why some of the failed checks cannot be overridden here, "" if all can.
func (s *Site) hard(v *visit, failed []bot.Violation) string {
	has := func(checks []string) bool {
		return slices.ContainsFunc(failed, func(f bot.Violation) bool { return slices.Contains(checks, f.Check) })
	}
	switch {
	case has(neverOverridden):
		return v.Say("reply-blocked")
	case has(clinicianOnly) && v.Me.role != bot.RoleClinician:
		return v.Say("reply-clinician")
	}
	return ""
}

// violations show each failed check with the words it is about.
func violations(v *visit, failed []bot.Violation, text string) []violation {
	var all []violation
	for _, f := range failed {
		word, err := v.T("check-" + f.Check)
		if err != nil {
			word = v.Say("check-other")
		}
		view := violation{Check: f.Check, Word: word, Hard: slices.Contains(neverOverridden, f.Check)}
		if f.Start >= 0 && f.Start < f.End && f.End <= len(text) && utf8.ValidString(text[f.Start:f.End]) {
			view.Span = text[f.Start:f.End]
		}
		all = append(all, view)
	}
	return all
}

func checkIDs(failed []bot.Violation) []string {
	var ids []string
	for _, f := range failed {
		if !slices.Contains(ids, f.Check) {
			ids = append(ids, f.Check)
		}
	}
	return ids
}

func (v *visit) casePath(id bot.CaseID) string { return fmt.Sprintf("%s/cases/%d", v.Path, id) }
