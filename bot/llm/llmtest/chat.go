package llmtest

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// Usage of every scripted answer that counts its tokens.
const (
	PromptTokens     = 31
	CompletionTokens = 17
)

// Answer is a chat completion, as a stream when the caller wants one. The stream's
// bytes come in pieces of odd sizes that respect neither characters nor lines.
type Answer struct {
	Text       func(Call) string
	Finish     string        // the finish reason; "": "stop"
	Thought    string        // reasoning said before the text
	FirstToken time.Duration // the wait between the headers and the first piece
	Between    time.Duration // the wait between pieces
	NoUsage    bool          // the endpoint does not count tokens
	Stops      bool          // the stream ends without finish reason, usage or [DONE]
	Breaks     bool          // the connection breaks instead of an end
}

// Reply is the answer as a line of a script.
func (a Answer) Reply() Reply {
	if a.Finish == "" {
		a.Finish = "stop"
	}
	return func(w http.ResponseWriter, r *http.Request, call Call) {
		if !call.Stream {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(a.whole(call))
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		out := stream{w: w, r: r}
		out.flush()
		out.wait(a.FirstToken)
		a.stream(&out, call)
	}
}

func (a Answer) stream(out *stream, call Call) {
	out.event(chunk{Choices: []choice{{Delta: &delta{Role: "assistant"}}}})
	if a.Thought != "" {
		out.event(chunk{Choices: []choice{{Delta: &delta{Reasoning: a.Thought}}}})
	}
	for _, piece := range pieces(a.Text(call)) {
		out.event(chunk{Choices: []choice{{Delta: &delta{Content: piece}}}})
		out.wait(a.Between)
	}
	switch {
	case a.Breaks:
		panic(http.ErrAbortHandler)
	case a.Stops:
		return
	}
	out.event(chunk{Choices: []choice{{Delta: &delta{}, Finish: &a.Finish}}})
	if call.Usage && !a.NoUsage {
		out.event(chunk{Choices: []choice{}, Usage: counted()})
	}
	out.write("data: [DONE]\n\n")
}

func (a Answer) whole(call Call) chunk {
	c := chunk{Choices: []choice{{Message: &delta{Role: "assistant", Content: a.Text(call), Reasoning: a.Thought}, Finish: &a.Finish}}}
	if !a.NoUsage {
		c.Usage = counted()
	}
	return c
}

// chunk is one event of a stream, and also a whole answer.
type chunk struct {
	ID      string   `json:"id,omitempty"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage,omitempty"`
}

type choice struct {
	Index   int     `json:"index"`
	Delta   *delta  `json:"delta,omitempty"`
	Message *delta  `json:"message,omitempty"`
	Finish  *string `json:"finish_reason"`
}

type delta struct {
	Role      string `json:"role,omitempty"`
	Content   string `json:"content,omitempty"`
	Reasoning string `json:"reasoning_content,omitempty"`
	Refusal   string `json:"refusal,omitempty"`
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func counted() *usage { return &usage{PromptTokens, CompletionTokens, PromptTokens + CompletionTokens} }

// pieces cuts a text into tokens of one to three characters.
func pieces(text string) []string {
	var out []string
	runes := []rune(text)
	for size := 1; len(runes) > 0; size = size%3 + 1 {
		n := min(size, len(runes))
		out = append(out, string(runes[:n]))
		runes = runes[n:]
	}
	return out
}

// stream writes an answer to a caller who may leave.
type stream struct {
	w    http.ResponseWriter
	r    *http.Request
	size int
}

func (s *stream) event(c chunk) {
	data, err := json.Marshal(c)
	if err != nil {
		return
	}
	s.write("data: " + string(data) + "\n\n")
}

// write sends text in pieces of 1, 3, 5, 7, 11 and 13 bytes, over and over.
func (s *stream) write(text string) {
	sizes := [...]int{1, 3, 5, 7, 11, 13}
	for text != "" && s.r.Context().Err() == nil {
		n := min(sizes[s.size%len(sizes)], len(text))
		s.size++
		if _, err := io.WriteString(s.w, text[:n]); err != nil {
			return
		}
		s.flush()
		text = text[n:]
	}
}

func (s *stream) flush() { _ = http.NewResponseController(s.w).Flush() }

func (s *stream) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-s.r.Context().Done():
	}
}
