package weixin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"careline/bot"
)

// faults are the ways a call can go wrong, and whether it may have arrived.
var faults = []struct {
	name    string
	answer  http.HandlerFunc
	written bool
	status  int
	cause   error
}{
	{"a hung call", hang, true, 0, context.DeadlineExceeded},
	{"a hung body", func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush(); hang(w, r) }, true, 200, context.DeadlineExceeded},
	{"a connection cut after the request", cut(""), true, 0, errBroken},
	{"an answer that is no HTTP and quotes the request", cut("%s\r\n\r\n"), true, 0, errBroken},
	{"a header that quotes the request", cut("HTTP/1.1 200 OK\r\nX: %s\r\nContent-Length: x%[1]s\r\n\r\n"), true, 0, errBroken},
	{"an answer that ends early", cut("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n%s"), true, 200, errBroken},
	{"a failing gateway", func(w http.ResponseWriter, r *http.Request) { http.Error(w, quote(r), http.StatusBadGateway) }, true, 502, errStatus},
	{"a refusing gateway", func(w http.ResponseWriter, r *http.Request) { http.Error(w, quote(r), http.StatusForbidden) }, true, 403, errStatus},
	{"a redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere?"+quote(r), http.StatusTemporaryRedirect)
	}, true, 307, errRedirect},
	{"an answer that is no JSON and quotes the request", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, quote(r)) }, true, 0, errNotJSON},
	{"an answer too long to read", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"errcode":0,"x":"%s"}`, strings.Repeat(quote(r), 50_000))
	}, true, 200, errTooLong},
	{"an empty answer", func(http.ResponseWriter, *http.Request) {}, true, 0, errNotJSON},
}

// hang answers nothing until the caller has gone, which a server sees once the
// request is read.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// quote is what a hostile or careless other side could send back.
func quote(r *http.Request) string {
	return url.QueryEscape(r.URL.Query().Get("access_token") + theSecret + theOpenID)
}

// cut answers raw bytes, quoting the request, and ends the connection.
func cut(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		if answer != "" {
			fmt.Fprintf(conn, answer, quote(r))
		}
		conn.Close()
	}
}

// TestNoErrorHoldsATokenASecretOrAnOpenID sends the markers through every way a
// call can fail and looks for them in everything an error can print.
func TestNoErrorHoldsATokenASecretOrAnOpenID(t *testing.T) {
	t.Parallel()
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, fault.answer)
			c := p.client(t, OfficialAccount)
			c.timeout = 30 * time.Second
			if fault.cause == context.DeadlineExceeded {
				c.timeout = 250 * time.Millisecond
			}
			err := c.Post(t.Context(), "/cgi-bin/message/custom/send", map[string]string{"touser": theOpenID}, nil)
			f, is := errors.AsType[*Failure](err)
			if !is || f.Written != fault.written || f.Status != fault.status || !errors.Is(err, fault.cause) {
				t.Fatalf("error %#v, want written %v, status %d, cause %v", err, fault.written, fault.status, fault.cause)
			}
			noMarker(t, err)
			err = c.Get(t.Context(), "/cgi-bin/user/info", url.Values{"openid": {theOpenID}}, nil)
			noMarker(t, err)
			noMarker(t, readMedia(t, c))
			// As the SDK itself would call.
			_, err = util.HTTPGetContext(t.Context(), OfficialAPI+"/sns/oauth2/access_token?secret="+c.secret)
			if fault.cause != errNotJSON {
				noMarker(t, err)
			}
		})
	}
}

func readMedia(t *testing.T, c *Client) error {
	t.Helper()
	body, err := c.Media(t.Context(), "/cgi-bin/media/get", url.Values{"media_id": {theOpenID}}, 4)
	if err != nil {
		return err
	}
	defer body.Close()
	if _, err = io.ReadAll(body); err != nil {
		return err
	}
	return errNotJSON // read whole: nothing that could hold a marker
}

func noMarker(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("the call did not fail")
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, text := range []string{e.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e)} {
			for _, marker := range []string{theSecret, theToken, theOpenID} {
				if strings.Contains(text, marker) {
					t.Errorf("%q stands in an error: %s", marker, text)
				}
			}
		}
	}
}

func TestAnErrorOfTheAPIQuotesNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"errcode":40003,"errmsg":"invalid openid %s"}`, quote(r))
	})
	noMarker(t, p.client(t, OfficialAccount).Post(t.Context(), "/cgi-bin/x", nil, nil))
}

func TestTheAddressThePlatformSawIsKept(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 65f307bc-1a5c7d64-18ff931f": "203.0.113.9",
		"invalid ip 2001:db8::7, not in whitelist":                                                         "2001:db8::7",
		"not in whitelist": "invalid IP",
	} {
		p := newPlatform(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"errcode":40164,"errmsg":%q}`, text) })
		err := p.client(t, OfficialAccount).Post(t.Context(), "/cgi-bin/x", nil, nil)
		if e, is := errors.AsType[*Error](err); !is || e.From.String() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestACallThatNeverLeftSaysSo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	l.Close()
	refused, err := Register(Account{Platform: OfficialAccount, ID: "wx1", Secret: bot.T(theSecret), BaseURL: nobody})
	if err != nil {
		t.Fatal(err)
	}
	late := newPlatform(t, ok).client(t, OfficialAccount)
	late.tokens.fetch = func(context.Context) (string, time.Duration, error) {
		return "", 0, &Failure{Call: "stable_token", Written: true, Err: context.DeadlineExceeded}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"nobody listens":     func() error { return refused.Post(t.Context(), "/x", nil, nil) },
		"no token comes":     func() error { return late.Post(t.Context(), "/x", nil, nil) },
		"the caller gave up": func() error { return newPlatform(t, ok).client(t, OfficialAccount).Post(over, "/x", nil, nil) },
	} {
		err := call()
		if f, is := errors.AsType[*Failure](err); !is || f.Written {
			t.Errorf("%s: %v", name, err)
		}
		noMarker(t, err)
	}
}

func TestAFailedTokenIsAskedForAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, ok)
	c := p.client(t, OfficialAccount)
	good := c.tokens.fetch
	c.tokens.fetch = func(context.Context) (string, time.Duration, error) {
		return "", 0, &Error{Code: -1, Call: "stable_token"}
	}
	if e, is := errors.AsType[*Error](c.Post(t.Context(), "/x", nil, nil)); !is || e.Code != -1 {
		t.Errorf("error %v", e)
	}
	c.tokens.fetch = good
	if err := c.Post(t.Context(), "/x", nil, nil); err != nil {
		t.Error(err)
	}
}

func TestMediaIsReadAsFarAsTheCallerWants(t *testing.T) {
	t.Parallel()
	picture := "\xff\xd8\xff" + strings.Repeat("x", 3<<20)
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, picture) })
	c := p.client(t, OfficialAccount)
	for _, test := range []struct {
		limit int64
		whole bool
	}{{10 << 20, true}, {int64(len(picture)), true}, {int64(len(picture)) - 1, false}, {1, false}} {
		body, err := c.Media(t.Context(), "/cgi-bin/media/get", url.Values{"media_id": {"m"}}, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(body)
		body.Close()
		_, large := errors.AsType[*http.MaxBytesError](err)
		if (err == nil) != test.whole || large == test.whole || int64(len(raw)) > test.limit || test.whole && string(raw) != picture {
			t.Errorf("limit %d: %d bytes, %v", test.limit, len(raw), err)
		}
	}
}

func TestMediaMayTakeLongerThanACallAndAnErrorOfTheAPIIsNoPicture(t *testing.T) {
	t.Parallel()
	slow := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "\x89PNG")
		w.(http.Flusher).Flush()
		time.Sleep(1200 * time.Millisecond)
		_, _ = io.WriteString(w, "rest")
	}).client(t, OfficialAccount)
	slow.timeout = time.Second
	body, err := slow.Media(t.Context(), "/m", nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := io.ReadAll(body); string(raw) != "\x89PNGrest" || err != nil {
		t.Errorf("%q, %v", raw, err)
	}
	body.Close()
	gone := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, `{"errcode":40007,"errmsg":"invalid media_id"}`)
	}).client(t, OfficialAccount)
	_, err = gone.Media(t.Context(), "/m", nil, 100)
	if e, is := errors.AsType[*Error](err); !is || e.Code != 40007 {
		t.Errorf("error %v", err)
	}
	video := newPlatform(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"video_url":"http://x"}`) }).client(t, OfficialAccount)
	if _, err := video.Media(t.Context(), "/m", nil, 100); err == nil {
		t.Error("an address was taken for a picture")
	}
}

func TestAnAttemptEnds(t *testing.T) {
	t.Parallel()
	c := newPlatform(t, hang).client(t, OfficialAccount)
	if c.timeout != 2*time.Second {
		t.Errorf("an attempt may take %s", c.timeout)
	}
	c.timeout = 100 * time.Millisecond
	began := time.Now()
	err := c.Post(t.Context(), "/x", nil, nil)
	if took := time.Since(began); err == nil || took > 5*time.Second {
		t.Errorf("%v after %s", err, took)
	}
}
