package bot

import "crypto/sha256"

// Usage is what the calls of one turn took at a model.
type Usage struct {
	Calls            int
	PromptTokens     int
	CompletionTokens int
	TookMS           int
}

// Add sums two usages.
func (u Usage) Add(v Usage) Usage {
	return Usage{u.Calls + v.Calls, u.PromptTokens + v.PromptTokens, u.CompletionTokens + v.CompletionTokens, u.TookMS + v.TookMS}
}

// Tokens are all that were read and written.
func (u Usage) Tokens() int { return u.PromptTokens + u.CompletionTokens }

// Writer is who wrote a draft.
type Writer string

// The writers of drafts.
const (
	WriterModel    Writer = "model"
	WriterRepair   Writer = "repair" // the model again, told what was wrong
	WriterComposer Writer = "composer"
)

// Attempt is one draft of a turn and what the review said of it. A draft with
// violations never leaves; it is kept for staff.
type Attempt struct {
	Writer     Writer
	Draft      Text
	Violations []Violation
	Failure    string // why the model wrote no draft: "timeout", "budget"; "" when it did
}

// ReviewedAs is what a review was told besides the text and the evidence, kept so
// that a past answer can be reviewed again from its record.
type ReviewedAs struct {
	Title         string // the report's title as printed
	Level         Level
	Tier          Tier
	CaseCommitted bool
	MaxBytes      int
	Marks         bool
}

// Hash is the SHA-256 of a text's bytes.
type Hash [sha256.Size]byte

// HashOf is the hash under which a text is released: the sender sends only what
// has one.
func HashOf(t Text) Hash { return sha256.Sum256([]byte(t.plain)) }
