package wechattest

import (
	"encoding/json"
	"io"
	"net/http"
)

// call is one request to the API that passed the checks all calls share.
type call struct {
	*http.Request
	body []byte // of a POST
}

// endpoint answers a call with a value to be sent as JSON, or with a file, and the
// code it stands for.
type endpoint func(call) (answer any, code int)

// file is an answer that is not JSON.
type file struct {
	kind, name string
	content    []byte
}

type answerKey struct {
	path string
	code int
}

// largestBody is far more than any call of ours needs.
const largestBody = 16 << 20

// api wraps an endpoint in what all calls share: counting, faults, the method and
// the access token.
func (p *Platform) api(method, path string, open bool, do endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := p.begin(path)
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
		if err != nil || !fault.wait(p.ctx) || fault.HangUp == BeforeAccepting {
			p.lose(path)
			panic(http.ErrAbortHandler)
		}
		answer, code := any(nil), fault.Code
		if fault.Status != 0 {
			code = fault.Status
		}
		if code == codeOK {
			answer, code = p.checked(method, open, do, call{r, body})
		}
		p.note(path, code, fault.HangUp == AfterAccepting)
		if fault.HangUp == AfterAccepting {
			panic(http.ErrAbortHandler)
		}
		write(w, fault, answer, code)
	})
}

func (p *Platform) checked(method string, open bool, do endpoint, c call) (any, int) {
	if c.Method != method {
		return nil, map[string]int{http.MethodGet: codeWantsGET, http.MethodPost: codeWantsPOST}[method]
	}
	if !open {
		if code := p.checkToken(c.URL.Query().Get("access_token")); code != codeOK {
			return nil, code
		}
	}
	return do(c)
}

func write(w http.ResponseWriter, fault Fault, answer any, code int) {
	f, isFile := answer.(file)
	switch {
	case fault.Status != 0:
		http.Error(w, "the platform is down", fault.Status)
		return
	case fault.Garbage:
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok`)
		return
	case code == codeOK && isFile:
		w.Header().Set("Content-Type", f.kind)
		w.Header().Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
		_, _ = w.Write(f.content)
		return
	case code != codeOK || answer == nil:
		answer = fail(code)
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_ = json.NewEncoder(w).Encode(answer)
}

// read reads a call's JSON into v; the code says what is wrong with it.
func (c call) read(v any) int {
	if len(c.body) == 0 {
		return codeEmpty
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return codeNotJSON
	}
	return codeOK
}

// begin counts a call and takes the fault that waits for it.
func (p *Platform) begin(path string) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[path]++
	return p.takeFault(path)
}

func (p *Platform) note(path string, code int, lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[answerKey{path, code}]++
	p.record(Logged{What: path, Code: code, Lost: lost})
}

func (p *Platform) lose(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.record(Logged{What: path, Lost: true})
}

// Calls counts the requests to a path, such as "/cgi-bin/message/custom/send".
func (p *Platform) Calls(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

// Answers counts the requests to a path that were answered with code: 0 for those
// that went well, an HTTP status for those a fault ended with one.
func (p *Platform) Answers(path string, code int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers[answerKey{path, code}]
}
