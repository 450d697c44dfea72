package llm_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/llm"
	"careline/bot/llm/llmtest"
)

const (
	said   = "转氨酶 ALT 87 U/L，比参考范围高一些。Plain words, 不用慌。"
	prompt = "canaryprompt 请解释转氨酶87"
)

// quick are the timings of a turn that takes some seconds at most: a machine that
// runs other tests too may take a second for a call.
var quick = llm.Timings{Deadline: 5 * time.Second, Least: 200 * time.Millisecond, FirstToken: 3 * time.Second, Pause: time.Millisecond, OpenFor: time.Minute}

func at(s *llmtest.Server, name string) llm.ModelConfig {
	return llm.ModelConfig{BaseURL: s.URL, Key: key, Model: name}
}

func chat(t *testing.T, c llm.ChatConfig) *llm.Chat {
	t.Helper()
	if c.Timings == (llm.Timings{}) {
		c.Timings = quick
	}
	made, err := llm.NewChat(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func ask(ctx context.Context, c *llm.Chat) (llm.Reply, error) {
	return c.Chat(ctx, llm.Request{Institution: "default", Messages: []llm.Message{{"system", "explain"}, {"user", prompt}}, MaxTokens: 200})
}

func TestAnAnswerInOddPiecesComesBackWhole(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Answer{Text: func(llmtest.Call) string { return said }, Thought: "想一想"}.Reply())
	reply, err := ask(t.Context(), chat(t, llm.ChatConfig{Primary: at(s, "first")}))
	if err != nil || reply.Text != said || reply.Model != "first" {
		t.Fatalf("%+v, %v", reply, err)
	}
	if u := reply.Usage; u.Calls != 1 || u.PromptTokens != llmtest.PromptTokens || u.CompletionTokens != llmtest.CompletionTokens {
		t.Errorf("usage %+v is not what the endpoint counted", u)
	}
	call := s.Calls()[0]
	if call.Model != "first" || call.MaxTokens != 200 || !call.Stream || !call.Usage || len(call.Messages) != 2 || call.Last("user") != prompt {
		t.Errorf("asked %+v", call)
	}
	if a := s.Headers()[0].Get("Authorization"); a != "Bearer "+key {
		t.Errorf("the key is sent as %q", a)
	}
}

func TestEveryWayToFailHasItsName(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		reply   llmtest.Reply
		outcome llm.Outcome
		calls   int
	}{
		{"busy", llmtest.Status(http.StatusTooManyRequests), llm.Status, 2},
		{"failing", llmtest.Status(http.StatusServiceUnavailable), llm.Status, 2},
		{"key refused", llmtest.Status(http.StatusUnauthorized), llm.Refused, 1},
		{"model unknown", llmtest.Status(http.StatusNotFound), llm.Refused, 1},
		{"reset", llmtest.Reset(), llm.Reset, 2},
		{"silent before headers", llmtest.Slow(time.Minute, llmtest.Say(said)), llm.Timeout, 1},
		{"silent after headers", llmtest.Answer{Text: func(llmtest.Call) string { return said }, FirstToken: time.Minute}.Reply(), llm.Timeout, 1},
		{"slow between pieces", llmtest.Answer{Text: func(llmtest.Call) string { return said }, Between: 2 * time.Second}.Reply(), llm.Timeout, 1},
		{"comments only", llmtest.Chatter(), llm.Garbage, 1},
		{"truncated", llmtest.Truncated(said), llm.Truncated, 2},
		{"broken", llmtest.Broken(said), llm.Truncated, 2},
		{"an error inside the stream", llmtest.ErrorInStream(), llm.Status, 2},
		{"a page", llmtest.Garbage("<html>" + prompt + key), llm.Garbage, 1},
		{"the wrong type", llmtest.WrongType(said), llm.Garbage, 1},
		{"no JSON", llmtest.Events(prompt + key), llm.Garbage, 1},
		{"JSON of another kind", llmtest.Events(`{"choices":"` + prompt + `"}`), llm.Garbage, 1},
		{"a tool call", llmtest.Finished(said, "tool_calls"), llm.Garbage, 1},
		{"a redirect", llmtest.Redirect("/v1/chat/completions"), llm.Garbage, 1},
		{"endless", llmtest.EndlessAnswer(), llm.Oversized, 1},
		{"no choices", llmtest.NoChoices(), llm.Empty, 1},
		{"nothing at all", llmtest.Events("[DONE]"), llm.Empty, 1},
		{"only spaces", llmtest.Say(" \n "), llm.Empty, 1},
		{"cut by its limit", llmtest.Finished(said, "length"), llm.Length, 1},
		{"filtered", llmtest.Finished(said, "content_filter"), llm.Filtered, 1},
		{"declined", llmtest.Declined(prompt), llm.Filtered, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t, c.reply)
			asked := chat(t, llm.ChatConfig{Primary: at(s, "first")})
			start := time.Now()
			reply, err := ask(t.Context(), asked)
			if took := time.Since(start); took > 2*quick.Deadline {
				t.Errorf("took %s", took)
			}
			checkFailure(t, reply, err, c.outcome)
			if n := len(s.Bodies()); n != c.calls || reply.Usage.Calls != c.calls || asked.Counts()[c.outcome] != c.calls {
				t.Errorf("%d calls, %d counted in the usage, %v; want %d", n, reply.Usage.Calls, asked.Counts(), c.calls)
			}
		})
	}
}

// checkFailure: the right name, the right kind, and nothing in the error that came
// from the prompt, the key or the endpoint.
func checkFailure(t *testing.T, reply llm.Reply, err error, want llm.Outcome) {
	t.Helper()
	kind := bot.KindUnavailable
	if want == llm.Refused {
		kind = bot.KindInvalid
	}
	if err == nil || llm.OutcomeOf(err) != want || bot.KindOf(err) != kind || reply.Text != "" {
		t.Fatalf("%+v, %v (%q, %s), want %q, %s", reply, err, llm.OutcomeOf(err), bot.KindOf(err), want, kind)
	}
	e, ok := errors.AsType[*bot.Error](err)
	if !ok {
		t.Fatalf("%T", err)
	}
	for _, secret := range []string{"canary", "转氨酶", key, "html", "127.0.0.1"} {
		if strings.Contains(err.Error()+e.Person, secret) {
			t.Errorf("the error repeats %q: %v", secret, err)
		}
	}
}

func TestAnOpenPortNobodyAnswersAtIsNoCost(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Say(said))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	reply, err := ask(t.Context(), chat(t, llm.ChatConfig{Primary: at(s, "first")}))
	checkFailure(t, reply, err, llm.Reset)
	if reply.Usage.Tokens() != 0 || reply.Usage.Calls != 2 {
		t.Errorf("%+v", reply.Usage)
	}
}

func TestOneRetryOrTheSecondaryAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		first, second []llmtest.Reply
		model         string
		calls         int
	}{
		{"the retry", []llmtest.Reply{llmtest.Status(429), llmtest.Say(said)}, []llmtest.Reply{llmtest.Reset()}, "first", 2},
		{"the retry after a break", []llmtest.Reply{llmtest.Broken(said), llmtest.Say(said)}, []llmtest.Reply{llmtest.Reset()}, "first", 2},
		{"the secondary after both", []llmtest.Reply{llmtest.Status(500)}, []llmtest.Reply{llmtest.Say(said)}, "second", 3},
		{"the secondary at once", []llmtest.Reply{llmtest.Garbage("?")}, []llmtest.Reply{llmtest.Say(said)}, "second", 2},
		{"the secondary after a wrong key", []llmtest.Reply{llmtest.Status(401)}, []llmtest.Reply{llmtest.Say(said)}, "second", 2},
		{"the secondary after silence", []llmtest.Reply{llmtest.Slow(time.Minute, llmtest.Reset())}, []llmtest.Reply{llmtest.Say(said)}, "second", 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			first, second := llmtest.New(t, c.first...), llmtest.New(t, c.second...)
			other := at(second, "second")
			reply, err := ask(t.Context(), chat(t, llm.ChatConfig{Primary: at(first, "first"), Secondary: &other}))
			if err != nil || reply.Text != said || reply.Model != c.model || reply.Usage.Calls != c.calls {
				t.Errorf("%+v, %v; want %d calls and %s", reply, err, c.calls, c.model)
			}
		})
	}
}

func TestAChatNeedsAModelAndASafeAddress(t *testing.T) {
	t.Parallel()
	good := llm.ModelConfig{BaseURL: "https://models.example/v1", Model: "m"}
	for name, c := range map[string]llm.ChatConfig{
		"no model":              {Primary: llm.ModelConfig{BaseURL: good.BaseURL}},
		"no address":            {Primary: llm.ModelConfig{Model: "m"}},
		"an open secondary":     {Primary: good, Secondary: &llm.ModelConfig{BaseURL: "http://10.0.0.1/v1", Model: "m"}},
		"less than no calls":    {Primary: good, Concurrency: -1},
		"a secondary, no model": {Primary: good, Secondary: &llm.ModelConfig{BaseURL: good.BaseURL}},
	} {
		if _, err := llm.NewChat(c); bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
