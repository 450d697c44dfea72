package bot

import "time"

// Verdict says how an answer came to be released.
type Verdict string

// The verdicts. Composed: written by code from evidence alone. Safety: a
// reviewed text for an emergency or a crisis.
const (
	VerdictAccepted Verdict = "accepted"
	VerdictRepaired Verdict = "repaired"
	VerdictComposed Verdict = "composed"
	VerdictSafety   Verdict = "safety"
)

// AnswerKind says what the reply is, for reports and pages.
type AnswerKind string

// The kinds of reply.
const (
	AnswerExplain AnswerKind = "explain" // about results or knowledge
	AnswerSafety  AnswerKind = "safety"  // emergency, crisis, critical result
	AnswerNotice  AnswerKind = "notice"  // consent, "whose report?", hand-over
	AnswerSilent  AnswerKind = "silent"  // a person owns the conversation
	AnswerStaff   AnswerKind = "staff"   // a person answered
)

// Trigger is the rule and the words that set a level.
type Trigger struct {
	Level Level
	Rule  string // rule id, "T2", "critical" …
	Term  string // lexicon entry id, or analyte id
	Start int    // byte span in the message, 0,0 if none
	End   int
}

// Decision is what one turn came to: what is said, why, from which evidence.
type Decision struct {
	Kind      AnswerKind
	Author    Author
	Parts     []Text // in order; most answers have one
	Full      Text   // the whole text behind "full text", if longer than the parts
	Language  Language
	Level     Level
	Tier      Tier
	Trigger   *Trigger // what raised the level, nil if nothing did
	Patient   PatientID
	Evidence  Evidence
	Cited     []string // ids of passages used
	Verdict   Verdict
	Composed  bool
	Model     string // "" without one
	Prompt    string // template id and version, "" without a model
	Usage     Usage
	Attempts  []Attempt // every draft of the turn, in order
	Reviewed  ReviewedAs
	Released  []Hash // of each text a review or a reviewed template let go
	Checks    []Violation
	OpenCase  *CaseReason
	TookMS    int
	DecidedAt time.Time
}

// Violation is one check of the guard that a draft failed.
type Violation struct {
	Check string // V0 … V14
	Start int
	End   int
	Why   string // for staff and for the repair: never patient text
}

// CaseReason says why a person must act.
type CaseReason struct {
	Level   Level
	Trigger Trigger
	Result  ResultID // the critical result, 0 if none
}

// Case is an escalation.
type Case struct {
	ID           CaseID
	Institution  InstitutionID
	Conversation ConversationID // 0 when a result arrived for a patient without one
	Patient      PatientID
	Level        Level
	Trigger      Trigger
	Owner        Owner
	OpenedAt     time.Time
	DueAt        time.Time
	FirstReplyAt time.Time
	ClosedAt     time.Time
	Outcome      string
	Result       ResultID // the critical result behind it, 0 if none
	Words        Text     // the message that opened it; the trigger's span is in it
}
