package labs

import (
	"bytes"
	"encoding/json"
	"errors"
)

// whole is a resource as received. Each is decoded by itself, so that one that
// cannot be read is quarantined and its neighbours go in.
type whole = json.RawMessage

// mostFields is how many fields and list members one resource may have; a report
// with a thousand contained results has about 30,000.
const mostFields = 100_000

var (
	errTooMany  = errors.New("labs: fhir: too many fields in one resource")
	errRepeated = errors.New("labs: fhir: a field twice")
)

// decodeResource reads a resource of a type we use.
func decodeResource(raw []byte) (r resource, err error) {
	if bytes.Count(raw, []byte(",")) > mostFields {
		return r, errTooMany
	}
	if err = json.Unmarshal(raw, &r); err == nil && repeatsKey(raw) {
		err = errRepeated
	}
	return r, err
}

// decodeContained reads a contained resource; of types we do not use, whose
// fields of the same name have other shapes, only what it is.
func decodeContained(raw []byte) (r resource, err error) {
	var head struct {
		Type string `json:"resourceType"`
		ID   string `json:"id"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return r, err
	}
	if !readTypes[head.Type] {
		r.Type, r.ID = head.Type, head.ID
		return r, nil
	}
	return decodeResource(raw)
}

// readTypes are the resources whose content is read.
var readTypes = map[string]bool{
	"Patient": true, "DiagnosticReport": true, "Observation": true, "Specimen": true, "Organization": true, "Practitioner": true, "PractitionerRole": true,
}

// UnmarshalJSON takes a plain word for a concept's text.
func (c *concept) UnmarshalJSON(raw []byte) error {
	type plain concept
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, &c.Text)
	}
	return json.Unmarshal(raw, (*plain)(c))
}

// namesOrText reads the names of a person, or the one name of an organisation.
type namesOrText []humanName

// UnmarshalJSON reads either form.
func (n *namesOrText) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		*n = namesOrText{{}}
		return json.Unmarshal(raw, &(*n)[0].Text)
	}
	return listOrNothing(raw, (*[]humanName)(n))
}

// conceptList reads a list of concepts, or one: DiagnosticReport and Observation
// have lists where older files have one.
type conceptList []concept

// UnmarshalJSON reads either form.
func (l *conceptList) UnmarshalJSON(raw []byte) error { return oneOrList(raw, (*[]concept)(l)) }

// oneOrMany reads Observation.specimen (one) and DiagnosticReport.specimen (many).
type oneOrMany []reference

// UnmarshalJSON reads either form.
func (l *oneOrMany) UnmarshalJSON(raw []byte) error { return oneOrList(raw, (*[]reference)(l)) }

// identifiers reads a list of identifiers, or one.
type identifiers []identifier

// UnmarshalJSON reads either form.
func (l *identifiers) UnmarshalJSON(raw []byte) error { return oneOrList(raw, (*[]identifier)(l)) }

func oneOrList[T any](raw []byte, into *[]T) error {
	if len(raw) == 0 || raw[0] != '{' {
		return listOrNothing(raw, into)
	}
	var one T
	err := json.Unmarshal(raw, &one)
	*into = []T{one}
	return err
}

func listOrNothing[T any](raw []byte, into *[]T) error {
	if len(raw) == 0 || raw[0] != '[' {
		return nil
	}
	return json.Unmarshal(raw, into)
}
