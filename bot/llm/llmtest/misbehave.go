package llmtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

func fixed(text string) func(Call) string { return func(Call) string { return text } }

// Truncated stops after text, cleanly but without saying that it is finished.
func Truncated(text string) Reply { return Answer{Text: fixed(text), Stops: true}.Reply() }

// Broken breaks the connection after text.
func Broken(text string) Reply { return Answer{Text: fixed(text), Breaks: true}.Reply() }

// Finished ends after text with another finish reason: "length", "content_filter" …
func Finished(text, reason string) Reply { return Answer{Text: fixed(text), Finish: reason}.Reply() }

// NoChoices streams an answer that never has a choice.
func NoChoices() Reply {
	return Events(`{"choices":[]}`, `{"choices":[],"usage":{"prompt_tokens":31,"completion_tokens":0,"total_tokens":31}}`, "[DONE]")
}

// Declined streams the model's refusal.
func Declined(text string) Reply {
	words, _ := json.Marshal(text)
	return Events(`{"choices":[{"index":0,"delta":{"refusal":`+string(words)+`}}]}`, `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, "[DONE]")
}

// ErrorInStream begins an answer and goes on with an error that repeats the request.
func ErrorInStream() Reply {
	return func(w http.ResponseWriter, r *http.Request, call Call) {
		Events(`{"choices":[{"index":0,"delta":{"content":"a"}}]}`, complaint(r, call))(w, r, call)
	}
}

// Events streams these data lines, whatever they are.
func Events(data ...string) Reply {
	return func(w http.ResponseWriter, r *http.Request, _ Call) {
		w.Header().Set("Content-Type", "text/event-stream")
		out := stream{w: w, r: r}
		for _, d := range data {
			out.write("data: " + d + "\n\n")
		}
	}
}

// Status answers with an HTTP status and a message that repeats the request, as
// some endpoints do.
func Status(code int) Reply {
	return func(w http.ResponseWriter, r *http.Request, call Call) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, complaint(r, call))
	}
}

func complaint(r *http.Request, call Call) string {
	said := r.Header.Get("Authorization") + " sent " + call.Prompt() + strings.Join(call.Input, " ") + string(call.Sound)
	data, _ := json.Marshal(map[string]map[string]string{"error": {"message": said}})
	return string(data)
}

// Redirect sends the caller to another address.
func Redirect(url string) Reply {
	return func(w http.ResponseWriter, r *http.Request, _ Call) {
		http.Redirect(w, r, url, http.StatusTemporaryRedirect)
	}
}

// Reset breaks the connection without an answer.
func Reset() Reply {
	return func(http.ResponseWriter, *http.Request, Call) { panic(http.ErrAbortHandler) }
}

// Garbage answers with status 200 and text instead of an answer.
func Garbage(text string) Reply {
	return func(w http.ResponseWriter, _ *http.Request, _ Call) { _, _ = io.WriteString(w, text) }
}

// WrongType answers a chat in full but calls it a web page.
func WrongType(text string) Reply {
	return func(w http.ResponseWriter, r *http.Request, call Call) {
		w.Header().Set("Content-Type", "text/html")
		out := stream{w: w, r: r}
		Answer{Text: fixed(text), Finish: "stop"}.stream(&out, call)
	}
}

// Endless never stops answering, until the caller has read enough.
func Endless() Reply { return repeated("application/json", strings.Repeat(" ", 64)) }

// EndlessAnswer is a stream that never stops talking.
func EndlessAnswer() Reply {
	return repeated("text/event-stream", `data: {"choices":[{"index":0,"delta":{"content":"`+strings.Repeat("说", 100)+`"}}]}`+"\n\n")
}

// Chatter is a stream of comments that never says anything.
func Chatter() Reply { return repeated("text/event-stream", ": still here\n") }

func repeated(contentType, piece string) Reply {
	return func(w http.ResponseWriter, r *http.Request, _ Call) {
		w.Header().Set("Content-Type", contentType)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
	}
}
