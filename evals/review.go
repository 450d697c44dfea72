package evals

import (
	"io"
	"regexp"
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/guard"
)

// ReviewOutcome is what became of one draft.
type ReviewOutcome struct {
	ID      string
	Block   bool     // it must not leave
	Blocked bool     // it does not
	Checks  []string // that failed, each once
	Span    string   // of the first violation that is not of the text as a whole
	Unread  int      // labs that an import keeps out
}

// wrong reports a bad draft that was released or a good one that was blocked.
func (o ReviewOutcome) wrong() bool { return o.Block != o.Blocked }

// Review runs a suite, line by line, and hands each outcome on. An error names
// the line and is KindInvalid where the file is at fault.
func (b *Bench) Review(name string, r io.Reader, each func(ReviewOutcome)) error {
	return eachLine(name, r, func(c ReviewCase) error {
		o, err := b.ReviewOne(c)
		if err == nil {
			each(o)
		}
		return err
	})
}

// ReviewOne reviews one draft.
func (b *Bench) ReviewOne(c ReviewCase) (ReviewOutcome, error) {
	evidence, unread, err := b.evidence(c)
	if err != nil {
		return ReviewOutcome{}, err
	}
	o := b.judge(c, evidence)
	o.Unread = unread
	return o, nil
}

// judge fills the draft's slots and reviews it. The draft is judged as a draft
// also where a value is critical: in production such a conversation is at level
// emergency, and V13 lets no draft out at all. Its case is committed.
func (b *Bench) judge(c ReviewCase, e bot.Evidence) ReviewOutcome {
	o := ReviewOutcome{ID: c.ID, Block: c.Block}
	text, violations := b.fill(c.Completion, e, c.language())
	if len(violations) == 0 {
		violations = b.guard.Review(b.draft(c, text, e), e)
	}
	o.Blocked = len(violations) > 0
	for _, v := range violations {
		if !slices.Contains(o.Checks, v.Check) {
			o.Checks = append(o.Checks, v.Check)
		}
		if part := v.End-v.Start < len(text); o.Span == "" && part && v.Start < v.End && v.End <= len(text) {
			o.Span = text[v.Start:v.End]
		}
	}
	return o
}

// fill is where the slots of a draft become text.
func (b *Bench) fill(draft string, e bot.Evidence, language bot.Language) (string, []bot.Violation) {
	return b.guard.Fill(draft, e, language)
}

func (b *Bench) draft(c ReviewCase, text string, e bot.Evidence) guard.Draft {
	d := guard.Draft{
		Text: text, Language: c.language(), Cited: cited(text), Tier: b.guard.Tier(e.Facts, e.Patient).Tier,
		Question: []bot.TurnMessage{{Kind: "text", Text: c.Question, At: e.Now}}, Channel: guard.ChannelLimits{},
		CaseCommitted: slices.ContainsFunc(e.Facts, func(f bot.Fact) bool { return f.Critical != nil }),
	}
	if len(d.Cited) == 0 {
		for _, p := range e.Passages {
			d.Cited = append(d.Cited, p.ID)
		}
	}
	return d
}

var (
	citation = regexp.MustCompile(`(?i)\[\s*K\d{1,3}(?:\s*[,，、]\s*K\d{1,3})*\s*\]`)
	passage  = regexp.MustCompile(`(?i)K\d{1,3}`)
)

// cited are the passages a draft marks.
func cited(text string) (ids []string) {
	for _, mark := range citation.FindAllString(text, -1) {
		for _, id := range passage.FindAllString(mark, -1) {
			if id = strings.ToUpper(id); !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
