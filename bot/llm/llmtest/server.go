// Package llmtest is a scripted model endpoint for tests: it answers as told,
// call by call, and keeps what it was sent.
package llmtest

import (
	"encoding/json"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Reply answers one request with these input texts.
type Reply func(w http.ResponseWriter, r *http.Request, input []string)

// Server is an OpenAI-compatible endpoint on loopback.
type Server struct {
	URL string // the base URL to configure

	mu     sync.Mutex
	script []Reply
	bodies [][]byte
	header []http.Header
}

// New serves the replies in order; the last one answers all further calls.
func New(t testing.TB, script ...Reply) *Server {
	t.Helper()
	s := &Server{script: script}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request struct{ Input []string }
		if err != nil || json.Unmarshal(body, &request) != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		s.next(r, body)(w, r, request.Input)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.URL = server.URL + "/v1"
	return s
}

func (s *Server) next(r *http.Request, body []byte) Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, body)
	s.header = append(s.header, r.Header.Clone())
	reply := s.script[0]
	if len(s.script) > 1 {
		s.script = s.script[1:]
	}
	return reply
}

// Bodies are the request bodies so far, in order.
func (s *Server) Bodies() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.bodies...)
}

// Headers are the request headers so far, in order.
func (s *Server) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]http.Header(nil), s.header...)
}

// Vectors answers with vectors of dimension; equal texts get equal vectors.
// They are sent last first, as the protocol allows.
func Vectors(dimension int) Reply {
	return func(w http.ResponseWriter, _ *http.Request, input []string) {
		type row struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var answer struct {
			Data []row `json:"data"`
		}
		for i := len(input) - 1; i >= 0; i-- {
			answer.Data = append(answer.Data, row{i, Vector(input[i], dimension)})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// Vector is what Vectors answers for text.
func Vector(text string, dimension int) []float32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	state := h.Sum64() | 1
	v := make([]float32, dimension)
	for i := range v {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		v[i] = float32(state%2000)/1000 - 1
	}
	return v
}

// Status answers with an HTTP status and a message that repeats the request, as
// some endpoints do.
func Status(code int) Reply {
	return func(w http.ResponseWriter, r *http.Request, input []string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": r.Header.Get("Authorization") + " sent " + input[0]}})
	}
}

// Slow answers like reply after d, unless the caller leaves first.
func Slow(d time.Duration, reply Reply) Reply {
	return func(w http.ResponseWriter, r *http.Request, input []string) {
		select {
		case <-time.After(d):
			reply(w, r, input)
		case <-r.Context().Done():
		}
	}
}

// Reset breaks the connection without an answer.
func Reset() Reply {
	return func(http.ResponseWriter, *http.Request, []string) { panic(http.ErrAbortHandler) }
}

// Garbage answers with status 200 and text instead of an answer.
func Garbage(text string) Reply {
	return func(w http.ResponseWriter, _ *http.Request, _ []string) { _, _ = io.WriteString(w, text) }
}

// Endless never stops answering, until the caller has read enough.
func Endless() Reply {
	return func(w http.ResponseWriter, _ *http.Request, _ []string) {
		const piece = "                                                                "
		for {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
	}
}
