package bot_test

import (
	"testing"
	"time"

	"careline/bot"
)

func TestAgeIsCountedInBirthdays(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	cases := []struct {
		born  bot.Date
		now   string
		years int
		known bool
	}{
		{"1980-03-05", "2026-03-04", 45, true},
		{"1980-03-05", "2026-03-05", 46, true},
		{"2026-11-01", "2026-11-23", 0, true},
		{"1980", "2026-03-05", 0, false},
		{"", "2026-03-05", 0, false},
		{"2030-01-01", "2026-03-05", 0, false},
	}
	for _, c := range cases {
		if years, known := c.born.AgeAt(day(c.now)); years != c.years || known != c.known {
			t.Errorf("born %q, on %s: %d, %v; want %d, %v", c.born, c.now, years, known, c.years, c.known)
		}
	}
}
