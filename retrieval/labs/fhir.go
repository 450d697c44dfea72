package labs

import (
	"encoding/json"
	"strings"
)

// resource is a FHIR R4 resource with the fields we read (hl7.org/fhir/R4):
// Bundle, Patient, DiagnosticReport, Observation.
type resource struct {
	Type         string       `json:"resourceType"`
	ID           string       `json:"id"`
	Entry        []entry      `json:"entry"`
	Contained    []whole      `json:"contained"`
	Identifier   identifiers  `json:"identifier"`
	Name         namesOrText  `json:"name"`
	Telecom      []telecom    `json:"telecom"`
	Gender       string       `json:"gender"`
	BirthDate    string       `json:"birthDate"`
	Status       string       `json:"status"`
	Category     conceptList  `json:"category"`
	Code         concept      `json:"code"`
	Subject      reference    `json:"subject"`
	Effective    string       `json:"effectiveDateTime"`
	Instant      string       `json:"effectiveInstant"`
	Period       period       `json:"effectivePeriod"`
	Issued       string       `json:"issued"`
	Performer    []reference  `json:"performer"`
	Result       []reference  `json:"result"`
	Member       []reference  `json:"hasMember"`
	Specimen     oneOrMany    `json:"specimen"`
	SpecimenType concept      `json:"type"`
	Method       concept      `json:"method"`
	Note         []annotation `json:"note"`
	Component    []resource   `json:"component"`
	Absent       concept      `json:"dataAbsentReason"`
	Meaning      conceptList  `json:"interpretation"`
	Range        []refRange   `json:"referenceRange"`
	Quantity     *quantity    `json:"valueQuantity"`
	String       string       `json:"valueString"`
	Integer      json.Number  `json:"valueInteger"`
	Boolean      *bool        `json:"valueBoolean"`
	DateTime     string       `json:"valueDateTime"`
	Time         string       `json:"valueTime"`
	Concept      concept      `json:"valueCodeableConcept"`
	Ratio        *ratio       `json:"valueRatio"`
	SpanOfValues *refRange    `json:"valueRange"`
}

// whole is a resource as received. Each is decoded by itself, so that one that
// cannot be read is quarantined and its neighbours go in.
type whole = json.RawMessage

type entry struct {
	FullURL  string `json:"fullUrl"`
	Resource whole  `json:"resource"`
}

type identifier struct {
	System string  `json:"system"`
	Value  string  `json:"value"`
	Type   concept `json:"type"`
}

type telecom struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type humanName struct {
	Text   string   `json:"text"`
	Family string   `json:"family"`
	Given  []string `json:"given"`
}

type coding struct {
	System  string `json:"system"`
	Code    string `json:"code"`
	Display string `json:"display"`
}

type concept struct {
	Coding []coding `json:"coding"`
	Text   string   `json:"text"`
}

type reference struct {
	Reference string `json:"reference"`
	Display   string `json:"display"`
}

type period struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type annotation struct {
	Text string `json:"text"`
}

type quantity struct {
	Value      json.Number `json:"value"`
	Comparator string      `json:"comparator"`
	Unit       string      `json:"unit"`
	System     string      `json:"system"`
	Code       string      `json:"code"`
}

type ratio struct {
	Numerator   quantity `json:"numerator"`
	Denominator quantity `json:"denominator"`
}

type refRange struct {
	Low       *quantity `json:"low"`
	High      *quantity `json:"high"`
	Text      string    `json:"text"`
	AppliesTo []concept `json:"appliesTo"`
	Age       *refRange `json:"age"`
	Type      concept   `json:"type"`
}

// said is a concept's text, else the first display.
func (c concept) said() string {
	if c.Text != "" {
		return c.Text
	}
	for _, code := range c.Coding {
		if code.Display != "" {
			return code.Display
		}
	}
	return ""
}

// code is the code a concept has in a system, "" if none.
func (c concept) code(system string) string {
	for _, code := range c.Coding {
		if code.System == system {
			return code.Code
		}
	}
	return ""
}

func (c concept) anyCode() string {
	for _, code := range c.Coding {
		if code.Code != "" {
			return code.Code
		}
	}
	return strings.TrimSpace(c.Text)
}
