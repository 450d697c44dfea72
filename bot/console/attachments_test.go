package console_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/console"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels"
	"careline/retrieval/embed"
	"careline/retrieval/labs"
)

const picture = "\xff\xd8\xff\xe0\x00\x10JFIF a report"

// desk is the console of two institutions; the hospital has a case about a picture.
type desk struct {
	store  *store.Store
	db     *postgres.DB
	pages  http.Handler
	kase   bot.CaseID
	number bot.AttachmentID
	jobs   map[string]store.FetchMedia
}

const elsewhere bot.InstitutionID = "elsewhere"

func newDesk(t *testing.T) *desk {
	t.Helper()
	s, db := storetest.New(t)
	if err := s.AddInstitution(t.Context(), bot.Institution{ID: elsewhere, Name: "Elsewhere", TimeZone: "UTC"}, nil, storetest.Now); err != nil {
		t.Fatal(err)
	}
	catalogue, err := labs.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	site, err := console.New(console.Config{
		Store: s, Finder: labs.NewFinder(db, catalogue, embed.BuiltIn(catalogue.Synonyms())), Limits: map[string]channels.Limits{}, Now: func() time.Time { return storetest.Now },
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	site.Routes(mux)
	d := &desk{store: s, db: db, pages: mux, jobs: map[string]store.FetchMedia{}}
	d.receive(t)
	return d
}

// receive takes in a picture that is kept, one that is refused, and a video.
func (d *desk) receive(t *testing.T) {
	t.Helper()
	why := bot.Trigger{Level: bot.LevelEmergency, Rule: "image"}
	for _, kind := range []string{bot.MessageImage, bot.MessageVoice, bot.MessageVideo} {
		in := bot.Inbound{Institution: storetest.Hospital, Channel: "webchat", ExternalID: bot.T("anna"), ProviderID: kind, Kind: kind, Media: "media-" + kind}
		r, err := d.store.Receive(t.Context(), in, why, []bot.Text{bot.T("120")}, storetest.Now)
		if err != nil {
			t.Fatal(err)
		}
		d.jobs[kind], d.kase = store.FetchMedia{Institution: storetest.Hospital, Inbox: r.Inbox}, r.Conversation.Case
	}
	if err := d.store.SettleAttachment(t.Context(), d.jobs[bot.MessageImage], store.AttachmentKept, "image/jpeg", []byte(picture)); err != nil {
		t.Fatal(err)
	}
	if err := d.store.SettleAttachment(t.Context(), d.jobs[bot.MessageVoice], store.AttachmentRefused, "", nil); err != nil {
		t.Fatal(err)
	}
	p, err := d.store.PendingAttachment(t.Context(), d.jobs[bot.MessageImage])
	if err != nil {
		t.Fatal(err)
	}
	d.number = p.ID
}

// as signs somebody in; "" is nobody.
func (d *desk) as(t *testing.T, id bot.InstitutionID, role bot.Role) *http.Cookie {
	t.Helper()
	if role == "" {
		return nil
	}
	staff := bot.Staff{Institution: id, Login: string(role), Name: bot.T("Someone"), Role: role}
	if _, err := d.store.AddStaff(t.Context(), bot.Actor{Kind: "operator"}, staff, "a long password indeed", storetest.Now); err != nil {
		t.Fatal(err)
	}
	token, _, err := d.store.SignIn(t.Context(), id, string(role), "a long password indeed", storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Cookie{Name: "careline_staff", Value: token}
}

func (d *desk) get(t *testing.T, path string, who *http.Cookie) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if who != nil {
		r.AddCookie(who)
	}
	w := httptest.NewRecorder()
	d.pages.ServeHTTP(w, r)
	return w
}

func (d *desk) views(t *testing.T) (n int) {
	t.Helper()
	err := d.db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from audit where action = 'attachment.view' and actor_kind = 'staff' and subject_id = $1`, int64(d.number)).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnAttachmentOpensForStaffOfItsInstitutionAndEachViewIsRecorded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number := strconv.FormatInt(int64(d.number), 10)
	cases := []struct {
		about       string
		institution bot.InstitutionID // of the page, and of who asks
		role        bot.Role
		number      string
		want        int
	}{
		{"a clinician", storetest.Hospital, bot.RoleClinician, number, http.StatusOK},
		{"an auditor", storetest.Hospital, bot.RoleAuditor, number, http.StatusOK},
		{"nobody signed in", storetest.Hospital, "", number, http.StatusSeeOther},
		{"staff of another institution", elsewhere, bot.RoleClinician, number, http.StatusNotFound},
		{"no such number", storetest.Hospital, bot.RoleManager, "999", http.StatusNotFound},
		{"no number", storetest.Hospital, bot.RoleAdmin, "x", http.StatusNotFound},
	}
	opened := 0
	for _, c := range cases {
		w := d.get(t, "/staff/"+string(c.institution)+"/attachments/"+c.number, d.as(t, c.institution, c.role))
		if w.Code != c.want || (w.Body.String() == picture) != (c.want == http.StatusOK) {
			t.Errorf("%s: %d", c.about, w.Code)
		}
		if c.want == http.StatusOK {
			opened++
		}
	}
	if n := d.views(t); n != opened {
		t.Errorf("%d views recorded of %d", n, opened)
	}
	stranger := d.get(t, "/staff/"+string(storetest.Hospital)+"/attachments/"+number, d.as(t, elsewhere, bot.RoleAdmin))
	if stranger.Code != http.StatusSeeOther {
		t.Errorf("another institution's session: %d", stranger.Code)
	}
}

func TestAnAttachmentIsServedAsWhatItsBytesAreAndKeptNowhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	h := d.get(t, "/staff/hospital/attachments/"+strconv.FormatInt(int64(d.number), 10), d.as(t, storetest.Hospital, bot.RoleClinician)).Header()
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if !strings.HasPrefix(h.Get("Content-Disposition"), "inline") {
		t.Errorf("Content-Disposition is %q", h.Get("Content-Disposition"))
	}
}

func TestACaseShowsWhatCameBesidesText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	page := d.get(t, "/staff/hospital/cases/"+strconv.FormatInt(int64(d.kase), 10)+"?lang=zh", d.as(t, storetest.Hospital, bot.RoleClinician))
	link := "/staff/hospital/attachments/" + strconv.FormatInt(int64(d.number), 10)
	for _, want := range []string{`<a href="` + link + `"`, `<img src="` + link + `"`, "语音：太大", "视频（不下载）", "患者发来了图片"} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("%q is not on the page (%d)", want, page.Code)
		}
	}
}
