package weixintest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Load posts deliveries over a number of connections, each as soon as the last one
// was answered.
type Load struct {
	server      *httptest.Server
	client      *http.Client
	connections int
}

// NewLoad serves a handler on this machine.
func NewLoad(handler http.Handler, connections int) *Load {
	transport := &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}
	return &Load{httptest.NewServer(handler), &http.Client{Transport: transport, Timeout: 30 * time.Second}, connections}
}

// Close ends the server.
func (l *Load) Close() { l.client.CloseIdleConnections(); l.server.Close() }

// Loaded is how a load was answered.
type Loaded struct {
	Took    []time.Duration // of each answer, sorted
	Elapsed time.Duration
	Refused int // answers that were not 200
	Err     error
}

// P99 is the time within which 99 of 100 were answered.
func (l Loaded) P99() time.Duration { return l.Took[len(l.Took)*99/100] }

// Post posts every delivery once.
func (l *Load) Post(deliveries []Delivery) Loaded {
	result := Loaded{Took: make([]time.Duration, len(deliveries))}
	var next, refused atomic.Int64
	var failed atomic.Pointer[error]
	var posting sync.WaitGroup
	started := time.Now()
	for range l.connections {
		posting.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(deliveries)); n = next.Add(1) - 1 {
				began := time.Now()
				status, err := l.post(deliveries[n])
				if err != nil {
					failed.Store(&err)
				}
				if status != http.StatusOK {
					refused.Add(1)
				}
				result.Took[n] = time.Since(began)
			}
		})
	}
	posting.Wait()
	result.Elapsed, result.Refused = time.Since(started), int(refused.Load())
	if err := failed.Load(); err != nil {
		result.Err = *err
	}
	slices.Sort(result.Took)
	return result
}

func (l *Load) post(d Delivery) (status int, err error) {
	answer, err := l.client.Post(l.server.URL+"/?"+d.Query.Encode(), "text/xml", bytes.NewReader(d.Body))
	if err != nil {
		return 0, fmt.Errorf("weixintest: post: %w", err)
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}
