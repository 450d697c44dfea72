package llm_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/llm"
	"careline/bot/llm/llmtest"
)

func fixed(string) func(llmtest.Call) string { return func(llmtest.Call) string { return said } }

func TestTheDeadlineIsTheTurnsNotTheCalls(t *testing.T) {
	t.Parallel()
	slow := llmtest.Answer{Text: fixed(said), FirstToken: 60 * time.Millisecond, Between: time.Millisecond}.Reply()
	s := llmtest.New(t, slow)
	timings := quick
	timings.Deadline, timings.Least = 6*time.Second, 5*time.Second
	c := chat(t, llm.ChatConfig{Primary: at(s, "first"), Timings: timings})
	turn, cancel := c.Within(t.Context())
	defer cancel()
	if _, err := ask(turn, c); err != nil {
		t.Fatalf("the first call: %v", err)
	}
	<-time.After(1100 * time.Millisecond)
	reply, err := ask(turn, c)
	checkFailure(t, reply, err, llm.Timeout)
	if len(s.Bodies()) != 1 || reply.Usage.Calls != 0 {
		t.Errorf("%d calls: a repair began with too little time left", len(s.Bodies()))
	}
}

func TestNoFurtherCallStartsWithTooLittleLeft(t *testing.T) {
	t.Parallel()
	first, second := llmtest.New(t, llmtest.Slow(time.Minute, llmtest.Reset())), llmtest.New(t, llmtest.Say(said))
	other := at(second, "second")
	timings := quick
	timings.Deadline, timings.FirstToken, timings.Least = time.Second, 300*time.Millisecond, 800*time.Millisecond
	reply, err := ask(t.Context(), chat(t, llm.ChatConfig{Primary: at(first, "first"), Secondary: &other, Timings: timings}))
	checkFailure(t, reply, err, llm.Timeout)
	if n := len(second.Bodies()); n != 0 {
		t.Errorf("%d calls of the secondary", n)
	}
}

// hungUp is a call whose caller leaves while it is under way.
func hungUp(leave func()) llmtest.Reply {
	return func(_ http.ResponseWriter, r *http.Request, _ llmtest.Call) {
		leave()
		<-r.Context().Done()
	}
}

func TestWhoeverLeavesIsNotAskedForMore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := llmtest.New(t, hungUp(cancel))
	reply, err := ask(ctx, chat(t, llm.ChatConfig{Primary: at(s, "first")}))
	checkFailure(t, reply, err, llm.Canceled)
	if !errors.Is(err, context.Canceled) || len(s.Bodies()) != 1 {
		t.Errorf("%v after %d calls", err, len(s.Bodies()))
	}
}

func TestTheCircuitOpensAndLetsOneThroughLater(t *testing.T) {
	t.Parallel()
	script := slices.Repeat([]llmtest.Reply{llmtest.Garbage("?")}, 5)
	s := llmtest.New(t, append(script, llmtest.Say(said))...)
	timings := quick
	timings.OpenFor = 200 * time.Millisecond
	c := chat(t, llm.ChatConfig{Primary: at(s, "first"), Timings: timings})
	for range 5 {
		reply, err := ask(t.Context(), c)
		checkFailure(t, reply, err, llm.Garbage)
	}
	reply, err := ask(t.Context(), c)
	checkFailure(t, reply, err, llm.Open)
	if len(s.Bodies()) != 5 || reply.Usage.Calls != 0 {
		t.Errorf("%d calls went through an open circuit", len(s.Bodies())-5)
	}
	<-time.After(2 * timings.OpenFor)
	for range 2 {
		if reply, err := ask(t.Context(), c); err != nil || reply.Text != said {
			t.Fatalf("after the pause: %+v, %v", reply, err)
		}
	}
	if n := c.Counts(); n[llm.OK] != 2 || n[llm.Garbage] != 5 || n[llm.Open] != 1 {
		t.Errorf("%v", n)
	}
}

func TestACallerWhoLeavesAHalfOpenCircuitDoesNotBlockIt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	script := append(slices.Repeat([]llmtest.Reply{llmtest.Garbage("?")}, 5), hungUp(cancel), llmtest.Say(said))
	s := llmtest.New(t, script...)
	timings := quick
	timings.OpenFor = 50 * time.Millisecond
	c := chat(t, llm.ChatConfig{Primary: at(s, "first"), Timings: timings})
	for range 5 {
		_, _ = ask(t.Context(), c)
	}
	<-time.After(2 * timings.OpenFor)
	reply, err := ask(ctx, c)
	checkFailure(t, reply, err, llm.Canceled)
	<-time.After(2 * timings.OpenFor)
	if _, err := ask(t.Context(), c); err != nil {
		t.Errorf("the circuit stays shut: %v", err)
	}
}

func TestAnOpenCircuitGoesStraightToTheSecondary(t *testing.T) {
	t.Parallel()
	first, second := llmtest.New(t, llmtest.Garbage("?")), llmtest.New(t, llmtest.Say(said))
	other := at(second, "second")
	c := chat(t, llm.ChatConfig{Primary: at(first, "first"), Secondary: &other})
	for range 7 {
		if reply, err := ask(t.Context(), c); err != nil || reply.Model != "second" {
			t.Fatalf("%+v, %v", reply, err)
		}
	}
	if n := len(first.Bodies()); n != 5 {
		t.Errorf("%d calls of a primary that is down", n)
	}
}

func TestEmbeddingsStopAtAnOpenCircuitToo(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Garbage("?"))
	c := client(t, s)
	for range 5 {
		if _, err := c.Embed(t.Context(), "m", []string{"x"}); llm.OutcomeOf(err) != llm.Garbage {
			t.Fatal(err)
		}
	}
	if _, err := c.Embed(t.Context(), "m", []string{"x"}); llm.OutcomeOf(err) != llm.Open || len(s.Bodies()) != 5 {
		t.Errorf("%v, %d calls", err, len(s.Bodies()))
	}
}

func TestASpentBudgetAsksNobody(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		left int
		err  error
		ok   bool
	}{
		"plenty":                {1_000_000, nil, true},
		"nothing":               {0, nil, false},
		"overdrawn":             {-5, nil, false},
		"less than one answer":  {150, nil, false},
		"nobody knows how much": {1_000_000, errors.New("canary database"), false},
	}
	for name, c := range cases {
		s := llmtest.New(t, llmtest.Say(said))
		asked := chat(t, llm.ChatConfig{Primary: at(s, "first"), Budget: func(_ context.Context, i bot.InstitutionID) (int, error) {
			if i != "default" {
				t.Errorf("%s: asked for %q", name, i)
			}
			return c.left, c.err
		}})
		reply, err := ask(t.Context(), asked)
		if c.ok {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		checkFailure(t, reply, err, llm.Spent)
		if len(s.Bodies()) != 0 || asked.Counts()[llm.Spent] != 1 {
			t.Errorf("%s: %d calls, %v", name, len(s.Bodies()), asked.Counts())
		}
	}
}

func TestAnInstitutionWaitsForItsOwnCallsOnly(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Answer{Text: fixed(said), Between: 220 * time.Millisecond}.Reply())
	c := chat(t, llm.ChatConfig{Primary: at(s, "first"), Concurrency: 2})
	question := func(i bot.InstitutionID) error {
		_, err := c.Chat(t.Context(), llm.Request{Institution: i, Messages: []llm.Message{{"user", prompt}}})
		return err
	}
	var outcomes sync.Map
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() { outcomes.Store(n, llm.OutcomeOf(question("busy"))) })
	}
	<-time.After(50 * time.Millisecond)
	other := question("calm")
	wg.Wait()
	count := map[llm.Outcome]int{}
	outcomes.Range(func(_, o any) bool { count[o.(llm.Outcome)]++; return true })
	if other != nil && llm.OutcomeOf(other) == llm.Busy {
		t.Errorf("the other institution waited: %v", other)
	}
	if count[llm.Busy] == 0 || count[llm.Busy] > 4 {
		t.Errorf("%v: four of six had no place until the deadline", count)
	}
}

func TestTokensAreCountedWhetherTheEndpointCountsOrNot(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reply llmtest.Reply
		ok    bool
	}{
		"not counted": {llmtest.Answer{Text: fixed(said), NoUsage: true}.Reply(), true},
		"truncated":   {llmtest.Truncated(said), false},
		"broken":      {llmtest.Broken(said), false},
	}
	for name, c := range cases {
		s := llmtest.New(t, c.reply)
		reply, err := ask(t.Context(), chat(t, llm.ChatConfig{Primary: at(s, "first")}))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		calls := len(s.Bodies())
		// 11 Han characters and 10 ASCII ones in the prompt, "explain", and two messages.
		if u := reply.Usage; u.PromptTokens < calls*15 || u.PromptTokens > calls*30 || u.CompletionTokens < calls*20 || u.CompletionTokens > calls*50 {
			t.Errorf("%s: %+v after %d calls", name, u, calls)
		}
	}
}

func TestNobodysNameIsInAChat(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Status(503), llmtest.Say(said))
	c := chat(t, llm.ChatConfig{Primary: at(s, "first")})
	_, err := c.Chat(t.Context(), llm.Request{
		Names: []bot.Text{bot.T("王小雨"), bot.T("Anna Schmidt")},
		Messages: []llm.Message{
			{"system", "F1 ALT 87 U/L, report R202611020087, 报告单号:R202611020087"},
			{"assistant", "您好，小雨"},
			{"user", "我是王 小 雨，电话" + mobile + "，身份证" + identity + "，女儿 A n n a，SCHMIDT，ALT 87 U/L"},
		},
	})
	if err != nil || len(s.Bodies()) != 2 {
		t.Fatalf("%v, %d calls", err, len(s.Bodies()))
	}
	for _, body := range s.Bodies() {
		for _, canary := range []string{"小雨", "小 雨", "SCHMIDT", "A n n a", "02611020087", mobile, identity} {
			if strings.Contains(string(body), canary) {
				t.Errorf("%q left: %s", canary, body)
			}
		}
		if strings.Count(string(body), "ALT 87 U/L") != 2 {
			t.Errorf("a value did not survive: %s", body)
		}
	}
}
