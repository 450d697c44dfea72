package webchat

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"careline/bot"
	"careline/bot/store"
)

// shownAtOnce is how many messages a page opens with and a stream reads at a time.
const shownAtOnce = 200

// chat draws the conversation; a new visitor sees the consent step first.
func (s *Site) chat(w http.ResponseWriter, r *http.Request, v *visit) error {
	consents, err := s.consents(r, v)
	if err != nil {
		return err
	}
	if _, err := r.Cookie(askedCookie); err != nil && len(consents) == 0 {
		return s.drawConsent(w, r, v)
	}
	if err := s.enter(w, r, v); err != nil {
		return err
	}
	bindings, err := s.Store.Bindings(r.Context(), v.Institution.ID, v.conversation.Account)
	if err != nil {
		return err
	}
	line, err := s.Store.Timeline(r.Context(), v.Institution.ID, v.conversation.ID, 0, shownAtOnce)
	if err != nil {
		return err
	}
	roles, err := s.roles(r.Context(), v, line.Messages)
	if err != nil {
		return err
	}
	page := chatPage{
		frame: v.frame, People: people(v.Speech, bindings, line.Conversation.Patient), Consented: consents[bot.PurposeReadReports],
		Human: !line.Conversation.Owner.Bot(), Typing: typing(line), NextID: uuid.NewString(), Elsewhere: v.elsewhere(),
	}
	for _, m := range line.Messages {
		page.Messages = append(page.Messages, view(v, m, roles))
		page.Last = m.Number
	}
	s.draw(w, r, v, "chat-page", http.StatusOK, page)
	return nil
}

// typing reports whether the assistant is about to answer: something waits for
// it, and no person has taken over.
func typing(line store.Timeline) bool { return line.Working && line.Conversation.Owner.Bot() }

// roles are the roles of the staff who wrote some of the messages. Patients see
// a role, not a name.
func (s *Site) roles(ctx context.Context, v *visit, all []bot.Message) (map[bot.StaffID]bot.Role, error) {
	if !slices.ContainsFunc(all, func(m bot.Message) bool { return m.Staff != 0 }) {
		return nil, nil
	}
	staff, err := s.Store.StaffNames(ctx, v.Institution.ID)
	if err != nil {
		return nil, err
	}
	roles := map[bot.StaffID]bot.Role{}
	for id, p := range staff {
		roles[id] = p.Role
	}
	return roles, nil
}

func view(v *visit, m bot.Message, roles map[bot.StaffID]bot.Role) message {
	who := v.Say("author-" + string(m.Author))
	if role, ok := roles[m.Staff]; ok && m.Author == bot.AuthorStaff {
		who = v.Say("role-" + string(role))
	}
	return message{
		Speech: v.Speech, Path: v.Path, Number: m.Number, ID: m.ID, Author: m.Author, Who: who,
		Mine: m.Author == bot.AuthorPatient, AI: m.AI, Automatic: m.Author == bot.AuthorSystem,
		Text: m.Text.Plain(), At: m.At, Time: v.Clock(m.At, v.now),
		Evidence: m.Decision != 0 && m.AI, Full: m.Full, Rateable: m.AI,
	}
}

// message takes one message in. The id is made by the page, so that the same
// message sent again is the same message.
func (s *Site) message(w http.ResponseWriter, r *http.Request, v *visit) error {
	if v.elsewhere() {
		s.problem(w, r, v, http.StatusConflict, v.Say("write-in-wechat"))
		return nil
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	text := strings.TrimSpace(r.PostForm.Get("text"))
	id, err := uuid.Parse(r.PostForm.Get("id"))
	switch {
	case text == "":
		s.problem(w, r, v, http.StatusBadRequest, v.Say("error-empty"))
		return nil
	case err != nil || !utf8.ValidString(text):
		s.problem(w, r, v, http.StatusBadRequest, v.Say("error-internal"))
		return nil
	}
	token, known := visitorToken(r)
	if !known {
		token = newVisitor(w, r, v.Path)
	}
	received, err := s.Receive(r.Context(), bot.Inbound{
		Institution: v.Institution.ID, Channel: Name, ExternalID: token, ProviderID: id.String(),
		Kind: "text", Text: bot.T(text), SentAt: v.now,
	}, v.now)
	// The inbox refuses a text for its length alone, and only after triage read it.
	if bot.KindOf(err) == bot.KindInvalid && err != nil {
		s.problem(w, r, v, http.StatusRequestEntityTooLarge, v.Say("error-long"))
		return nil
	}
	if err != nil {
		return err
	}
	if !wantsJSON(r) {
		return s.back(w, r, v)
	}
	writeJSON(w, http.StatusAccepted, reply{Inbox: received.Inbox})
	return nil
}

// choosePatient answers "whose report?" by a tap.
func (s *Site) choosePatient(w http.ResponseWriter, r *http.Request, v *visit) error {
	patient, err := s.bound(r, v, r.PostFormValue("patient"))
	if err != nil {
		return err
	}
	if err := s.Store.ChoosePatient(r.Context(), v.Institution.ID, v.conversation.ID, patient, v.now); err != nil {
		return err
	}
	return s.back(w, r, v)
}

// humanForm says what happens when a person is asked for.
func (s *Site) humanForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	s.draw(w, r, v, "human-page", http.StatusOK, v.frame)
	return nil
}

// human asks for a person.
func (s *Site) human(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := s.enter(w, r, v); err != nil {
		return err
	}
	if err := s.Person(r.Context(), v.conversation, v.Lang, v.now); err != nil {
		return err
	}
	if r.Header.Get("X-Fragment") != "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.back(w, r, v)
}
