package webchat

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/pages"
	"careline/bot/store"
	"careline/retrieval/labs"
)

// Name is the channel's name in the vocabulary.
const Name = "webchat"

// maxBody is the largest request a visitor may send: triage reads even a message
// that is too long to store, up to nine bytes a character in a form.
const maxBody = 256 << 10

// Config is what a Site needs.
type Config struct {
	Store  *store.Store
	Finder *labs.Finder
	// Receive is the inbox: triage, then one transaction.
	Receive func(context.Context, bot.Inbound, time.Time) (store.Received, error)
	// Person opens a case because the visitor asks for a person, and says what
	// happens next.
	Person func(context.Context, bot.Conversation, bot.Language, time.Time) error
	// Watch signals when a conversation may hold something new, until stop is called.
	Watch func(bot.InstitutionID, bot.ConversationID) (wake <-chan struct{}, stop func())
	// Model is the language model outside the institution, nil if none: consent names it.
	Model *ExternalModel
	// WeChat lets accounts of the official account read their pages; nil: none here.
	WeChat Identity
	// PublicURL is the address browsers reach us at; "": as they asked.
	PublicURL string
	// Demo are the invented people of the institution "demo"; none, no /demo page.
	Demo        []DemoPerson
	DemoSignIns []DemoSignIn
	Now         func() time.Time
	Log         *slog.Logger
}

// ExternalModel is whom texts are sent to, as the patient is told.
type ExternalModel struct {
	Name    string
	Country map[bot.Language]string
}

// Site is the patients' page. It is safe for concurrent use.
type Site struct {
	Config
	drawing
}

// New reads the embedded templates and texts and returns a Site.
func New(c Config) (*Site, error) {
	d, err := newDrawing(c.Model)
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = func() time.Time { return time.Now().UTC() }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Site{Config: c, drawing: d}, nil
}

// Routes adds the page, the demo and their assets to mux.
func (s *Site) Routes(mux *http.ServeMux) {
	mux.Handle("GET "+s.assets.Prefix(), s.assets)
	for pattern, handle := range map[string]handler{
		"GET /w/{institution}":                               s.chat,
		"GET /w/{institution}/stream":                        s.stream,
		"POST /w/{institution}/messages":                     s.message,
		"GET /w/{institution}/consent":                       s.consentStep,
		"POST /w/{institution}/consent":                      s.consentChoice,
		"POST /w/{institution}/consents/{purpose}":           s.consentChange,
		"GET /w/{institution}/me":                            s.me,
		"GET /w/{institution}/bind":                          s.bindForm,
		"POST /w/{institution}/bind":                         s.bind,
		"POST /w/{institution}/unbind":                       s.unbind,
		"POST /w/{institution}/patient":                      s.choosePatient,
		"GET /w/{institution}/human":                         s.humanForm,
		"POST /w/{institution}/human":                        s.human,
		"GET /w/{institution}/answers/{answer}":              s.evidence,
		"GET /w/{institution}/answers/{answer}/full":         s.full,
		"POST /w/{institution}/answers/{answer}/feedback":    s.feedback,
		"GET /w/{institution}/answers/{answer}/trend/{fact}": s.trend,
		"GET /wechat/{institution}/enter":                    s.enterByWeChat,
		"GET /wechat/{institution}/entered":                  s.enteredByWeChat,
		"GET /demo":                                          s.demoPage,
	} {
		mux.Handle(pattern, pages.Headers(len(s.Demo) > 0, s.serve(handle)))
	}
}

// visit is one request of one visitor.
type visit struct {
	frame
	now          time.Time
	known        bool   // the browser has shown whose it is
	session      string // the token by which it did, "" for a visitor's own cookie
	conversation bot.Conversation
}

type handler func(http.ResponseWriter, *http.Request, *visit) error

// serve finds the institution and the visitor, and turns a handler's error into
// a sentence for the visitor and a line for the operator.
func (s *Site) serve(handle handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		v, err := s.visit(w, r)
		if err == nil {
			err = handle(w, r, v)
		}
		if err != nil {
			s.fail(w, r, v, err)
		}
	})
}

func (s *Site) visit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	v := &visit{now: s.Now()}
	v.Speech = s.words.In(pages.Language(w, r), time.UTC)
	id := bot.InstitutionID(r.PathValue("institution"))
	if id == "" {
		id = demoInstitution
	}
	v.Path, v.Title = "/w/"+string(id), v.Say("app")
	inst, err := s.Store.Institution(r.Context(), id)
	if err != nil {
		return v, err
	}
	v.Institution, v.Zone = inst, inst.Location()
	v.conversation, v.known, err = s.whose(r, v)
	return v, err
}

// enter makes a visitor known: nobody has an account before they have chosen
// something themselves.
func (s *Site) enter(w http.ResponseWriter, r *http.Request, v *visit) (err error) {
	if v.known {
		return nil
	}
	token := newVisitor(w, r, v.Path)
	v.known = true
	v.conversation, err = s.Store.Account(r.Context(), v.Institution.ID, Name, token, v.Lang, v.now)
	return err
}

// fail answers with a page, a fragment or JSON, whichever was asked for.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	status, word := http.StatusInternalServerError, "error-internal"
	var tooLarge *http.MaxBytesError
	switch kind := bot.KindOf(err); {
	case errors.As(err, &tooLarge):
		status, word = http.StatusRequestEntityTooLarge, "error-long"
	case kind == bot.KindNotFound, kind == bot.KindForbidden:
		status, word = http.StatusNotFound, "error-not-found"
	case kind == bot.KindInvalid:
		status = http.StatusBadRequest
	case kind == bot.KindConflict:
		status = http.StatusConflict
	case kind == bot.KindUnavailable:
		status, word = http.StatusServiceUnavailable, "error-unavailable"
		w.Header().Set("Retry-After", "3")
	}
	if status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.Log.Error("webchat", "path", r.Pattern, "institution", v.Institution.ID, "conversation", v.conversation.ID, "err", err)
	}
	s.problem(w, r, v, status, v.Say(word))
}

// problem says one sentence.
func (s *Site) problem(w http.ResponseWriter, r *http.Request, v *visit, status int, sentence string) {
	if wantsJSON(r) {
		writeJSON(w, status, reply{Error: sentence})
		return
	}
	s.draw(w, r, v, "error-page", status, errorPage{v.frame, sentence, v.Path})
}

// draw draws a page, or where the chat asked for a sheet its content alone.
func (s *Site) draw(w http.ResponseWriter, r *http.Request, v *visit, name string, status int, data any) {
	if content, page := strings.CutSuffix(name, "-page"); page && r.Header.Get("X-Fragment") != "" && s.templates.Lookup(content) != nil {
		name = content
	}
	if err := pages.Render(w, s.templates, name, status, data); err != nil {
		s.Log.Error("webchat", "path", r.Pattern, "err", err)
	}
}

func (s *Site) back(w http.ResponseWriter, r *http.Request, v *visit) error {
	http.Redirect(w, r, v.Path, http.StatusSeeOther)
	return nil
}
