package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"careline/bot/postgres/postgrestest"
)

// served is the command `serve --demo` running inside the test process.
type served struct {
	t       *testing.T
	args    []string
	addr    string
	out     *output
	stop    context.CancelFunc
	done    chan int
	stopped bool
}

// output is what a command printed, safe to read while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// serve starts the demo on a port of its own, with further flags; bursts are short
// so that tests are.
func serve(t *testing.T, dsn postgrestest.DSN, flags ...string) *served {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	s := &served{t: t, addr: addr, args: slices.Concat([]string{"serve", "--demo", "--addr", addr, "--metrics=", "--quiet-after=200ms", "--burst-limit=1s"}, flags,
		[]string{"--database-url", dsn.Service, "--migrate-url", dsn.Owner, "--home", t.TempDir()})}
	s.start()
	t.Cleanup(s.end)
	return s
}

func (s *served) start() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.out, s.stop, s.done, s.stopped = &output{}, cancel, make(chan int, 1), false
	go func() { s.done <- run(ctx, s.args, stdio{in: strings.NewReader(""), out: s.out, err: s.out}) }()
	for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(s.out.String(), "is ready on"); {
		if time.Now().After(deadline) {
			s.t.Fatalf("not ready:\n%s", s.out)
		}
		select {
		case code := <-s.done:
			s.t.Fatalf("exited with %d:\n%s", code, s.out)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// end stops the server and waits until it is gone.
func (s *served) end() {
	if s.stopped {
		return
	}
	s.stopped = true
	s.stop()
	select {
	case code := <-s.done:
		if code != 0 {
			s.t.Errorf("serve exited with %d:\n%s", code, s.out)
		}
	case <-time.After(15 * time.Second):
		s.t.Errorf("serve did not stop:\n%s", s.out)
	}
}

func (s *served) url(path string) string { return "http://" + s.addr + path }

var printedCode = regexp.MustCompile(`patient +(.+?) +code (\S+) +second factor (\d{6})`)

// code is the printed code of the n-th demo person.
func (s *served) code(n int) (code, factor string) {
	s.t.Helper()
	all := printedCode.FindAllStringSubmatch(s.out.String(), -1)
	if n >= len(all) {
		s.t.Fatalf("only %d codes were printed:\n%s", len(all), s.out)
	}
	return all[n][2], all[n][3]
}

// visitor is a patient with a browser's cookies and no browser.
type visitor struct {
	*served
	client *http.Client
}

func (s *served) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{s, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// post sends a form and returns status and body.
func (v *visitor) post(path string, form url.Values) (int, string) {
	v.t.Helper()
	request, err := http.NewRequest("POST", v.url(path), strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	return v.do(request)
}

func (v *visitor) get(path string) (int, string) {
	v.t.Helper()
	request, err := http.NewRequest("GET", v.url(path), nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(request)
}

func (v *visitor) do(request *http.Request) (int, string) {
	v.t.Helper()
	answer, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil {
		v.t.Fatal(err)
	}
	return answer.StatusCode, body.String()
}

func (v *visitor) say(text string) (int, string) {
	v.t.Helper()
	return v.post("/w/demo/messages", url.Values{"id": {uuid.NewString()}, "text": {text}})
}

// waitFor reads the conversation until it holds the words.
func (v *visitor) waitFor(words string) string {
	v.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, page := v.get("/w/demo")
		if strings.Contains(page, words) {
			return page
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("%q never appeared; the conversation is\n%s", words, page)
		}
	}
}

// agree gives the consent and binds the n-th demo person.
func (v *visitor) agree(n int, relation string) {
	v.t.Helper()
	v.post("/w/demo/consent", url.Values{"choice": {"agree"}, "purpose": {"read_reports", "staff_access", "notices"}})
	code, factor := v.code(n)
	if status, body := v.post("/w/demo/bind", url.Values{"code": {code}, "factor": {factor}, "relation": {relation}}); status != http.StatusOK {
		v.t.Fatalf("binding: %d\n%s", status, body)
	}
}

// admin runs SQL as the superuser.
func admin(t *testing.T, dsn string, sql ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, s := range sql {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
