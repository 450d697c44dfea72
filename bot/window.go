package bot

import "time"

// Opening is what a patient did that lets a channel write to them.
type Opening string

// The openings. In the official account a message opens 48 hours, a tap of the
// menu, a follow or a scan one minute.
const (
	OpenedByWriting Opening = "writing"
	OpenedByTapping Opening = "tapping"
)

// Window is how much may be sent after an opening. Part of it is kept back, so
// that a person, and a text about a danger, can always be sent.
type Window struct {
	Opening   Opening
	For       time.Duration
	Messages  int
	ForStaff  int // of these, kept for staff and for safety
	ForSafety int // of these, kept for the texts of an emergency or crisis
}

// Allowance is how many messages of a window an author may use in all.
func (w Window) Allowance(author Author, urgent bool) int {
	switch {
	case urgent:
		return w.Messages
	case author == AuthorStaff:
		return w.Messages - w.ForSafety
	}
	return w.Messages - w.ForSafety - w.ForStaff
}
