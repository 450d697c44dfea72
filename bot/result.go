package bot

import (
	"strings"
	"time"
)

// ResultStatus is FHIR's observation-status, which HL7 v2 table 0085 maps to.
type ResultStatus string

// The statuses that matter; anything else a source says is kept as it says it.
const (
	StatusRegistered  ResultStatus = "registered"
	StatusPreliminary ResultStatus = "preliminary"
	StatusFinal       ResultStatus = "final"
	StatusAmended     ResultStatus = "amended"
	StatusCorrected   ResultStatus = "corrected"
	StatusCancelled   ResultStatus = "cancelled"
	StatusError       ResultStatus = "entered-in-error"
	StatusUnknown     ResultStatus = "unknown"
)

// Usable reports whether an answer may state the result: final, amended or corrected.
func (s ResultStatus) Usable() bool {
	return s == StatusFinal || s == StatusAmended || s == StatusCorrected
}

// Specimen is what was examined.
type Specimen string

// The specimens the catalogue distinguishes.
const (
	SpecimenBlood   Specimen = "blood"
	SpecimenUrine   Specimen = "urine"
	SpecimenStool   Specimen = "stool"
	SpecimenOther   Specimen = "other"
	SpecimenUnknown Specimen = ""
)

// Direction is where a value lies against its interval.
type Direction string

// The directions; unknown also where nothing may be judged (under 18, no interval).
const (
	DirectionHigh    Direction = "high"
	DirectionLow     Direction = "low"
	DirectionWithin  Direction = "within"
	DirectionUnknown Direction = "unknown"
)

// Interval is a reference interval. Printed is the text on the report; Low and
// High are what it says in numbers, either may be missing.
type Interval struct {
	Printed  string
	Low      Decimal
	High     Decimal
	LowOpen  bool // the bound itself is outside: "> 60"
	HighOpen bool // "< 5.2"
}

// Usable reports whether a value can be compared with the interval.
func (i Interval) Usable() bool { return i.Low.Valid() || i.High.Valid() }

// Value is a measured value as printed, and its number when it is one. A
// comparator stands by itself; Shown puts the two together again.
type Value struct {
	Printed    string
	Number     Decimal // missing for text and qualitative values
	Comparator string  // "<", ">", "<=", ">=" or ""
	Unit       string  // as printed
	UCUM       string  // the unit's UCUM code when we know it
}

// Shown is the value as people read it: "<0.01", "87", "阴性".
func (v Value) Shown() string {
	if strings.HasPrefix(v.Printed, "<") || strings.HasPrefix(v.Printed, ">") {
		return v.Printed
	}
	return v.Comparator + v.Printed
}

// Result is one measured (or absent) item of a report. Value, unit, interval and
// flag stay as printed.
type Result struct {
	ID           ResultID
	Report       ReportID
	Patient      PatientID
	SourceID     string // the source's own id of the item, or its place in the file
	ParentID     string // SourceID of the item this one is a component of
	Name         string // as printed
	Code         string // LOINC as sent, "" if none
	Analyte      AnalyteID
	Specimen     Specimen
	Method       string
	Value        Value
	Interval     Interval
	Flag         string // as printed: H, L, ↑, HH …
	Direction    Direction
	Status       ResultStatus
	AbsentReason string
	Note         string
	EffectiveAt  time.Time
	IssuedAt     time.Time // when the source released this version of it; zero: its report's
	Laboratory   string
	FlagConflict bool // the printed flag contradicts the printed interval: neither is used
	UnitProblem  bool // a unit that cannot be the analyte's: kept, shown, not used
}

// Report is one laboratory report of one patient.
type Report struct {
	ID          ReportID
	Patient     PatientID
	System      string // who issued the number
	Number      string // printed on the report
	Title       string
	Status      ResultStatus
	Laboratory  string
	CollectedAt time.Time
	IssuedAt    time.Time
	Results     []Result
}
