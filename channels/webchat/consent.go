package webchat

import (
	"net/http"
	"slices"
	"strconv"

	"careline/bot"
)

// consents are the purposes the visitor agrees to now.
func (s *Site) consents(r *http.Request, v *visit) (map[bot.Purpose]bool, error) {
	if !v.known {
		return nil, nil
	}
	return s.Store.Consents(r.Context(), v.Institution.ID, v.conversation.Account)
}

func (s *Site) consentStep(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.drawConsent(w, r, v)
}

func (s *Site) drawConsent(w http.ResponseWriter, r *http.Request, v *visit) error {
	given, err := s.consents(r, v)
	if err != nil {
		return err
	}
	s.draw(w, r, v, "consent-page", http.StatusOK, consentPage{v.frame, s.consent.Version, s.consent.purposes(v.Speech, given)})
	return nil
}

// consentChoice keeps exactly what was ticked. Declining leaves triage of danger
// signs and the way to a person open.
func (s *Site) consentChoice(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	if err := s.enter(w, r, v); err != nil {
		return err
	}
	if r.PostForm.Get("choice") == "agree" {
		for _, p := range s.consent.Purposes {
			if slices.Contains(r.PostForm["purpose"], string(p.ID)) {
				if err := s.Store.Consent(r.Context(), v.Institution.ID, v.conversation.Account, p.ID, s.consent.Version, v.now); err != nil {
					return err
				}
			}
		}
	}
	setCookie(w, r, v.Path, askedCookie, s.consent.Version)
	return s.back(w, r, v)
}

// consentChange gives or withdraws one consent, in one tap each.
func (s *Site) consentChange(w http.ResponseWriter, r *http.Request, v *visit) error {
	purpose := bot.Purpose(r.PathValue("purpose"))
	if !v.known || !s.consent.has(purpose) {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: no such consent")
	}
	var err error
	if r.PostFormValue("choice") == "give" {
		err = s.Store.Consent(r.Context(), v.Institution.ID, v.conversation.Account, purpose, s.consent.Version, v.now)
	} else {
		err = s.Store.Withdraw(r.Context(), v.Institution.ID, v.conversation.Account, purpose, v.now)
	}
	if err != nil {
		return err
	}
	return s.back(w, r, v)
}

// me shows what the visitor gave: reports and consents, each to be taken back.
func (s *Site) me(w http.ResponseWriter, r *http.Request, v *visit) error {
	given, err := s.consents(r, v)
	if err != nil {
		return err
	}
	page := mePage{frame: v.frame, Purposes: s.consent.purposes(v.Speech, given)}
	if v.known {
		bindings, err := s.Store.Bindings(r.Context(), v.Institution.ID, v.conversation.Account)
		if err != nil {
			return err
		}
		page.People = people(v.Speech, bindings, v.conversation.Patient)
	}
	s.draw(w, r, v, "me-page", http.StatusOK, page)
	return nil
}

// bound is the patient of a form, if the visitor may read their reports.
func (s *Site) bound(r *http.Request, v *visit, value string) (bot.PatientID, error) {
	notFound := bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: patient is not bound to this account")
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || !v.known {
		return 0, notFound
	}
	bindings, err := s.Store.Bindings(r.Context(), v.Institution.ID, v.conversation.Account)
	if err != nil {
		return 0, err
	}
	if !slices.ContainsFunc(bindings, func(b bot.Binding) bool { return b.Patient == bot.PatientID(n) }) {
		return 0, notFound
	}
	return bot.PatientID(n), nil
}
