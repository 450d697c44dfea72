package llm_test

import (
	"net/http"
	"strings"
	"testing"

	"careline/bot/llm"
	"careline/bot/llm/llmtest"
)

// sound stands for a file of speech; what is in it must be in no error.
const sound = "#!AMR\nmarker-in-the-voice"

func transcriber(t *testing.T, s *llmtest.Server) *llm.Transcriber {
	t.Helper()
	tr, err := llm.NewTranscriber(llm.ModelConfig{BaseURL: s.URL, Key: key, Model: "listener"})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestWhatIsSaidIsWrittenDown(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t, llmtest.Words(" 血钾高一点没事吧\x00 "))
	words, err := transcriber(t, s).Transcribe(t.Context(), "voice.amr", []byte(sound))
	if err != nil || words.Plain() != "血钾高一点没事吧" {
		t.Fatalf("%q, %v", words.Plain(), err)
	}
	call := s.Calls()[0]
	if call.File != "voice.amr" || string(call.Sound) != sound || call.Model != "listener" || s.Headers()[0].Get("Authorization") != "Bearer "+key {
		t.Errorf("sent as %q with model %q", call.File, call.Model)
	}
}

func TestSilenceIsNoErrorAndNoWords(t *testing.T) {
	t.Parallel()
	words, err := transcriber(t, llmtest.New(t, llmtest.Words("  \n"))).Transcribe(t.Context(), "voice.amr", []byte(sound))
	if err != nil || !words.Empty() {
		t.Fatalf("%q, %v", words.Plain(), err)
	}
}

func TestATranscriptionThatFailsSaysHowAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reply llmtest.Reply
		want  llm.Outcome
		calls int
	}{
		"down":                   {llmtest.Status(http.StatusServiceUnavailable), llm.Status, 2},
		"no connection":          {llmtest.Reset(), llm.Reset, 2},
		"the key is refused":     {llmtest.Status(http.StatusUnauthorized), llm.Refused, 1},
		"not the protocol":       {llmtest.Garbage("marker-in-the-answer"), llm.Garbage, 1},
		"redirected":             {llmtest.Redirect("https://elsewhere.example/"), llm.Garbage, 1},
		"more than anybody said": {llmtest.Words(strings.Repeat("marker-in-the-answer", 1000)), llm.Oversized, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t, c.reply)
			words, err := transcriber(t, s).Transcribe(t.Context(), "voice.amr", []byte(sound))
			if llm.OutcomeOf(err) != c.want || !words.Empty() || len(s.Calls()) != c.calls {
				t.Fatalf("%v after %d calls, words %q", err, len(s.Calls()), words.Plain())
			}
			for _, secret := range []string{key, "marker", "elsewhere"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q is in the error %v", secret, err)
				}
			}
		})
	}
}

func TestATranscriptionEndpointNeedsAnAddressAndAModel(t *testing.T) {
	t.Parallel()
	for _, c := range []llm.ModelConfig{{BaseURL: "http://models.example/v1", Model: "listener"}, {BaseURL: "https://models.example/v1"}} {
		if _, err := llm.NewTranscriber(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}
