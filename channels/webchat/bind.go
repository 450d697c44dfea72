package webchat

import (
	"net/http"
	"slices"
	"strings"

	"careline/bot"
)

func (s *Site) bindForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	s.draw(w, r, v, "bind-page", http.StatusOK, bindPage{frame: v.frame, Code: r.URL.Query().Get("code"), Relations: relations(v.Speech, bot.RelationSelf)})
	return nil
}

// bind links a patient's reports to the visitor: a one-time code and the second
// factor together, never a name or an identity number.
func (s *Site) bind(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	code, factor := strings.TrimSpace(r.PostForm.Get("code")), strings.TrimSpace(r.PostForm.Get("factor"))
	relation := bot.Relation(r.PostForm.Get("relation"))
	known := []bot.Relation{bot.RelationSelf, bot.RelationParent, bot.RelationChild, bot.RelationSpouse, bot.RelationOther}
	if !slices.Contains(known, relation) {
		relation = bot.RelationOther
	}
	again := func(status int, word string) error {
		s.draw(w, r, v, "bind-page", status, bindPage{v.frame, code, v.Say(word), relations(v.Speech, relation)})
		return nil
	}
	if code == "" || factor == "" {
		return again(http.StatusBadRequest, "bind-fill")
	}
	if err := s.enter(w, r, v); err != nil {
		return err
	}
	done, err := s.Store.Bind(r.Context(), v.Institution.ID, v.conversation.Account, code, factor, relation, v.now)
	if err != nil && bot.KindOf(err) == bot.KindForbidden {
		return again(http.StatusForbidden, "bind-wrong")
	}
	if err != nil {
		return err
	}
	if done.Requested {
		word := "bind-unasked"
		if done.Asked {
			word = "bind-requested"
		}
		return again(http.StatusAccepted, word)
	}
	if err := s.Store.ChoosePatient(r.Context(), v.Institution.ID, v.conversation.ID, done.Patient, v.now); err != nil {
		return err
	}
	return s.back(w, r, v)
}

func (s *Site) unbind(w http.ResponseWriter, r *http.Request, v *visit) error {
	patient, err := s.bound(r, v, r.PostFormValue("patient"))
	if err != nil {
		return err
	}
	if err := s.Store.Unbind(r.Context(), v.Institution.ID, v.conversation.Account, patient, v.now); err != nil {
		return err
	}
	return s.back(w, r, v)
}
