package llm

import "time"

// Timings are how long things may take; a zero means the default. Tests shorten them.
type Timings struct {
	Deadline   time.Duration // of one turn, with every call in it: 12 s
	Least      time.Duration // no further call starts with less than this left of the turn: 3 s
	Connect    time.Duration // to the endpoint, and again for TLS: 2 s
	FirstToken time.Duration // from the start of a call to the first piece of its answer: 8 s
	Pause      time.Duration // before the retry: a random time of one to three times this: 200 ms
	OpenFor    time.Duration // how long an open circuit lets nothing through: 15 s
}

func (t Timings) orDefault() Timings {
	for _, f := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&t.Deadline, 12 * time.Second},
		{&t.Least, 3 * time.Second},
		{&t.Connect, 2 * time.Second},
		{&t.FirstToken, 8 * time.Second},
		{&t.Pause, 200 * time.Millisecond},
		{&t.OpenFor, 15 * time.Second},
	} {
		if *f.value == 0 {
			*f.value = f.standard
		}
	}
	return t
}
