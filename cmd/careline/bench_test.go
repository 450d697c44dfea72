package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/store"
	"careline/channels"
	"careline/channels/webchat"
)

// benched is started with the demo loaded.
func benched(b *testing.B) (*global, *app) {
	b.Helper()
	g, a := startedFor(b, true)
	if _, err := a.loadDemo(b.Context(), time.Now().UTC()); err != nil {
		b.Fatal(err)
	}
	return g, a
}

// started is a system with one institution and nobody in it.
func started(b *testing.B) (*global, *app) { return startedFor(b, false) }

// startedFor runs on a private cluster of its own, with PostgreSQL's own
// durability: fsync on.
func startedFor(b *testing.B, demo bool) (*global, *app) {
	b.Helper()
	g := &global{Home: b.TempDir(), LogLevel: "error"}
	log := slog.New(slog.DiscardHandler)
	b.Cleanup(func() {
		if err := g.cluster().Down(context.Background()); err != nil {
			b.Error(err)
		}
	})
	a, err := g.openMigrated(b.Context(), log, demo)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(a.close)
	return g, a
}

// BenchmarkAsk is one question in process, without a model: inbox, results,
// passages, composer, review, commit.
func BenchmarkAsk(b *testing.B) {
	g, a := benched(b)
	people, err := a.store.Institutions(b.Context())
	if err != nil || len(people) != 1 {
		b.Fatal(err)
	}
	t, err := a.operatorThread(b.Context(), g, "DEMO-1")
	if err != nil {
		b.Fatal(err)
	}
	questions := []string{"转氨酶这么高要紧吗？", "上次的血脂和这次比怎么样？", "is my sugar too high?", "带箭头的是什么意思"}
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		started := time.Now()
		if _, err := a.ask(b.Context(), t, questions[n%len(questions)]); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// empty decides nothing: what is left is the path itself.
type empty struct{}

func (empty) Decide(_ context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	return bot.Decision{Kind: bot.AnswerNotice, Author: bot.AuthorSystem, Parts: []bot.Text{bot.T("好的")}, Language: bot.Chinese, Verdict: bot.VerdictSafety, DecidedAt: now}, nil
}

// BenchmarkPath posts messages of many visitors to the webhook and waits until
// every one is answered and sent.
func BenchmarkPath(b *testing.B) {
	for _, kind := range []string{"composed", "empty"} {
		b.Run(kind, func(b *testing.B) { benchmarkPath(b, kind == "composed") })
	}
}

func benchmarkPath(b *testing.B, composed bool) {
	_, a := benched(b)
	a.store.Timing = store.Timing{QuietAfter: 0, BurstLimit: 0}
	people, err := a.demoCodes(b.Context(), time.Now().UTC())
	if err != nil {
		b.Fatal(err)
	}
	config := jobs.Config{DB: a.db, Store: a.store, Decider: a.engine, Adapters: []channels.Adapter{webchat.Adapter{}}, Workers: 4}
	if !composed {
		config.Decider = empty{}
	}
	runner := jobs.New(config)
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = runner.Run(ctx) })
	handler, err := serveCmd{}.handler(a, runner, a.intake(slog.New(slog.DiscardHandler)), people, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer func() { server.Close(); stop(); running.Wait() }()
	cookies := enterAll(b, server.URL, people[0], 40)

	started := time.Now()
	b.ResetTimer()
	var next atomic.Int64
	b.SetParallelism(8) // 16 connections on 2 cores
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if status := sayAs(b, server.URL, cookies[int(next.Add(1))%len(cookies)], "转氨酶这么高要紧吗？"); status != http.StatusAccepted {
				b.Errorf("webhook answered %d", status)
			}
		}
	})
	for {
		depth, err := a.store.QueueDepth(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if depth == (store.Depth{}) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.ReportMetric(float64(b.N)/time.Since(started).Seconds(), "messages/s")
}

// enterAll makes visitors who agreed and are bound.
func enterAll(b *testing.B, base string, person webchat.DemoPerson, n int) [][]*http.Cookie {
	b.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var all [][]*http.Cookie
	for range n {
		answer, err := client.PostForm(base+"/w/demo/consent", url.Values{"choice": {"agree"}, "purpose": {"read_reports"}})
		if err != nil {
			b.Fatal(err)
		}
		answer.Body.Close()
		cookies := answer.Cookies()
		form := url.Values{"code": {person.Code}, "factor": {person.Factor}, "relation": {"self"}}
		if status := postAs(b, base+"/w/demo/bind", cookies, form); status != http.StatusSeeOther {
			b.Fatalf("binding answered %d", status)
		}
		all = append(all, cookies)
	}
	return all
}

func sayAs(b *testing.B, base string, cookies []*http.Cookie, text string) int {
	return postAs(b, base+"/w/demo/messages", cookies, url.Values{"id": {uuid.NewString()}, "text": {text}})
}

func postAs(b *testing.B, address string, cookies []*http.Cookie, form url.Values) int {
	b.Helper()
	request, err := http.NewRequest("POST", address, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasSuffix(address, "/messages") {
		request.Header.Set("Accept", "application/json")
	}
	for _, c := range cookies {
		request.AddCookie(c)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		b.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// BenchmarkServe starts the built binary on an existing cluster: the time until
// it is ready, and its memory when idle.
func BenchmarkServe(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "careline")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	g, a := benched(b)
	a.close()
	var ready, memory float64
	for b.Loop() {
		started := time.Now()
		out := &output{}
		cmd := exec.Command(binary, "serve", "--demo", "--addr", "localhost:0", "--metrics=", "--home", g.Home)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		for !strings.Contains(out.String(), "is ready on") {
			if time.Since(started) > 30*time.Second {
				b.Fatalf("not ready:\n%s", out)
			}
			time.Sleep(5 * time.Millisecond)
		}
		ready += time.Since(started).Seconds()
		time.Sleep(3 * time.Second)
		memory += residentMiB(b, cmd.Process.Pid)
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(ready/float64(b.N), "ready-s")
	b.ReportMetric(memory/float64(b.N), "idle-MiB")
}

func residentMiB(b *testing.B, pid int) float64 {
	b.Helper()
	resident := statusMiB(pid, "VmRSS:")
	if resident == 0 {
		b.Skip("resident memory is read from /proc")
	}
	return resident
}
