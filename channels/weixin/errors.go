package weixin

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"syscall"

	"github.com/silenceper/wechat/v2/util"
)

// Error is what the API answered instead of a result. The platform's own text is
// not kept: it repeats what was sent.
type Error struct {
	Code int
	Call string // such as "message/custom/send"
	// From is the address the platform saw, which it tells with code 40164 (the
	// address is not on the account's list).
	From netip.Addr
}

func (e *Error) Error() string { return fmt.Sprintf("weixin: %s: errcode %d", e.Call, e.Code) }

// Failure is a call without an answer of the API.
type Failure struct {
	Call    string
	Status  int   // the HTTP status, 0 where none came
	Written bool  // the request may have reached the platform
	Err     error // what happened, without addresses, tokens or text
}

func (e *Failure) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("weixin: %s: status %d: %v", e.Call, e.Status, e.Err)
	}
	return fmt.Sprintf("weixin: %s: %v", e.Call, e.Err)
}

func (e *Failure) Unwrap() error { return e.Err }

// TokenRefused reports whether a code says that the access token is no good: it is
// wrong or was replaced (40001, 40014) or has ended (42001).
func TokenRefused(code int) bool { return code == 40001 || code == 40014 || code == 42001 }

var (
	errNotJSON  = errors.New("the answer cannot be read")
	errBroken   = errors.New("the connection broke")
	errDial     = errors.New("no connection")
	errName     = errors.New("the host's name is not known")
	errIdentity = errors.New("the host's certificate is not trusted")
)

// unsent says of an error on the way to a token that the call itself never left.
func unsent(call string, err error) error {
	if f, ok := errors.AsType[*Failure](err); ok {
		return &Failure{Call: call, Status: f.Status, Err: fmt.Errorf("no token: %w", f.Err)}
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Failure{Call: call, Err: fmt.Errorf("no token: %w", safe(err))}
}

// clean keeps of an error what is ours. The error of an HTTP client holds the whole
// address, with what stood in its query.
func clean(call string, err error) error {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Failure{Call: call, Err: safe(err)}
}

// cause is why a request failed: our own timeout and the caller's before all else.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return safe(context.Cause(ctx))
	}
	return safe(err)
}

// safe is a cause in our own words: a library's may quote what the other side sent.
func safe(err error) error {
	for _, known := range []error{context.DeadlineExceeded, context.Canceled, errRedirect, errStatus, errTooLong, errNotJSON, errNoAccount, errNoReplay} {
		if errors.Is(err, known) {
			return known
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errName
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errIdentity
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return errDial
	}
	return errBroken
}

func decodeFrom(call string, r io.Reader, out any) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return clean(call, err)
	}
	return decode(call, raw, out)
}

// decode reads an answer: the API's error, or the result into out. An answer that
// cannot be read came after the request had been written.
func decode(call string, raw []byte, out any) error {
	err := util.DecodeWithCommonError(raw, call)
	if e, ok := errors.AsType[*util.CommonError](err); ok {
		return &Error{Code: int(e.ErrCode), Call: call, From: seenFrom(e)}
	}
	if err == nil && out != nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		return &Failure{Call: call, Written: true, Err: errNotJSON}
	}
	return nil
}

// addressShape is where a message of the platform may name an address.
var addressShape = regexp.MustCompile(`[0-9a-fA-F.:]{7,45}`)

func seenFrom(e *util.CommonError) netip.Addr {
	if e.ErrCode != 40164 {
		return netip.Addr{}
	}
	for _, text := range addressShape.FindAllString(e.ErrMsg, -1) {
		if ip, err := netip.ParseAddr(text); err == nil {
			return ip.Unmap()
		}
	}
	return netip.Addr{}
}
