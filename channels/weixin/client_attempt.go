package weixin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	answerLimit  = 1 << 20          // largest JSON answer
	mediaTimeout = 30 * time.Second // for the bytes of a picture, after its header
	jsonType     = "application/json"
)

var (
	errTooLong = errors.New("the answer is longer than 1 MiB")
	errStatus  = errors.New("no answer of the API")
)

type mediaLimit struct{}

// asMedia marks a call whose answer is a file of at most limit bytes.
func asMedia(ctx context.Context, limit int64) context.Context {
	return context.WithValue(ctx, mediaLimit{}, limit)
}

// attempt sends a request once, to the account's host and with the real value of
// one parameter. An answer that is JSON has been read whole; a file is still to be read.
func (c *Client) attempt(req *http.Request, param, value string) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(c.timeout, func() { cancel(context.DeadlineExceeded) })
	written := new(atomic.Bool)
	out := req.Clone(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { written.Store(false) },
		// From the first byte on nobody can tell how far the request came.
		WroteHeaders: func() { written.Store(true) },
	}))
	out.URL, out.Host = c.real(req.URL, param, value), ""
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			cancel(nil)
			return nil, &Failure{Call: call(req.URL.Path), Err: errNoReplay}
		}
		out.Body = body
	}
	resp, err := c.inner.RoundTrip(out)
	if err == nil {
		err = c.open(resp, timer, cancel)
	}
	if err != nil {
		failed := &Failure{Call: call(req.URL.Path), Written: written.Load(), Err: cause(ctx, err)}
		if resp != nil {
			resp.Body.Close()
			failed.Status = resp.StatusCode
		}
		timer.Stop()
		cancel(nil)
		return nil, failed
	}
	return resp, nil
}

// open reads what is JSON and leaves a file to the caller, who closes it.
func (c *Client) open(resp *http.Response, timer *time.Timer, done context.CancelCauseFunc) error {
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return errRedirect
	}
	if resp.StatusCode != http.StatusOK {
		return errStatus
	}
	first := make([]byte, 1)
	n, err := io.ReadFull(resp.Body, first)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	rest := io.MultiReader(bytes.NewReader(first[:n]), resp.Body)
	limit, media := resp.Request.Context().Value(mediaLimit{}).(int64)
	// The API answers a media call with an error as JSON under any content type; no
	// picture, voice or video begins with a brace.
	if media && (n == 0 || first[0] != '{') {
		timer.Reset(mediaTimeout)
		resp.Header.Del("Content-Type")
		resp.Body = &file{Reader: http.MaxBytesReader(nil, readCloser{rest, resp.Body}, limit), body: resp.Body, done: func() { timer.Stop(); done(nil) }}
		return nil
	}
	raw, err := io.ReadAll(io.LimitReader(rest, answerLimit+1))
	if err != nil {
		return err
	}
	if len(raw) > answerLimit {
		return errTooLong
	}
	resp.Body.Close()
	timer.Stop()
	done(nil)
	resp.Header.Set("Content-Type", jsonType)
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	return nil
}

// refused reports whether an answer says that the token is no good, and leaves
// the answer readable.
func refused(resp *http.Response) bool {
	if resp.Header.Get("Content-Type") != jsonType {
		return false
	}
	raw, _ := io.ReadAll(resp.Body) // from memory: cannot fail
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	var answer struct{ ErrCode int }
	return json.Unmarshal(raw, &answer) == nil && TokenRefused(answer.ErrCode)
}

type readCloser struct {
	io.Reader
	io.Closer
}

// file is a body that is read by the caller, within mediaTimeout.
type file struct {
	io.Reader
	body io.Closer
	done func()
}

func (f *file) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	var large *http.MaxBytesError
	if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, &large) {
		err = &Failure{Call: "media", Written: true, Err: errBroken}
	}
	return n, err
}

func (f *file) Close() error {
	defer f.done()
	return f.body.Close()
}
