// Package channeltest is what every channel promises, as one suite of tests. A
// channel brings a Harness: its adapter, and the other side as a person sees it.
package channeltest

import (
	"testing"

	"careline/bot"
	"careline/channels"
)

// Harness is a channel and its other side. Each test gets a fresh one; nobody has
// written yet. Fields that may be nil say so.
type Harness struct {
	Adapter channels.Adapter
	// Restart makes the adapter anew from the same configuration, as a process does
	// that takes the place of one that died.
	Restart func() channels.Adapter
	// To is the person the tests write to.
	To bot.Text
	// Writes lets the person write text, which the channel delivers so many times.
	Writes func(text string, times int)
	// Inbox is what the channel handed over, in order. Nil: the receiving side is
	// tested elsewhere.
	Inbox func() []bot.Inbound
	// Seen is what the person has been shown, in order.
	Seen func() []string
	// Expire lets the windows close. Nil: the channel has none.
	Expire func()
	// Faults are the ways the other side can fail a send.
	Faults []Fault
}

// Fault is one way in which a send can fail, and what must be made of it.
type Fault struct {
	Name string
	// Arm makes the next send, and no other, meet the fault.
	Arm func()
	// Want is the error; of After only whether there is one is compared.
	Want channels.SendError
	// Shown: the person sees the text although the send failed.
	Shown bool
}

// Run runs the suite.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"its limits leave room for staff and for a danger", limits},
		{"a long text arrives in order and whole", order},
		{"a text as long as the limit arrives, a longer one is refused", oversize},
		{"every character arrives as it was sent", unicode},
		{"what is no text is refused", noText},
		{"nobody is written to who has not written", unopened},
		{"a window holds so many messages and no more", window},
		{"a part sent twice is seen once where the limits say so", again},
		{"a message delivered twice is the same message", duplicates},
		{"a process that takes over sends what was accepted before", restart},
		{"a send that is given up is seen by nobody", givenUp},
		{"what is not in the library is gone for good", library},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, fresh(t))
		})
	}
	for _, f := range fresh(t).Faults {
		t.Run("fault: "+f.Name, func(t *testing.T) {
			t.Parallel()
			fault(t, fresh(t), f.Name)
		})
	}
}
