// Package llmtest is a scripted model endpoint for tests and demonstrations: it
// answers as told, call by call, and keeps what it was sent.
package llmtest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Reply answers one request.
type Reply func(w http.ResponseWriter, r *http.Request, call Call)

// Server is an OpenAI-compatible endpoint on loopback. It keeps every request in
// memory.
type Server struct {
	URL string // the base URL to configure

	http http.Server

	mu     sync.Mutex
	script []Reply
	calls  []Call
	bodies [][]byte
	header []http.Header
}

// Start serves the replies in order, to chat completions, embeddings and
// transcriptions alike; the last one answers all further calls.
func Start(script ...Reply) (*Server, error) {
	if len(script) == 0 {
		return nil, fmt.Errorf("llmtest: a script needs a reply")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("llmtest: %w", err)
	}
	s := &Server{script: script, URL: "http://" + listener.Addr().String() + "/v1"}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", s.serve)
	mux.HandleFunc("POST /v1/chat/completions", s.serve)
	mux.HandleFunc("POST /v1/audio/transcriptions", s.serve)
	s.http = http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(listener) }()
	return s, nil
}

// Close stops the server and breaks what it is still answering.
func (s *Server) Close() error { return s.http.Close() }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	call, err := parse(r.Header.Get("Content-Type"), body)
	if err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	s.next(r, body, call)(w, r, call)
}

func (s *Server) next(r *http.Request, body []byte, call Call) Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, body)
	s.header = append(s.header, r.Header.Clone())
	s.calls = append(s.calls, call)
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

// Calls are the requests so far as they were understood, in order.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}
