package labs

import (
	"encoding/json"
	"strings"
)

// resource is a FHIR R4 resource with the fields we read (hl7.org/fhir/R4):
// Patient, DiagnosticReport, Observation, Specimen, Organization, PractitionerRole.
type resource struct {
	Type         string       `json:"resourceType"`
	ID           string       `json:"id"`
	Meta         meta         `json:"meta"`
	Contained    []whole      `json:"contained"`
	Identifier   identifiers  `json:"identifier"`
	Name         namesOrText  `json:"name"`
	Telecom      []telecom    `json:"telecom"`
	Gender       string       `json:"gender"`
	BirthDate    string       `json:"birthDate"`
	Link         []link       `json:"link"`
	Organization reference    `json:"organization"`
	Status       string       `json:"status"`
	Category     conceptList  `json:"category"`
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
	Collection   collection   `json:"collection"`
	Method       concept      `json:"method"`
	Note         []annotation `json:"note"`
	Component    []measured   `json:"component"`
	measured
}

// measured is what an observation or one of its components says of a value.
type measured struct {
	Modifiers    json.RawMessage `json:"modifierExtension"`
	Extension    []extension     `json:"extension"`
	Code         concept         `json:"code"`
	Absent       concept         `json:"dataAbsentReason"`
	Meaning      conceptList     `json:"interpretation"`
	Range        []refRange      `json:"referenceRange"`
	Quantity     *quantity       `json:"valueQuantity"`
	String       string          `json:"valueString"`
	Integer      json.Number     `json:"valueInteger"`
	Boolean      *bool           `json:"valueBoolean"`
	DateTime     string          `json:"valueDateTime"`
	Time         string          `json:"valueTime"`
	Span         period          `json:"valuePeriod"`
	Concept      concept         `json:"valueCodeableConcept"`
	Ratio        *ratio          `json:"valueRatio"`
	SpanOfValues *refRange       `json:"valueRange"`
	Sampled      json.RawMessage `json:"valueSampledData"`
	Attachment   json.RawMessage `json:"valueAttachment"`
}

type meta struct {
	LastUpdated string `json:"lastUpdated"`
}

// extension is one of ours: what an export says that FHIR has no field for.
type extension struct {
	URL     string `json:"url"`
	String  string `json:"valueString"`
	Boolean bool   `json:"valueBoolean"`
}

// link says which other record is of the same patient.
type link struct {
	Other reference `json:"other"`
	Type  string    `json:"type"`
}

type collection struct {
	Time   string `json:"collectedDateTime"`
	Period period `json:"collectedPeriod"`
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
	Low       *quantity   `json:"low"`
	High      *quantity   `json:"high"`
	Text      string      `json:"text"`
	AppliesTo []concept   `json:"appliesTo"`
	Age       *refRange   `json:"age"`
	Type      concept     `json:"type"`
	Extension []extension `json:"extension"`
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
