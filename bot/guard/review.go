package guard

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"careline/bot"
)

// ChannelLimits is what a channel takes as one message.
type ChannelLimits struct {
	MaxBytes int  // 0: no limit
	Marks    bool // [K1] marks are drawn as links; elsewhere they would show as text
}

// Draft is a text that wants to leave, with what is known about the answer.
type Draft struct {
	Text          string
	Language      bot.Language
	Title         string   // the report's title as printed, which a text may repeat; "" if none
	Cited         []string // ids of passages the text rests on
	Level         bot.Level
	Tier          bot.Tier
	Question      []bot.TurnMessage // the patient's words the text answers
	CaseCommitted bool              // a case is, or will be in the same transaction, handed over
	Channel       ChannelLimits
	Names         []string // of the patient and their family, which no text may say
	Staff         string   // name of the staff member who signs, which may stand
	Instructions  []string // the prompt's own words, which a draft may not repeat
	Allowed       []string // links and telephone numbers of the institution
}

// reviewing is one draft under review.
type reviewing struct {
	words    *reviewWords
	draft    Draft
	evidence bot.Evidence
	script
	found      map[string][]span // phrases of the word lists
	names      []naming
	quoted     []span // sentences of cited passages, word for word
	quantities []quantity
	measured   [][]measured            // of each fact
	judged     map[int]verdictOnNumber // by where the number starts
	dates      []dated
	printed    []span   // where the report itself speaks
	ownUnits   []string // folded, as printed
	cited      []bot.Passage
	question   string // folded
	source     string // folded: everything terms may come from
}

// check is one rule of the review.
type check struct {
	id  string
	run func(*reviewing) []bot.Violation
}

// checks are all rules, in the order in which they are reported. V0 is the
// canonical form the others read, and what no rule could judge.
func checks() []check {
	return []check{
		{"V0", (*reviewing).v0}, {"V1", (*reviewing).v1}, {"V2", (*reviewing).v2}, {"V3", (*reviewing).v3}, {"V4", (*reviewing).v4},
		{"V5", (*reviewing).v5}, {"V6", (*reviewing).v6}, {"V7", (*reviewing).v7}, {"V8", (*reviewing).v8}, {"V9", (*reviewing).v9}, {"V10", (*reviewing).v10},
		{"V11", (*reviewing).v11}, {"V12", (*reviewing).v12}, {"V13", (*reviewing).v13}, {"V14", (*reviewing).v14},
	}
}

// A draft longer than this, or a review slower than this, is refused unread.
const (
	longestDraft  = 32 << 10 // bytes
	slowestReview = 5 * time.Second
)

// Review says what keeps a draft from leaving: nil when nothing does. A panic
// inside is a rejection.
func (g *Guard) Review(d Draft, e bot.Evidence) (violations []bot.Violation) {
	started := time.Now()
	defer func() {
		if recover() != nil {
			violations = append(violations, unreadable(d, "the review itself failed"))
		}
		g.counts.add(violations)
	}()
	if len(d.Text) > longestDraft || !utf8.ValidString(d.Text) || strings.TrimSpace(d.Text) == "" {
		return []bot.Violation{unreadable(d, "the text is empty, not UTF-8 or too long to be reviewed")}
	}
	r := newReviewing(&g.words, d, e)
	for _, c := range checks() {
		found := c.run(r)
		for i := range found {
			found[i].Check = c.id
		}
		violations = append(violations, found...)
		if time.Since(started) > slowestReview {
			return append(violations, unreadable(d, "the review took too long"))
		}
	}
	return violations
}

func unreadable(d Draft, why string) bot.Violation {
	return bot.Violation{Check: "V0", End: len(d.Text), Why: why}
}

func newReviewing(w *reviewWords, d Draft, e bot.Evidence) *reviewing {
	r := &reviewing{words: w, draft: d, evidence: e, script: newScript(d.Text)}
	r.readEvidence()
	r.findNames()
	r.found = w.phrases.find(r.text)
	r.dropPartNames()
	keep := append(r.nameSpans(), r.found["lexicon.analyte"]...)
	slices.SortFunc(keep, func(a, b span) int { return a.start - b.start })
	r.cut(keep)
	r.without("grammar.negators", "grammar.affirmative")
	for _, list := range []string{"direction.high", "direction.low", "direction.within"} {
		for _, longer := range []string{"direction.ordinary", "direction.up", "direction.down"} {
			r.without(list, longer)
		}
	}
	r.without("direction.positive", "lexicon.analyte")                                                                                               // "C-reactive protein"
	r.found["direction.within"] = slices.DeleteFunc(r.found["direction.within"], func(s span) bool { return anyHolds(r.found["direction.out"], s) }) // 不正常
	r.findWithin()
	r.findQuoted()
	r.findPrinted()
	r.findQuantities()
	return r
}

// without drops the words of a list that stand inside words of another: "别" in
// "特别", "高密度", "升高了" for a change.
func (r *reviewing) without(list, others string) {
	r.found[list] = slices.DeleteFunc(r.found[list], func(s span) bool { return anyOverlaps(r.found[others], s) })
}

// violation is one failed check at a canonical span; why holds no patient text.
func (r *reviewing) violation(at span, format string, args ...any) bot.Violation {
	start, end := r.origin(at)
	return bot.Violation{Start: start, End: end, Why: fmt.Sprintf(format, args...)}
}

// overText is a failed check of the text as a whole.
func (r *reviewing) overText(format string, args ...any) []bot.Violation {
	return []bot.Violation{{End: len(r.draft.Text), Why: fmt.Sprintf(format, args...)}}
}

// v0 refuses characters that make people see another text than was reviewed.
func (r *reviewing) v0() []bot.Violation {
	for i, c := range r.draft.Text {
		if c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			return []bot.Violation{{Start: i, End: i + utf8.RuneLen(c), Why: "a character that reorders the text"}}
		}
		if c == utf8.RuneError {
			return []bot.Violation{{Start: i, End: i + utf8.RuneLen(c), Why: "a character that stands for an unreadable one"}}
		}
	}
	return nil
}

// in lists the spans of a word list inside a span.
func (r *reviewing) in(list string, within span) []span {
	var all []span
	for _, s := range r.found[list] {
		if within.holds(s) {
			all = append(all, s)
		}
	}
	return all
}

func (r *reviewing) has(list string, within span) bool {
	for _, s := range r.found[list] {
		if within.holds(s) {
			return true
		}
	}
	return false
}

// negated reports whether a negator stands right before at.
func (r *reviewing) negated(at span) bool {
	const near = 8 // bytes: "并没有", "not any"
	c := r.clauses[r.clauseOf(at.start)]
	if before := (span{c.start, at.start}); r.has("direction.none", before) || r.has("direction.unseen", before) {
		return true
	}
	for _, n := range r.found["grammar.negators"] {
		if n.end <= at.start && at.start-n.end <= near && !strings.ContainsAny(r.text[n.end:at.start], ",.;:!?\n。") {
			return true
		}
	}
	return false
}

// supposed reports a clause that asks or supposes and so asserts nothing.
func (r *reviewing) supposed(c clause) bool {
	return c.question || r.has("grammar.questions", c.span) || r.has("grammar.conditions", c.span)
}
