package labs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"careline/bot"
)

// resource is a FHIR R4 resource with the fields we read (hl7.org/fhir/R4):
// Bundle, Patient, DiagnosticReport, Observation.
type resource struct {
	Type         string       `json:"resourceType"`
	ID           string       `json:"id"`
	Entry        []entry      `json:"entry"`
	Contained    []resource   `json:"contained"`
	Identifier   []identifier `json:"identifier"`
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
	Concept      concept      `json:"valueCodeableConcept"`
	Ratio        *ratio       `json:"valueRatio"`
	SpanOfValues *refRange    `json:"valueRange"`
}

// UnmarshalJSON reads the resources we use; of others, whose fields of the same
// name have other shapes, only what they are.
func (r *resource) UnmarshalJSON(raw []byte) error {
	type plain resource
	var head struct {
		Type string `json:"resourceType"`
		ID   string `json:"id"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	switch head.Type {
	case "Bundle", "Patient", "DiagnosticReport", "Observation", "Specimen", "":
		return json.Unmarshal(raw, (*plain)(r))
	}
	r.Type, r.ID = head.Type, head.ID
	return nil
}

type entry struct {
	FullURL  string    `json:"fullUrl"`
	Resource *resource `json:"resource"`
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

// UnmarshalJSON takes a plain word for a concept's text: Bundle.type is one.
func (c *concept) UnmarshalJSON(raw []byte) error {
	type plain concept
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &c.Text)
	}
	return json.Unmarshal(raw, (*plain)(c))
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

// namesOrText reads Patient.name; other resources have a plain name there.
type namesOrText []humanName

func (n *namesOrText) UnmarshalJSON(raw []byte) error { return listOrNothing(raw, (*[]humanName)(n)) }

// conceptList reads a list of concepts, or one: DiagnosticReport and Observation
// have lists where older files have one.
type conceptList []concept

func (l *conceptList) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		var one concept
		err := json.Unmarshal(raw, &one)
		*l = conceptList{one}
		return err
	}
	return listOrNothing(raw, (*[]concept)(l))
}

// oneOrMany reads Observation.specimen (one) and DiagnosticReport.specimen (many).
type oneOrMany []reference

func (l *oneOrMany) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		var one reference
		err := json.Unmarshal(raw, &one)
		*l = oneOrMany{one}
		return err
	}
	return listOrNothing(raw, (*[]reference)(l))
}

func listOrNothing[T any](raw []byte, into *[]T) error {
	if len(raw) == 0 || raw[0] != '[' {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// deepest is how far a JSON file may be nested; FHIR's own resources stay below 20.
const deepest = 200

func parseFHIR(c *Catalogue, raw []byte, o Options) (bot.ImportFile, error) {
	if err := checkDepth(raw); err != nil {
		return bot.ImportFile{}, err
	}
	var root resource
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		return bot.ImportFile{}, brokenJSON(err, decoder.InputOffset())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return bot.ImportFile{}, brokenJSON(errors.New("more than one value"), decoder.InputOffset())
	}
	switch root.Type {
	case "Bundle", "DiagnosticReport", "Observation", "Patient":
	default:
		return bot.ImportFile{}, bot.Errorf(bot.KindInvalid, "The JSON is no FHIR R4 Bundle, DiagnosticReport, Observation or Patient.", "labs: fhir: another resource type")
	}
	b := &bundle{gather: newGather(c, "fhir"), zone: o.Location, byReference: map[string]*resource{}, used: map[*resource]bool{}}
	b.index(&root, "")
	b.collect()
	return b.file, nil
}

func brokenJSON(err error, at int64) error {
	return bot.Errorf(bot.KindInvalid, fmt.Sprintf("The JSON is broken near byte %d; nothing was imported.", at), "labs: json: %w", err)
}

// checkDepth refuses files nested so deep that reading them would exhaust the stack.
func checkDepth(raw []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case inString && b == '\\':
			i++
		case b == '"':
			inString = !inString
		case inString:
		case b == '{' || b == '[':
			if depth++; depth > deepest {
				return bot.Errorf(bot.KindInvalid, "The JSON is nested too deep to be FHIR; nothing was imported.", "labs: json: deeper than %d", deepest)
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return nil
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
