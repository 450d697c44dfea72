package bot

import "fmt"

// Level says who must act on a conversation. It is set by rules before any
// model runs, and later steps may raise it, never lower it.
type Level int

// The levels, in order.
const (
	LevelNone      Level = iota // the assistant answers
	LevelReview                 // a clinician looks at the individual part
	LevelHuman                  // the person asked for, or needs, a person
	LevelEmergency              // physical danger or a critical result
	LevelCrisis                 // danger of self-harm
)

var levelNames = [...]string{"none", "review", "human", "emergency", "crisis"}

func (l Level) String() string { return levelNames[l] }

// ParseLevel reads a level's name.
func ParseLevel(s string) (Level, error) {
	for i, name := range levelNames {
		if s == name {
			return Level(i), nil
		}
	}
	return LevelNone, fmt.Errorf("bot: no level is called %q", s)
}

// Urgent reports whether only a reviewed safety text may leave at this level.
func (l Level) Urgent() bool { return l >= LevelEmergency }

// Tier is the action one answer advises. Code computes it from rules that are
// data; a draft may not contradict it.
type Tier int

// The tiers, in order of urgency.
const (
	TierHome     Tier = iota // nobody needs to be seen because of this
	TierRoutine              // at the next planned visit
	TierThisWeek             // within a week or two
	TierToday                // the same day
	TierNow                  // the emergency department
)

var tierNames = [...]string{"home", "routine", "this_week", "today", "now"}

func (t Tier) String() string { return tierNames[t] }

// ParseTier reads a tier's name.
func ParseTier(s string) (Tier, error) {
	for i, name := range tierNames {
		if s == name {
			return Tier(i), nil
		}
	}
	return TierHome, fmt.Errorf("bot: no tier is called %q", s)
}

func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }
func (t Tier) MarshalText() ([]byte, error)  { return []byte(t.String()), nil }

// UnmarshalText reads a level's name, as in a data file.
func (l *Level) UnmarshalText(b []byte) (err error) { *l, err = ParseLevel(string(b)); return err }

// UnmarshalText reads a tier's name, as in a data file.
func (t *Tier) UnmarshalText(b []byte) (err error) { *t, err = ParseTier(string(b)); return err }
