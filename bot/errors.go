package bot

import (
	"errors"
	"fmt"
)

// ErrorKind says what a caller can do about an error.
type ErrorKind string

// The kinds of error.
const (
	KindNotFound    ErrorKind = "not_found"
	KindInvalid     ErrorKind = "invalid"     // the input is at fault
	KindConflict    ErrorKind = "conflict"    // somebody was faster; Careline is fine
	KindForbidden   ErrorKind = "forbidden"   //
	KindUnavailable ErrorKind = "unavailable" // try again later
	KindInternal    ErrorKind = "internal"
)

// Error carries two texts: a sentence for the person, and the operator's error
// with ids and what to do next. Neither holds patient text.
type Error struct {
	Kind   ErrorKind
	Person string
	Err    error
}

// Errorf makes an Error; person is a whole sentence, format and args are for the operator.
func Errorf(kind ErrorKind, person, format string, args ...any) *Error {
	return &Error{Kind: kind, Person: person, Err: fmt.Errorf(format, args...)}
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of the first Error in err's chain, KindInternal if there is none.
func KindOf(err error) ErrorKind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}
