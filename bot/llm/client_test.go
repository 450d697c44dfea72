package llm_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/llm"
	"careline/bot/llm/llmtest"
)

const key = "sk-canary-key"

func client(t *testing.T, s *llmtest.Server) *llm.Client {
	t.Helper()
	c, err := llm.New(llm.Config{BaseURL: s.URL, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTextsLeaveOnlyEncryptedOrOnThisMachine(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"https://models.example/v1": true, "http://127.0.0.1:8080/v1": true, "http://localhost:11434/v1": true, "http://[::1]/v1": true,
		"http://models.example/v1": false, "http://10.0.0.1/v1": false, "ftp://localhost/v1": false, "": false, "models.example/v1": false,
		"https://user:secret@models.example": false, "https://models.example/v1?key=secret": false, "http://127.0.0.1.example/v1": false, "https://": false,
	}
	for url, ok := range cases {
		_, err := llm.New(llm.Config{BaseURL: url})
		if (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
		if err != nil && (bot.KindOf(err) != bot.KindInvalid || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: %s: %v", url, bot.KindOf(err), err)
		}
	}
}

func TestVectorsComeBackInTheOrderOfTheTexts(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Vectors(8))
	got, err := client(t, s).Embed(t.Context(), "m", []string{"转氨酶", "尿酸"})
	if err != nil || len(got) != 2 || !slices.Equal(got[0], llmtest.Vector("转氨酶", 8)) || !slices.Equal(got[1], llmtest.Vector("尿酸", 8)) {
		t.Fatalf("%v, %v", got, err)
	}
	if a := s.Headers()[0].Get("Authorization"); a != "Bearer "+key {
		t.Errorf("the key is sent as %q", a)
	}
}

func TestNothingThatIdentifiesAPersonIsInARequest(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Status(http.StatusServiceUnavailable), llmtest.Vectors(8))
	texts := []string{"我是" + identity, "电话" + mobile, "138 0013 8000", "卡" + card, mail, openid, "报告" + barcode + " ALT 87 U/L"}
	if _, err := client(t, s).Embed(t.Context(), "m", texts); err != nil {
		t.Fatal(err)
	}
	if len(s.Bodies()) != 2 {
		t.Fatalf("%d requests, want the first and its retry", len(s.Bodies()))
	}
	for _, body := range s.Bodies() {
		for _, canary := range []string{identity, mobile, "138 0013 8000", card, mail, openid, barcode} {
			if strings.Contains(string(body), canary) {
				t.Errorf("%q left: %s", canary, body)
			}
		}
		if !strings.Contains(string(body), "ALT 87 U/L") {
			t.Errorf("the value did not survive: %s", body)
		}
	}
}

func TestOneRetryHelpsOverAShortFailure(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]llmtest.Reply{
		"busy": llmtest.Status(http.StatusTooManyRequests), "failing": llmtest.Status(http.StatusBadGateway), "reset": llmtest.Reset(),
	} {
		s := llmtest.New(t, first, llmtest.Vectors(4))
		if got, err := client(t, s).Embed(t.Context(), "m", []string{"x"}); err != nil || len(got) != 1 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestErrorsHoldNoTextAndNoKey(t *testing.T) {
	t.Parallel()
	const text = "转氨酶canary"
	cases := []struct {
		name  string
		reply llmtest.Reply
		kind  bot.ErrorKind
		calls int
	}{
		{"busy twice", llmtest.Status(http.StatusTooManyRequests), bot.KindUnavailable, 2},
		{"failing twice", llmtest.Status(http.StatusInternalServerError), bot.KindUnavailable, 2},
		{"reset twice", llmtest.Reset(), bot.KindUnavailable, 2},
		{"key refused", llmtest.Status(http.StatusUnauthorized), bot.KindInvalid, 1},
		{"garbage", llmtest.Garbage(text + key), bot.KindUnavailable, 1},
		{"too few vectors", llmtest.Garbage(`{"data":[]}`), bot.KindUnavailable, 1},
		{"an index outside", llmtest.Garbage(`{"data":[{"index":7,"embedding":[1]}]}`), bot.KindUnavailable, 1},
		{"an empty vector", llmtest.Garbage(`{"data":[{"index":0,"embedding":[]}]}`), bot.KindUnavailable, 1},
		{"an answer without end", llmtest.Endless(), bot.KindUnavailable, 1},
		{"a redirect", llmtest.Redirect("/v1/embeddings"), bot.KindUnavailable, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t, c.reply)
			_, err := client(t, s).Embed(t.Context(), "m", []string{text})
			if bot.KindOf(err) != c.kind || err == nil {
				t.Fatalf("%v (%s), want %s", err, bot.KindOf(err), c.kind)
			}
			if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), key) {
				t.Errorf("the error repeats what it must not: %v", err)
			}
			if n := len(s.Bodies()); n != c.calls {
				t.Errorf("%d calls, want %d", n, c.calls)
			}
		})
	}
}

func TestTheCallersDeadlineHolds(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Slow(time.Minute, llmtest.Vectors(4)))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := client(t, s).Embed(ctx, "m", []string{"x"})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestNoTextsNeedNoCall(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Reset())
	if got, err := client(t, s).Embed(t.Context(), "m", nil); err != nil || got != nil || len(s.Bodies()) != 0 {
		t.Errorf("%v, %v, %d calls", got, err, len(s.Bodies()))
	}
}
