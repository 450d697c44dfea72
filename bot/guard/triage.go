package guard

import (
	"slices"
	"time"

	"careline/bot"
)

// TriageInput is what sets a level before any model runs: the unanswered
// messages, the level that stands, and the facts with the critical line they meet.
type TriageInput struct {
	Messages []bot.TurnMessage
	// Earlier are the person's messages of the last half hour that were answered.
	// They may complete a danger; alone they raise nothing again.
	Earlier  []bot.TurnMessage
	Standing bot.Level
	Facts    []bot.Fact
	Now      time.Time
	Language bot.Language
}

// Triage is the highest level that a rule of the red flags or the critical table
// sets. The span lies in the message it is found in, of several the first. Term
// is the red flag's id, or the analyte's for rule "critical"; rule "lexicon" is a
// plain match that no rule T1 to T10 had to decide. A panic counts as review.
func (g *Guard) Triage(in TriageInput) (t bot.Trigger) {
	defer func() {
		if recover() != nil {
			t = bot.Trigger{Level: bot.LevelReview, Rule: "panic"}
		}
	}()
	all := slices.Concat(in.Earlier, in.Messages)
	heard := make([]reading, len(all))
	for i, m := range all {
		heard[i] = g.redFlags.hear(m.Text.Plain())
	}
	words, readings := g.redFlags.level(heard, len(in.Earlier)), heard[len(in.Earlier):]
	if heard := g.learned.level(readings); heard.Level > max(words.Level, in.Standing) {
		words = heard
	}
	critical, ofResult := criticalFact(in.Facts)
	if words.Level.Urgent() && words.Level >= critical.Level {
		return words
	}
	// What is known from a stored result was told when it stood up; what the
	// person writes now is news.
	if in.Standing.Urgent() && (critical.Level == bot.LevelNone || ofResult) {
		if reply, ok := standingReply(readings); ok {
			return reply
		}
	}
	if critical.Level > words.Level {
		return critical
	}
	return words
}

func criticalFact(facts []bot.Fact) (t bot.Trigger, onlyResults bool) {
	onlyResults = true
	for _, f := range facts {
		if f.Critical == nil {
			continue
		}
		onlyResults = onlyResults && f.Kind == bot.FactResult
		if t.Level == bot.LevelNone || f.Critical.Action == bot.TierNow && t.Term == "" {
			t = bot.Trigger{Level: bot.LevelEmergency, Rule: "critical", Term: string(f.Analyte)}
		}
	}
	return t, onlyResults
}

// found is one mention with the message it stands in and how it is meant.
type found struct {
	mention
	message int
	meaning meaning
	rule    string
}

// level is the highest level of all red flags over the messages of a turn, those
// from index unanswered on; earlier ones only complete what these say.
func (r *redFlags) level(readings []reading, unanswered int) bot.Trigger {
	mentions := map[signID][]found{}
	for i := range readings {
		for _, s := range r.mentions(&readings[i]) {
			mentions[s.sign] = append(mentions[s.sign], found{mention: s, message: i})
		}
	}
	var highest bot.Trigger
	for _, f := range r.flags {
		if t, ok := f.raise(readings, mentions, unanswered); ok && t.Level > highest.Level {
			highest = t
		}
	}
	if highest.Level == bot.LevelCrisis && highest.Rule == "lexicon" && slices.ContainsFunc(readings[unanswered:], reading.denies) {
		highest.Rule = "T6"
	}
	return highest
}

// denies reports that a message denies anything at all.
func (m reading) denies() bool { return m.after(negation, 0) }

// raise is the trigger of a flag whose signs are all meant; when one of them may
// be meant, a person looks.
func (f redFlag) raise(readings []reading, mentions map[signID][]found, unanswered int) (bot.Trigger, bool) {
	for _, s := range f.without {
		if len(mentions[s]) > 0 {
			return bot.Trigger{}, false
		}
	}
	least, rule := meant, ""
	var shown found
	for _, s := range f.all {
		if len(mentions[s]) == 0 {
			return bot.Trigger{}, false
		}
		best := f.best(readings, mentions[s], unanswered)
		least = min(least, best.meaning)
		if best.rule != "" && rule == "" {
			rule = best.rule
		}
		if shown.end == 0 && best.message >= unanswered {
			shown = best
		}
	}
	if len(f.several) > 0 {
		least = min(least, f.count(readings, mentions, unanswered, &shown))
	}
	if shown.end == 0 {
		return bot.Trigger{}, false
	}
	level, ok, rule := f.outcome(least, rule)
	if !ok {
		return bot.Trigger{}, false
	}
	t := bot.Trigger{Level: level, Rule: f.rule(rule), Term: f.id}
	t.Start, t.End = readings[shown.message].origin(shown.mention)
	return t, true
}

// outcome is the level for how its signs are meant. Unsure is a question and a
// person who looks; unsure about a crisis is the crisis text (T10).
func (f redFlag) outcome(least meaning, rule string) (bot.Level, bool, string) {
	crisis := f.level == bot.LevelCrisis
	switch {
	case least == unsure && crisis:
		return f.level, true, "T10"
	case least == unsure, crisis && (least == denied || least == history && rule == "T3"):
		return bot.LevelReview, true, "T10"
	}
	return f.level, least == meant, rule
}

// count says whether enough of several signs are meant. A word that makes two of
// them counts once.
func (f redFlag) count(readings []reading, mentions map[signID][]found, unanswered int, shown *found) meaning {
	var counted []found
	for _, s := range f.several {
		best := f.best(readings, mentions[s], unanswered)
		again := slices.ContainsFunc(counted, func(c found) bool {
			return c.message == best.message && c.start < best.end && best.start < c.end
		})
		if best.meaning < meant || again {
			continue
		}
		counted = append(counted, best)
		if shown.end == 0 && best.message >= unanswered {
			*shown = best
		}
	}
	if len(counted) < f.least {
		return denied
	}
	return meant
}

// best is the mention that is meant most, of several the first unanswered one.
func (f redFlag) best(readings []reading, all []found, unanswered int) (best found) {
	best.meaning = denied
	for _, s := range all {
		s.meaning, s.rule = readings[s.message].judge(s.mention, f)
		news := s.message >= unanswered && best.message < unanswered
		if best.end == 0 || s.meaning > best.meaning || news && s.meaning == best.meaning {
			best = s
		}
		if best.meaning == meant && best.message >= unanswered {
			break
		}
	}
	return best
}

func (f redFlag) rule(decided string) string {
	switch {
	case f.level == bot.LevelHuman:
		return "T7"
	case f.level == bot.LevelCrisis && decided == "T1":
		return "T6"
	case decided != "":
		return decided
	}
	return "lexicon"
}

// replies are the ids of the reviewed replies under a standing emergency, by the
// words that ask for them; the first heard in this order is given.
var replies = [...]struct {
	group signID
	id    string
}{{cannotGo, "cannot-go"}, {arrived, "arrived"}, {calledHelp, "called-120"}, {mistaken, "mistaken"}}

// StandingReply reports whether a rule is the id of a reviewed reply to what a
// person says under a standing emergency: that they arrived, called for help,
// cannot go, or that it was a mistake.
func StandingReply(rule string) bool {
	return slices.ContainsFunc(replies[:], func(r struct {
		group signID
		id    string
	}) bool {
		return r.id == rule
	})
}

// standingReply finds such a reply in the messages. It sets no level: what stands
// stays until staff have reached the person.
func standingReply(readings []reading) (bot.Trigger, bool) {
	for _, r := range replies {
		for i := range readings {
			m := &readings[i]
			for _, t := range m.tokens {
				s := mention{sign: t.sign, start: t.start, end: t.end}
				if t.sign != r.group || m.deny(s) == denied || m.supposed(s) {
					continue
				}
				start, end := m.origin(s)
				return bot.Trigger{Level: bot.LevelNone, Rule: r.id, Term: r.id, Start: start, End: end}, true
			}
		}
	}
	return bot.Trigger{}, false
}
