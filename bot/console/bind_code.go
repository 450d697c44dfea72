package console

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"rsc.io/qr"

	"careline/bot"
	"careline/bot/store"
)

// bindCodeLife is how long a code of the desk works: the patient is there, or on
// the phone.
const bindCodeLife = 10 * time.Minute

// bindCodePage shows a code once. It is the answer to a POST and has no address of
// its own, so that no history or log can bring it back.
type bindCodePage struct {
	frame
	CaseID bot.CaseID
	Who    string
	Code   string // in two halves, to be read aloud; so is the factor
	Factor string
	Until  string
	Agreed bool    // an adult patient agreed that somebody else binds
	QR     *qrView // nil where a code has no link
}

// bindCode makes a one-time code for the patient of a case. The picture carries the
// code; the second factor goes another way.
func (s *Site) bindCode(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	if k.Patient == 0 {
		return bot.Errorf(bot.KindInvalid, v.Say("error-internal"), "console: case %d has no patient to bind", k.ID)
	}
	patient, err := s.Store.Patient(r.Context(), v.Institution.ID, v.actor(), k.Patient, v.now)
	if err != nil {
		return err
	}
	agreed := r.PostFormValue("agreed") == "yes"
	options := store.CodeOptions{Valid: bindCodeLife, PatientAgreed: agreed}
	code, factor, until, err := s.Store.MakeBindCode(r.Context(), v.Institution.ID, v.actor(), k.Patient, options, v.now)
	if err != nil {
		return err
	}
	page := bindCodePage{
		CaseID: k.ID, Who: who(v.Speech, k, patient, v.Institution, v.now), Code: code[:len(code)/2] + " " + code[len(code)/2:], Factor: factor[:len(factor)/2] + " " + factor[len(factor)/2:],
		Until: v.Clock(until, v.now), Agreed: agreed, QR: s.bindQR(r, v, code),
	}
	v.Title = v.Say("bind-code")
	page.frame = v.frame
	s.draw(w, r, "bind-code-page", http.StatusOK, page)
	return nil
}

// bindCodeGone leads back to the case: a code is shown once, and a page that is
// read again, or in the other language, makes no new one.
func (s *Site) bindCodeGone(w http.ResponseWriter, r *http.Request, v *visit) error {
	k, err := s.caseOf(r, v)
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.casePath(k.ID), http.StatusSeeOther)
	return nil
}

// bindQR is the picture of a code's link. Without it the code is typed, so a
// channel that does not answer keeps nobody waiting.
func (s *Site) bindQR(r *http.Request, v *visit, code string) *qrView {
	if s.BindLink == nil {
		return nil
	}
	link, err := s.BindLink(r.Context(), v.Institution.ID, code, bindCodeLife)
	if err != nil {
		s.Log.Warn("console: a binding code has no link", "institution", v.Institution.ID, "kind", bot.KindOf(err))
	}
	if err != nil || link == "" {
		return nil
	}
	picture, err := qr.Encode(link, qr.M)
	if err != nil {
		s.Log.Warn("console: a binding code's link cannot be drawn", "institution", v.Institution.ID)
		return nil
	}
	return drawQR(picture)
}

// qrView is a QR code as the path of an SVG, one unit a module.
type qrView struct {
	Side int
	Path string
}

// quietZone is the white border the standard asks for, in modules (ISO/IEC 18004).
const quietZone = 4

func drawQR(code *qr.Code) *qrView {
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quietZone, y+quietZone, run, run)
			}
			x += run
		}
	}
	return &qrView{Side: code.Size + 2*quietZone, Path: path.String()}
}
