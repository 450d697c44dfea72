package console

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/pages"
	"careline/bot/store"
	"careline/channels"
	"careline/retrieval/labs"
)

const maxBody = 128 << 10

// Config is what a Site needs.
type Config struct {
	Store  *store.Store
	Guard  *guard.Guard
	Finder *labs.Finder
	// Limits of a channel by its name: a reply must fit where it goes.
	Limits map[string]channels.Limits
	// Watch signals when a conversation (0: anything in the institution) may hold
	// something new, until stop is called.
	Watch func(bot.InstitutionID, bot.ConversationID) (wake <-chan struct{}, stop func())
	// BindLink is what a binding code's QR picture says: a link that a phone opens
	// with the code in it. nil or "": codes are typed.
	BindLink func(ctx context.Context, id bot.InstitutionID, code string, valid time.Duration) (string, error)
	// Framed lets our own origin frame the pages, for the demo.
	Framed bool
	Now    func() time.Time
	Log    *slog.Logger
}

// Site is the staff's pages. It is safe for concurrent use.
type Site struct {
	Config
	drawing
}

// New reads the embedded templates and words and returns a Site.
func New(c Config) (*Site, error) {
	d, err := newDrawing()
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

// anybody, readers and actors are who may use a page. An auditor reads only.
var (
	readers = []bot.Role{bot.RoleManager, bot.RoleClinician, bot.RoleSupervisor, bot.RoleAdmin, bot.RoleAuditor}
	actors  = []bot.Role{bot.RoleManager, bot.RoleClinician, bot.RoleSupervisor, bot.RoleAdmin}
)

// route is one page with the roles it is open to; none: also signed out.
type route struct {
	pattern string
	roles   []bot.Role
	handle  handler
}

func (s *Site) routes() []route {
	return []route{
		{"GET /staff/{institution}/sign-in", nil, s.signInForm},
		{"POST /staff/{institution}/sign-in", nil, s.signIn},
		{"POST /staff/{institution}/sign-out", nil, s.signOut},
		{"GET /staff/{institution}", readers, s.queue},
		{"GET /staff/{institution}/stream", readers, s.queueStream},
		{"POST /staff/{institution}/here", readers, s.here},
		{"GET /staff/{institution}/cases/{case}", readers, s.one},
		{"GET /staff/{institution}/cases/{case}/stream", readers, s.caseStream},
		{"GET /staff/{institution}/cases/{case}/answers/{answer}", readers, s.answer},
		{"GET /staff/{institution}/cases/{case}/trend/{analyte}/{specimen}", readers, s.trend},
		{"GET /staff/{institution}/attachments/{attachment}", readers, s.attachment},
		{"POST /staff/{institution}/cases/{case}/claim", actors, s.claim},
		{"POST /staff/{institution}/cases/{case}/reply", actors, s.reply},
		{"POST /staff/{institution}/cases/{case}/give-back", actors, s.giveBack},
		{"POST /staff/{institution}/cases/{case}/close", actors, s.closeCase},
		{"POST /staff/{institution}/cases/{case}/bind-code", actors, s.bindCode},
		{"GET /staff/{institution}/cases/{case}/bind-code", readers, s.bindCodeGone},
	}
}

// Routes adds the pages and their assets to mux.
func (s *Site) Routes(mux *http.ServeMux) {
	mux.Handle("GET "+s.assets.Prefix(), s.assets)
	for _, r := range s.routes() {
		mux.Handle(r.pattern, pages.Headers(s.Framed, s.serve(r)))
	}
}

// visit is one request.
type visit struct {
	frame
	now   time.Time
	token string
}

type handler func(http.ResponseWriter, *http.Request, *visit) error

// serve finds the institution and who is signed in, checks the role, and turns
// an error into a sentence for the page and a line for the operator.
func (s *Site) serve(page route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		v, err := s.visit(w, r)
		if err == nil && page.roles != nil {
			var in bool
			if in, err = s.admit(w, r, v, page.roles); !in && err == nil {
				return
			}
		}
		if err == nil {
			err = page.handle(w, r, v)
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
	v.Path, v.Title = "/staff/"+string(id), v.Say("console")
	inst, err := s.Store.Institution(r.Context(), id)
	if err != nil {
		return v, err
	}
	v.Institution, v.Zone = inst, inst.Location()
	return v, nil
}

func (s *Site) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	status, word := http.StatusInternalServerError, "error-internal"
	switch bot.KindOf(err) {
	case bot.KindNotFound:
		status, word = http.StatusNotFound, "error-not-found"
	case bot.KindForbidden:
		status, word = http.StatusForbidden, "error-forbidden"
	case bot.KindInvalid:
		status = http.StatusBadRequest
	case bot.KindConflict:
		status, word = http.StatusConflict, "stale"
	case bot.KindUnavailable:
		status, word = http.StatusServiceUnavailable, "error-unavailable"
	}
	if status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.Log.Error("console", "path", r.Pattern, "institution", v.Institution.ID, "staff", v.Me.ID, "err", err)
	}
	s.draw(w, r, "error-page", status, errorPage{v.frame, v.Say(word), v.Path})
}

// draw draws a page, or its content alone where the page's script asks for it.
func (s *Site) draw(w http.ResponseWriter, r *http.Request, name string, status int, data any) {
	if content, page := strings.CutSuffix(name, "-page"); page && r.Header.Get("X-Fragment") != "" && s.templates.Lookup(content) != nil {
		name = content
	}
	if err := pages.Render(w, s.templates, name, status, data); err != nil {
		s.Log.Error("console", "path", r.Pattern, "err", err)
	}
}
