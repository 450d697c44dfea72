package labs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"careline/bot"
)

// deepest is how far a JSON file may be nested; FHIR's own resources stay below 20.
const deepest = 40

func readFHIR(c *Catalogue, raw []byte, o Options, to bot.ImportSink) error {
	if err := checkDepth(raw); err != nil {
		return err
	}
	var root resource
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		return brokenJSON(err, decoder.InputOffset())
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return brokenJSON(errors.New("more than one value"), decoder.InputOffset())
	}
	switch root.Type {
	case "Bundle", "DiagnosticReport", "Observation", "Patient":
	default:
		return bot.Errorf(bot.KindInvalid, "The JSON is no FHIR R4 Bundle, DiagnosticReport, Observation or Patient.", "labs: fhir: another resource type")
	}
	b := newBundle(c, o)
	b.index(&node{resource: root, raw: raw, position: root.Type})
	b.collect()
	return b.file.Send(to)
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

// UnmarshalJSON takes a plain word for a concept's text: Bundle.type is one.
func (c *concept) UnmarshalJSON(raw []byte) error {
	type plain concept
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &c.Text)
	}
	return json.Unmarshal(raw, (*plain)(c))
}

// namesOrText reads Patient.name; other resources have a plain name there.
type namesOrText []humanName

func (n *namesOrText) UnmarshalJSON(raw []byte) error { return listOrNothing(raw, (*[]humanName)(n)) }

// identifiers reads a resource's identifiers; a Bundle has one, which says nothing
// of a patient or a report.
type identifiers []identifier

func (l *identifiers) UnmarshalJSON(raw []byte) error { return listOrNothing(raw, (*[]identifier)(l)) }

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
