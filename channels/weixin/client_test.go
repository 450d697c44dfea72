package weixin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"careline/bot"
)

// The markers of these tests: none may stand in an error.
const (
	theSecret = "SECRET-2f6b0c"
	theToken  = "TOKEN-9a41"
	theOpenID = "oOPENID-77d3"
)

// platform is as much of the API as the client needs.
type platform struct {
	*httptest.Server
	mu     sync.Mutex
	tokens int            // how many were given out
	valid  string         // the token that is accepted
	seen   []http.Request // of calls other than for a token
	answer http.HandlerFunc
}

func newPlatform(t *testing.T, answer http.HandlerFunc) *platform {
	t.Helper()
	p := &platform{answer: answer}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Server.Close)
	return p
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch strings.TrimPrefix(r.URL.Path, "/gateway") {
	case "/cgi-bin/stable_token":
		var in struct {
			AppID, Secret string
			Force         *bool `json:"force_refresh"`
		}
		if json.NewDecoder(r.Body).Decode(&in) != nil || in.Secret != theSecret || in.Force == nil || *in.Force {
			fmt.Fprint(w, `{"errcode":40125,"errmsg":"invalid appsecret"}`)
			return
		}
		p.giveToken(w)
	case "/cgi-bin/gettoken":
		if r.URL.Query().Get("corpsecret") != theSecret {
			fmt.Fprint(w, `{"errcode":40001,"errmsg":"invalid credential"}`)
			return
		}
		p.giveToken(w)
	default:
		p.mu.Lock()
		p.seen = append(p.seen, *r.Clone(context.Background()))
		refuse := r.URL.Query().Has("access_token") && r.URL.Query().Get("access_token") != p.valid
		p.mu.Unlock()
		if refuse {
			fmt.Fprintf(w, `{"errcode":40001,"errmsg":"invalid credential %s"}`, r.URL.Query().Get("access_token"))
			return
		}
		p.answer(w, r)
	}
}

func (p *platform) giveToken(w http.ResponseWriter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens++
	p.valid = fmt.Sprintf("%s-%d", theToken, p.tokens)
	fmt.Fprintf(w, `{"errcode":0,"access_token":%q,"expires_in":7200}`, p.valid)
}

// lose makes the platform accept none of the tokens it gave.
func (p *platform) lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.valid = "another"
}

func (p *platform) given() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens
}

func (p *platform) calls() []http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]http.Request{}, p.seen...)
}

func (p *platform) client(t *testing.T, kind Platform) *Client {
	t.Helper()
	c, err := Register(Account{Platform: kind, ID: "wx0123456789abcdef", Secret: bot.T(theSecret), BaseURL: p.URL + "/gateway"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ok(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`) }

func TestACallOfTheSDKReachesTheAccountWithItsRealToken(t *testing.T) {
	t.Parallel()
	for _, kind := range []Platform{OfficialAccount, WeCom} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, ok)
			c := p.client(t, kind)
			placeholder, err := c.GetAccessToken()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(placeholder, theToken) {
				t.Fatal("the SDK was given the real token")
			}
			for range 3 {
				raw, err := util.PostJSONContext(t.Context(), OfficialAPI+"/cgi-bin/message/custom/send?access_token="+placeholder, map[string]string{"touser": theOpenID})
				if err != nil {
					t.Fatal(err)
				}
				if err := util.DecodeWithCommonError(raw, "send"); err != nil {
					t.Fatal(err)
				}
			}
			calls := p.calls()
			if len(calls) != 3 || calls[0].URL.Path != "/gateway/cgi-bin/message/custom/send" || calls[0].URL.Query().Get("access_token") != theToken+"-1" {
				t.Errorf("arrived: %d calls, the first %v", len(calls), calls[0].URL)
			}
			if p.given() != 1 {
				t.Errorf("%d tokens were asked for; one serves all calls", p.given())
			}
		})
	}
}

func TestARequestWithoutAKnownPlaceholderNeverLeaves(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, ok)
	c := p.client(t, OfficialAccount)
	token, secret := c.token, c.secret
	for name, query := range map[string]string{
		"no token":                       "",
		"a real token":                   "access_token=" + theToken,
		"an empty token":                 "access_token=",
		"the secret's place as token":    "access_token=" + secret,
		"the token's place as secret":    "secret=" + token,
		"two tokens":                     "access_token=" + token + "&access_token=" + token,
		"a token and a secret":           "access_token=" + token + "&secret=" + secret,
		"the placeholder somewhere else": "openid=" + token,
		"a query that cannot be read":    "access_token=" + token + "&x=%zz",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/cgi-bin/menu/get?"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := util.DefaultHTTPClient.Do(req)
			if err == nil {
				resp.Body.Close()
			}
			if f, is := errors.AsType[*Failure](err); !is || !errors.Is(err, errNoAccount) || f.Written {
				t.Errorf("error %v, want a refusal", err)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(p.calls()); n > 0 {
			t.Errorf("%d requests left", n)
		}
	})
}

func TestARequestThatCannotBeRepeatedNeverLeaves(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, ok)
	c := p.client(t, OfficialAccount)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, OfficialAPI+"/x?access_token="+c.token, io.LimitReader(strings.NewReader("{}"), 2))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := util.DefaultHTTPClient.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, errNoReplay) || len(p.calls()) > 0 {
		t.Errorf("error %v, %d calls arrived", err, len(p.calls()))
	}
}

func TestARefusedTokenIsReplacedOnceAndTheCallRepeated(t *testing.T) {
	t.Parallel()
	var bodies sync.Map
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		bodies.Store(string(raw), true)
		ok(w, r)
	})
	c := p.client(t, OfficialAccount)
	if err := c.Post(t.Context(), "/cgi-bin/x", map[string]int{"n": 1}, nil); err != nil {
		t.Fatal(err)
	}
	p.lose()
	if err := c.Post(t.Context(), "/cgi-bin/x", map[string]int{"n": 2}, nil); err != nil {
		t.Fatal(err)
	}
	if _, arrived := bodies.Load("{\"n\":2}\n"); p.given() != 2 || len(p.calls()) != 3 || !arrived {
		t.Errorf("%d tokens, %d calls, body repeated: %v; want 2, 3, true", p.given(), len(p.calls()), arrived)
	}
}

func TestATokenRefusedTwiceIsTheCallersToHear(t *testing.T) {
	t.Parallel()
	for _, code := range []int{40001, 40014, 42001} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"errcode":%d,"errmsg":"no"}`, code) })
			c := p.client(t, OfficialAccount)
			err := c.Post(t.Context(), "/cgi-bin/x", nil, nil)
			if e, is := errors.AsType[*Error](err); !is || e.Code != code || len(p.calls()) != 2 {
				t.Errorf("error %v after %d calls, want code %d after 2", err, len(p.calls()), code)
			}
		})
	}
}

func TestAnotherErrorIsNotRepeated(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"errcode":45047,"errmsg":"no"}`) })
	err := p.client(t, OfficialAccount).Post(t.Context(), "/cgi-bin/message/custom/send", nil, nil)
	if e, is := errors.AsType[*Error](err); !is || e.Code != 45047 || e.Call != "message/custom/send" || len(p.calls()) != 1 {
		t.Errorf("error %v after %d calls", err, len(p.calls()))
	}
}

func TestManyCallsAtOnceAskForOneToken(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, ok)
	c := p.client(t, OfficialAccount)
	all := func() {
		var group sync.WaitGroup
		for range 32 {
			group.Go(func() {
				if err := c.Post(context.Background(), "/cgi-bin/x", nil, nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	all()
	if p.given() != 1 {
		t.Errorf("%d tokens for the first calls, want 1", p.given())
	}
	p.lose()
	all()
	if p.given() != 2 {
		t.Errorf("%d tokens after a loss, want 2: who comes late takes the new one", p.given())
	}
}

func TestATokenIsReplacedBeforeItEnds(t *testing.T) {
	t.Parallel()
	now, fetched := time.Unix(0, 0), 0
	tokens := &tokens{now: func() time.Time { return now }, fetch: func(context.Context) (string, time.Duration, error) {
		fetched++
		return fmt.Sprint(fetched), 2 * time.Hour, nil
	}}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "1"}, {114 * time.Minute, "1"}, {2 * time.Minute, "2"}, {time.Hour, "2"}} {
		now = now.Add(step.after)
		if got, err := tokens.current(t.Context()); err != nil || got != step.want {
			t.Errorf("at %s: token %s, %v, want %s", now.Sub(time.Unix(0, 0)), got, err, step.want)
		}
	}
}

func TestWhoGivesUpDoesNotFailThoseWhoWaitForTheSameToken(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	tokens := &tokens{now: time.Now, fetch: func(ctx context.Context) (string, time.Duration, error) {
		close(begun)
		<-release
		return "new", time.Hour, ctx.Err()
	}}
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := tokens.current(ctx)
		gaveUp <- err
	}()
	<-begun
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	close(release)
	if got, err := tokens.current(t.Context()); got != "new" || err != nil {
		t.Errorf("who waited got %q, %v", got, err)
	}
}

func TestAnAccountIsCheckedBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, id, secret, base string
		ok                     bool
	}{
		{"the platform's own address", "wx1", "s", "", true},
		{"a gateway with TLS", "wx1", "s", "https://gateway.example.org/wx", true},
		{"this machine", "wx1", "s", "http://127.0.0.1:9000", true},
		{"no id", "", "s", "", false},
		{"no secret", "wx1", "", "", false},
		{"elsewhere without TLS", "wx1", "s", "http://gateway.example.org", false},
		{"a name that only begins as this machine", "wx1", "s", "http://localhost.example.org", false},
		{"a password in the address", "wx1", "s", "https://a:b@gateway.example.org", false},
		{"no address at all", "wx1", "s", "gateway", false},
	} {
		_, err := Register(Account{Platform: OfficialAccount, ID: test.id, Secret: bot.T(test.secret), BaseURL: test.base})
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil && bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%s: kind %s", test.name, bot.KindOf(err))
		}
	}
}

func TestASecretInAQueryIsPutInAsTheRequestLeaves(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, `{"openid":%q}`, theOpenID) })
	c := p.client(t, OfficialAccount)
	var answer struct{ OpenID string }
	if err := c.Get(t.Context(), "/sns/oauth2/access_token", url.Values{"secret": {c.SecretPlaceholder()}, "code": {"a b&c"}}, &answer); err != nil {
		t.Fatal(err)
	}
	if q := p.calls()[0].URL.Query(); answer.OpenID != theOpenID || q.Get("secret") != theSecret || q.Get("code") != "a b&c" || q.Has("access_token") || p.given() != 0 {
		t.Errorf("openid %q, query %v, %d tokens", answer.OpenID, q, p.given())
	}
}
