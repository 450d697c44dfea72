package bot

import (
	"strings"
	"time"
)

// FactKind says where a fact comes from.
type FactKind string

// A stated fact is what the patient wrote; it meets the same critical table.
const (
	FactResult FactKind = "result"
	FactStated FactKind = "stated"
)

// Fact is one typed piece of evidence about this patient. Its texts are as
// printed; an answer may state nothing about the patient that is not in a fact.
type Fact struct {
	ID       string // F1, F2 … within one evidence pack
	Kind     FactKind
	Result   ResultID // 0 for stated facts
	Report   ReportID
	Analyte  AnalyteID
	Name     string   // the catalogue's name in the answer's language, else as printed
	Names    []string // every name and alias by which a text may mention it
	Code     string   // LOINC
	Specimen Specimen
	Value    Value
	Standard Value // the same in the catalogue's first unit where an exact factor leads there: for critical tables, never shown
	Interval Interval
	// IntervalSource names where the interval comes from when the report prints none
	// for this adult; "" for a printed one.
	IntervalSource string
	Flag           string
	Direction      Direction
	Marked         bool      // the report marks it, or its words are others than the reference's, without a direction of ours
	Critical       *Critical // the line of the critical table it meets, nil if none
	Date           Date      // in the institution's zone
	At             time.Time
	Status         ResultStatus
	Judged         bool // false where no direction word of ours may be said (under 18, pregnancy …)
	Cleared        bool // staff have dealt with it: it is critical no longer
	Previous       []Point
	// Laboratory and Method mark where a trend changes its ground.
	Laboratory string
	Method     string
	// VariationSource names where it is published how much values of a steady
	// person move; "" where Move of the earlier values is not said.
	VariationSource string
}

// Point is an earlier value of the same analyte and specimen, newest first.
type Point struct {
	Result    ResultID
	Value     Value
	Interval  Interval
	Direction Direction
	Date      Date
	At        time.Time
	Same      bool // same laboratory, method and unit: comparable
	Changed   []Ground
	Move      Move // from this value to the fact's
}

// Ground is what values are compared on.
type Ground string

// The grounds a trend can change.
const (
	GroundLaboratory Ground = "laboratory"
	GroundMethod     Ground = "method"
	GroundUnit       Ground = "unit"
	// One of the two does not say its laboratory.
	GroundUnsaid Ground = "unsaid"
)

// Move says whether two comparable values differ by more than those of a steady
// person do.
type Move string

// A move is unknown where values do not compare or no variation is published.
const (
	MoveUnknown Move = ""
	MoveWithin  Move = "within"
	MoveBeyond  Move = "beyond"
)

// Critical is one line of an institution's critical table, met by a fact.
type Critical struct {
	Analyte    AnalyteID
	Specimen   Specimen
	Low        Decimal // critical at or below; missing if none
	High       Decimal // critical at or above; missing if none
	UCUM       string
	Action     Tier // TierNow or TierToday
	ValidHours int
	Source     string
	ApprovedBy string // "" while a proposal; proposals fire too
	// Pages of the console and texts say which side was met.
	Side Direction
}

// SectionKind is what a section of a knowledge document answers; see the
// library's format.
type SectionKind string

// Passage is one piece of approved knowledge, with where it comes from.
type Passage struct {
	ID         string // K1, K2 … within one evidence pack
	Document   string // document id: "alt"
	Title      string
	Section    SectionKind
	Heading    string
	Language   Language
	Analytes   []AnalyteID
	Text       string   // Markdown reduced to plain text, source marks removed
	Items      []string // the items when the section is a list
	Version    int
	Sources    []Source
	ReviewedBy string // "" until a clinician signs
	Score      float64
}

// Source is a publication a passage rests on.
type Source struct {
	Title     string `json:"title"`
	Publisher string `json:"publisher"`
	Year      int    `json:"year"`
}

// Evidence is all that an answer may use.
type Evidence struct {
	Patient  *PatientContext // nil for an unbound visitor
	Facts    []Fact
	Passages []Passage
	Asked    []AnalyteID // analytes the question names, in order
	Now      time.Time
}

// PatientContext is what evidence says about the person, and no more: no name.
type PatientContext struct {
	Relation Relation
	Sex      Sex
	Age      int // years; -1 unknown
	Pregnant bool
}

// ShortSource is a source as a sentence names it: a standard's number without the
// title behind it.
func ShortSource(source string) string {
	short, _, _ := strings.Cut(source, "《")
	return strings.TrimSpace(short)
}
