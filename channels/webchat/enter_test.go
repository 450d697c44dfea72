package webchat_test

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels/webchat"
	"careline/retrieval/embed"
	"careline/retrieval/labs"
)

// secret stands in every text of Anna's answer.
const secret = "钾4.6标记甲"

// world is the patients' pages with an official account whose follower Anna was
// answered once; Boris follows too.
type world struct {
	*httptest.Server
	store   *store.Store
	db      *postgres.DB
	clock   *clock
	wake    chan struct{} // something may be new
	anna    bot.Conversation
	patient bot.PatientID
	answer  bot.MessageID
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// platform answers a code "of-anna" with the openid "anna".
type platform struct{}

func (platform) AuthorizeURL(state, redirect string) string {
	return "https://platform.example/authorize?" + url.Values{"state": {state}, "redirect_uri": {redirect}}.Encode()
}

func (platform) OpenID(_ context.Context, code string) (bot.Text, error) {
	openid, ok := strings.CutPrefix(code, "of-")
	if !ok {
		return bot.Text{}, bot.Errorf(bot.KindForbidden, "", "wechat: code refused")
	}
	return bot.T(openid), nil
}

var catalogue = sync.OnceValues(labs.LoadCatalogue)

func newWorld(t *testing.T) *world {
	t.Helper()
	s, db := storetest.New(t)
	catalogue, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: s, db: db, clock: &clock{now: storetest.Now}, wake: make(chan struct{})}
	site, err := webchat.New(webchat.Config{
		Store: s, Finder: labs.NewFinder(db, catalogue, embed.BuiltIn(catalogue.Synonyms())), WeChat: platform{}, Now: w.clock.Now,
		Receive: func(ctx context.Context, in bot.Inbound, now time.Time) (store.Received, error) {
			return s.Receive(ctx, in, bot.Trigger{}, nil, now)
		},
		Watch: func(bot.InstitutionID, bot.ConversationID) (<-chan struct{}, func()) { return w.wake, func() {} },
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	site.Routes(mux)
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	w.bindAnna(t)
	w.answerAnna(t)
	if _, err := s.Account(t.Context(), storetest.Hospital, "wechat", bot.T("boris"), bot.Chinese, storetest.Now); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) bindAnna(t *testing.T) {
	t.Helper()
	s, ctx, at := w.store, t.Context(), storetest.Now
	who := bot.Patient{Identifiers: []bot.Identifier{{System: "H", Type: "MR", Value: "T-1"}}, Name: bot.T("安娜")}
	file := bot.ImportFile{ImportHead: bot.ImportHead{Format: "csv", Digest: "d"}, Patients: []bot.ImportPatient{{Patient: who}}}
	if _, err := s.SaveImport(ctx, storetest.Hospital, bot.Actor{Kind: "operator"}, file, at); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.patient, err = s.FindPatient(ctx, storetest.Hospital, "T-1"); err != nil {
		t.Fatal(err)
	}
	if w.anna, err = s.Account(ctx, storetest.Hospital, "wechat", bot.T("anna"), bot.Chinese, at); err != nil {
		t.Fatal(err)
	}
	code, factor, _, err := s.MakeBindCode(ctx, storetest.Hospital, bot.Actor{Kind: "operator"}, w.patient, store.CodeOptions{Valid: time.Minute}, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bind(ctx, storetest.Hospital, w.anna.Account, code, factor, bot.RelationSelf, at); err != nil {
		t.Fatal(err)
	}
	if err := s.Consent(ctx, storetest.Hospital, w.anna.Account, bot.PurposeReadReports, "1", at); err != nil {
		t.Fatal(err)
	}
}

// answerAnna answers one message of hers.
func (w *world) answerAnna(t *testing.T) {
	t.Helper()
	s, ctx, at := w.store, t.Context(), w.clock.Now()
	in := bot.Inbound{Institution: storetest.Hospital, Channel: "wechat", ExternalID: bot.T("anna"), ProviderID: rand.Text(), Kind: bot.MessageText, Text: bot.T("钾高吗"), Opens: bot.OpenedByWriting}
	if _, err := s.Receive(ctx, in, bot.Trigger{}, nil, at); err != nil {
		t.Fatal(err)
	}
	at = at.Add(time.Minute)
	turn, err := s.ClaimTurn(ctx, "worker", at, time.Minute)
	if err != nil || turn == nil {
		t.Fatal(turn, err)
	}
	short, full := bot.T(secret), bot.T(secret+"，全文")
	d := bot.Decision{
		Kind: bot.AnswerExplain, Author: bot.AuthorAssistant, Parts: []bot.Text{short}, Full: full, Released: []bot.Hash{bot.HashOf(short), bot.HashOf(full)}, Patient: w.patient,
		Evidence: bot.Evidence{Facts: []bot.Fact{{ID: "F1", Kind: bot.FactResult, Name: secret, Analyte: "K", Specimen: bot.SpecimenBlood, Value: bot.Value{Printed: "4.6", Unit: "mmol/L"}}}},
		Language: bot.Chinese, Verdict: bot.VerdictComposed, Composed: true, DecidedAt: at,
	}
	if _, err := s.Finish(ctx, turn, d, at); err != nil {
		t.Fatal(err)
	}
	out, err := s.ClaimSend(ctx, []store.Sender{{Channel: "wechat"}}, "sender", at, time.Minute)
	if err != nil || out == nil {
		t.Fatal(out, err)
	}
	if err := s.Sent(ctx, out, at); err != nil {
		t.Fatal(err)
	}
	w.answer = out.ID
}

// browser keeps cookies and stops at every redirect.
type browser struct {
	*testing.T
	world *world
	http.Client
	cookies map[string]*http.Cookie
}

func (w *world) browser(t *testing.T) *browser {
	b := &browser{T: t, world: w, cookies: map[string]*http.Cookie{}, Client: http.Client{Timeout: 20 * time.Second}}
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

func (b *browser) send(method, address string, form url.Values) *http.Response {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.world.URL+address, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range b.cookies {
		if strings.HasPrefix(request.URL.Path, c.Path) {
			request.AddCookie(c)
		}
	}
	answer, err := b.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { answer.Body.Close() })
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
	return answer
}

// page is a page's status and text.
func (b *browser) page(address string) (int, string) {
	b.Helper()
	answer := b.send("GET", address, nil)
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// begin opens an enter link and returns the state the platform is given.
func (b *browser) begin(to string) (state string) {
	b.Helper()
	return b.tap("/wechat/hospital/enter?to=" + url.QueryEscape(to))
}

func (b *browser) tap(link string) (state string) {
	b.Helper()
	answer := b.send("GET", link, nil)
	u, err := answer.Location()
	if err != nil || u.Host != "platform.example" {
		b.Fatalf("enter led to %v, %v", u, err)
	}
	return u.Query().Get("state")
}

func (b *browser) callback(code, state string) *http.Response {
	b.Helper()
	return b.send("GET", "/wechat/hospital/entered?"+url.Values{"code": {code}, "state": {state}}.Encode(), nil)
}

// enter is a tap on a link of the chat by whoever uses WeChat on this phone.
func (b *browser) enter(openid, to string) *http.Response {
	b.Helper()
	return b.callback("of-"+openid, b.begin(to))
}

// unfollow lasts until the test's end.
func (b *browser) unfollow(openid string) {
	b.Helper()
	c, err := b.world.store.FindAccount(b.Context(), storetest.Hospital, "wechat", bot.T(openid))
	if err != nil {
		b.Fatal(err)
	}
	b.world.sql(b.T, `update accounts set unfollowed_at = now() where id = $1`, int64(c.Account))
	b.Cleanup(func() { b.world.sql(b.T, `update accounts set unfollowed_at = null where id = $1`, int64(c.Account)) })
}

func (w *world) pages() []string {
	answer := "/w/hospital/answers/" + strconv.FormatInt(int64(w.answer), 10)
	return []string{answer, answer + "/full", answer + "/trend/F1"}
}

func TestAnAccountOfWeChatReadsItsPagesAfterShowingItsOpenID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	link := webchat.FullLink(w.URL+"/", bot.Outbound{Institution: storetest.Hospital, ID: w.answer})
	answer := b.callback("of-anna", b.tap(strings.TrimPrefix(link, w.URL)))
	if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || got != w.pages()[1] {
		t.Fatalf("entering led to %q with %d", got, answer.StatusCode)
	}
	session := b.cookies["careline_account"]
	if session == nil || !session.HttpOnly || session.SameSite != http.SameSiteLaxMode || session.Path != "/w/hospital" || session.MaxAge != 12*3600 {
		t.Errorf("cookie %+v", session)
	}
	if kept := w.kept(t); kept == "" || strings.Contains(kept, session.Value) {
		t.Errorf("of the session is kept %q", kept)
	}
	for _, page := range w.pages()[:2] {
		if status, text := b.page(page); status != http.StatusOK || !strings.Contains(text, secret) {
			t.Errorf("%s: %d", page, status)
		}
	}
	status, chat := b.page("/w/hospital")
	if status != http.StatusOK || !strings.Contains(chat, secret) || strings.Contains(chat, "<textarea") || !strings.Contains(chat, "回到微信") {
		t.Errorf("the chat is not the account's own, to be read only: %d\n%s", status, chat)
	}
	if status, me := b.page("/w/hospital/me"); status != http.StatusOK || !strings.Contains(me, "/w/hospital/unbind") {
		t.Errorf("my data: %d\n%s", status, me)
	}
}

// TestNothingIsShownToAnybodyElse: neither the answer's pages nor its chat.
func TestNothingIsShownToAnybodyElse(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*browser){
		"the link alone":              func(*browser) {},
		"a session of another openid": func(b *browser) { b.enter("boris", "/w/hospital") },
		"a visitor of the web page":   func(b *browser) { b.send("POST", "/w/hospital/consent", url.Values{"choice": {"agree"}}) },
		"a session that has expired": func(b *browser) {
			b.enter("anna", "/w/hospital")
			b.world.sql(b.T, `update account_sessions set created_at = created_at - interval '12 hours', expires_at = expires_at - interval '12 hours'`)
		},
		"a session of who unfollowed": func(b *browser) {
			b.enter("anna", "/w/hospital")
			b.unfollow("anna")
		},
		"a forged session": func(b *browser) {
			b.enter("anna", "/w/hospital")
			b.cookies["careline_account"].Value = strings.Repeat("A", 43)
		},
	}
	w := newWorld(t)
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			b := w.browser(t)
			prepare(b)
			for _, page := range w.pages() {
				if status, text := b.page(page); status != http.StatusNotFound || strings.Contains(text, secret) {
					t.Errorf("%s: %d\n%s", page, status, text)
				}
			}
			if _, chat := b.page("/w/hospital"); strings.Contains(chat, secret) {
				t.Error("the chat shows somebody else's answer")
			}
		})
	}
}

// TestAnOpenPageIsToldNothingAfterItsSession: it was opened while the session held.
func TestAnOpenPageIsToldNothingAfterItsSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	b.enter("anna", "/w/hospital")
	stream := b.send("GET", "/w/hospital/stream", nil)
	shown := make([]byte, 1<<16)
	if n, err := stream.Body.Read(shown); err != nil || !strings.Contains(string(shown[:n]), "event:") {
		t.Fatalf("stream: %q, %v", shown[:n], err)
	}
	w.clock.forward(12 * time.Hour)
	w.answerAnna(t)
	w.wake <- struct{}{}
	rest, err := io.ReadAll(stream.Body)
	if err != nil || strings.Contains(string(rest), "data-number=\"4\"") {
		t.Errorf("the stream went on: %v\n%s", err, rest)
	}
}

// TestAnAnswersPagesCloseWithTheBinding: of the account itself.
func TestAnAnswersPagesCloseWithTheBinding(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*browser) *http.Response{
		"unbound": func(b *browser) *http.Response {
			return b.send("POST", "/w/hospital/unbind", url.Values{"patient": {strconv.FormatInt(int64(b.world.patient), 10)}})
		},
		"consent withdrawn": func(b *browser) *http.Response {
			return b.send("POST", "/w/hospital/consents/read_reports", url.Values{"choice": {"withdraw"}})
		},
	}
	for name, end := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser(t)
			b.enter("anna", "/w/hospital")
			if answer := end(b); answer.StatusCode != http.StatusSeeOther {
				t.Fatalf("%s: %d", name, answer.StatusCode)
			}
			for _, page := range w.pages() {
				if status, text := b.page(page); status != http.StatusNotFound || strings.Contains(text, secret) {
					t.Errorf("%s: %d", page, status)
				}
			}
		})
	}
}

func TestAnEntryOpensNothingUnlessThisBrowserBeganIt(t *testing.T) {
	t.Parallel()
	cases := map[string]func(b *browser) *http.Response{
		"without a state":            func(b *browser) *http.Response { b.begin(""); return b.callback("of-anna", "") },
		"with a state of its own":    func(b *browser) *http.Response { b.begin(""); return b.callback("of-anna", "x") },
		"begun in another browser":   func(b *browser) *http.Response { return b.callback("of-anna", b.world.browser(b.T).begin("")) },
		"begun by nobody":            func(b *browser) *http.Response { return b.callback("of-anna", "") },
		"without a code":             func(b *browser) *http.Response { return b.callback("", b.begin("")) },
		"a code the platform denies": func(b *browser) *http.Response { return b.callback("stolen", b.begin("")) },
		"by who never followed":      func(b *browser) *http.Response { return b.enter("carl", "") },
		"a second time": func(b *browser) *http.Response {
			state := b.begin("")
			b.callback("of-nobody", state)
			return b.callback("of-anna", state)
		},
		"by who unfollowed": func(b *browser) *http.Response {
			b.unfollow("anna")
			return b.enter("anna", "")
		},
	}
	w := newWorld(t)
	for name, enter := range cases {
		t.Run(name, func(t *testing.T) {
			b := w.browser(t)
			if answer := enter(b); answer.StatusCode != http.StatusForbidden || answer.Header.Get("Location") != "" {
				t.Errorf("%d to %q", answer.StatusCode, answer.Header.Get("Location"))
			}
			if b.cookies["careline_account"] != nil {
				t.Error("a session was opened")
			}
		})
	}
}

// TestAnEntryLeadsToAPageOfTheInstitutionOnly: a link cannot send a patient who
// trusts us to another site.
func TestAnEntryLeadsToAPageOfTheInstitutionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := []struct{ to, want string }{
		{"/w/hospital/answers/7/full", "/w/hospital/answers/7/full"},
		{"/w/hospital/me", "/w/hospital/me"},
		{"answers/7/full", "/w/hospital/answers/7/full"},
		{"../staff/hospital", "/w/hospital"},
		{"evil.example", "/w/hospital/evil.example"},
		{"/w/hospital", "/w/hospital"},
		{"", "/w/hospital"},
		{"/w/hospital/me?next=//evil.example#x", "/w/hospital/me"},
		{"https://evil.example/w/hospital/me", "/w/hospital"},
		{"//evil.example/w/hospital/me", "/w/hospital"},
		{`/\evil.example/w/hospital`, "/w/hospital"},
		{`/w/hospital/\evil.example`, "/w/hospital"},
		{"/w/hospital//evil.example", "/w/hospital"},
		{"/w/hospital/../../evil", "/w/hospital"},
		{"/w/hospital/%2e%2e/%2e%2e/evil", "/w/hospital"},
		{"/w/hospitality/me", "/w/hospital"},
		{"/w/other/me", "/w/hospital"},
		{"/staff/hospital", "/w/hospital"},
		{"javascript:alert(1)", "/w/hospital"},
		{"/w/hospital/me\r\nSet-Cookie: a=b", "/w/hospital"},
		{"/w/hospital/%0d%0aLocation:x", "/w/hospital"},
	}
	for _, c := range cases {
		if got := w.browser(t).enter("anna", c.to).Header.Get("Location"); got != c.want {
			t.Errorf("%q led to %q, want %q", c.to, got, c.want)
		}
	}
}

// TestAWordFromThePageIsSentBackToWeChat: the conversation is held there.
func TestAWordFromThePageIsSentBackToWeChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	b.enter("anna", "/w/hospital")
	answer := b.send("POST", "/w/hospital/messages", url.Values{"id": {"7c1f86d6-3a8b-4b0f-9d54-0a2f2c7c3b11"}, "text": {"胸口很闷"}})
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusConflict || !strings.Contains(string(text), "微信") || !strings.Contains(string(text), "120") {
		t.Errorf("%d, %v\n%s", answer.StatusCode, err, text)
	}
	if b.cookies["careline_visitor"] != nil {
		t.Error("a visitor of the web page was made")
	}
}

// kept is all that the database holds of sessions.
func (w *world) kept(t *testing.T) (all string) {
	t.Helper()
	err := w.db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select coalesce(string_agg(to_jsonb(x)::text, ''), '') from account_sessions x`).Scan(&all)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sql changes what no page can.
func (w *world) sql(t *testing.T, sql string, args ...any) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	err := w.db.In(ctx, storetest.Hospital, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
