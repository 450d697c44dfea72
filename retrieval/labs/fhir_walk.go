package labs

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"careline/bot"
)

// deepest is how far a JSON file may be nested; FHIR's own resources stay below 20.
const deepest = 40

// place is where a resource stands in the file. The file is walked once; what a
// resource says is read from its place when it is needed.
type place struct {
	at, end int32   // bytes of the file, at most MaxFile
	number  int32   // of the entry, or of the resource in a file of several
	asked   uint8   // how often reports have asked for it
	held    bool    // a report has it
	broken  bool    // it has been quarantined because it cannot be read
	in      *string // the JSON path of the Bundle it is an entry of
	kind    string  // its resource type
	ref     string  // "Observation/17", "" without an id
	fullURL string
}

// alone is the number of a resource that is the file.
const alone = -1

// position is a JSON path, or a count where the file is one resource a line.
func (p *place) position() string {
	switch {
	case p.number == alone && p.kind == "":
		return "Bundle"
	case p.number == alone:
		return p.kind
	case p.in == nil:
		return fmt.Sprintf("resource %d", p.number)
	}
	return fmt.Sprintf("%s.entry[%d].resource", *p.in, p.number)
}

// refusal is a part of the file that is passed over, and why.
type refusal struct {
	place
	reason string
}

// walker finds the resources of a file in one pass, without keeping their bytes.
type walker struct {
	json    *json.Decoder
	depth   int
	places  []place
	refused []refusal
	words   map[string]string // each resource type once
}

func newWalker(r io.Reader) *walker {
	w := &walker{json: json.NewDecoder(r), words: map[string]string{}}
	w.json.UseNumber()
	return w
}

// resource walks one resource, a Bundle with all it holds. It returns false
// where there is none.
func (w *walker) resource(p place) (place, bool, error) {
	p.at = int32(w.json.InputOffset())
	open, err := w.token()
	if err != nil || open != json.Delim('{') {
		return p, false, w.rest(open, err)
	}
	var id, bundleType string
	places, refused := len(w.places), len(w.refused)
	for err == nil && w.json.More() {
		var key string
		if key, err = w.key(); err != nil {
			break
		}
		switch key {
		case "resourceType":
			p.kind, err = w.text()
		case "id":
			id, err = w.text()
		case "type":
			bundleType, err = w.text()
		case "entry":
			err = w.entries(p.position())
		default:
			err = w.skip()
		}
	}
	if err == nil {
		_, err = w.token()
	}
	p.end, p.kind = int32(w.json.InputOffset()), w.word(p.kind)
	if id != "" && p.kind != "" {
		p.ref = p.kind + "/" + id
	}
	if p.kind != "Bundle" || !readBundles[bundleType] {
		w.forget(places, refused)
	}
	if p.kind == "Bundle" && !readBundles[bundleType] {
		w.refused = append(w.refused, refusal{p, "a Bundle of its type reports what a server did and brings no results"})
	}
	return p, p.kind != "" && p.kind != "Bundle", err
}

// readBundles are the types of Bundle that bring resources, "" where it is not
// said. History and responses tell what a server did (hl7.org/fhir/R4/bundle.html).
var readBundles = map[string]bool{"": true, "transaction": true, "batch": true, "collection": true, "message": true, "searchset": true, "document": true}

func (w *walker) forget(places, refused int) {
	w.places, w.refused = w.places[:places], w.refused[:refused]
}

func (w *walker) entries(in string) error {
	open, err := w.token()
	if err != nil || open != json.Delim('[') {
		return w.rest(open, err)
	}
	for n := int32(0); w.json.More(); n++ {
		if err := w.entry(place{in: &in, number: n}); err != nil {
			return err
		}
	}
	_, err = w.token()
	return err
}

// entry walks an entry. One that asks for something else than to store what it
// holds brings nothing.
func (w *walker) entry(p place) error {
	at := int32(w.json.InputOffset())
	open, err := w.token()
	if err != nil || open != json.Delim('{') {
		return w.rest(open, err)
	}
	places, refused, found, method := len(w.places), len(w.refused), false, ""
	for err == nil && w.json.More() {
		var key string
		if key, err = w.key(); err != nil {
			break
		}
		switch key {
		case "fullUrl":
			p.fullURL, err = w.text()
		case "resource":
			var resource place
			resource, found, err = w.resource(p)
			resource.fullURL, p = p.fullURL, resource
		case "request":
			method, err = w.method()
		default:
			err = w.skip()
		}
	}
	if err == nil {
		_, err = w.token()
	}
	if method != "" && method != "POST" && method != "PUT" {
		found = false
		w.forget(places, refused)
	}
	if method == "DELETE" || method == "PATCH" {
		p.at, p.end, p.kind = at, int32(w.json.InputOffset()), ""
		w.refused = append(w.refused, refusal{p, "the entry deletes or patches a resource, which staff must do"})
	}
	if found {
		w.places = append(w.places, p)
	}
	return err
}

// method is what an entry's request asks for.
func (w *walker) method() (method string, err error) {
	open, err := w.token()
	if err != nil || open != json.Delim('{') {
		return "", w.rest(open, err)
	}
	for w.json.More() {
		key, err := w.key()
		if err == nil && key == "method" {
			method, err = w.text()
		} else if err == nil {
			err = w.skip()
		}
		if err != nil {
			return "", err
		}
	}
	_, err = w.token()
	return strings.ToUpper(method), err
}

// token is the next one. Files nested so deep that reading them would exhaust
// the stack are refused.
func (w *walker) token() (json.Token, error) {
	t, err := w.json.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, brokenJSON(err, w.json.InputOffset())
	}
	switch t {
	case json.Delim('{'), json.Delim('['):
		if w.depth++; w.depth > deepest {
			return nil, bot.Errorf(bot.KindInvalid, "The JSON is nested too deep to be FHIR; nothing was imported.", "labs: json: deeper than %d", deepest)
		}
	case json.Delim('}'), json.Delim(']'):
		w.depth--
	}
	return t, nil
}

func (w *walker) key() (string, error) {
	t, err := w.token()
	key, _ := t.(string)
	return key, err
}

// text is the next value where it is a text.
func (w *walker) text() (string, error) {
	t, err := w.token()
	text, _ := t.(string)
	return text, w.rest(t, err)
}

func (w *walker) skip() error {
	t, err := w.token()
	return w.rest(t, err)
}

// rest passes over what follows an opening token.
func (w *walker) rest(open json.Token, err error) error {
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		return err
	}
	for outside := w.depth - 1; w.depth > outside; {
		if _, err := w.token(); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) word(s string) string {
	if _, known := w.words[s]; !known {
		w.words[s] = s
	}
	return w.words[s]
}

func brokenJSON(err error, at int64) error {
	return bot.Errorf(bot.KindInvalid, fmt.Sprintf("The JSON is broken near byte %d; nothing was imported.", at), "labs: json: %w", err)
}

// file walks a file of one resource, or of one a line (NDJSON).
func (w *walker) file(s Source) error {
	for n := int32(1); ; n++ {
		p := place{number: n}
		if n == 1 {
			p.number = alone
		}
		p, found, err := w.resource(p)
		if err != nil {
			return err
		}
		if p.end == 0 {
			return brokenJSON(errors.New("not an object"), w.json.InputOffset())
		}
		more, err := nextLine(s, int64(p.end))
		switch {
		case err != nil:
			return err
		case n == 1 && !more && p.kind == "Bundle" && len(w.refused) > 0 && w.refused[len(w.refused)-1].at == p.at:
			return bot.Errorf(bot.KindInvalid, "The Bundle reports what a server did (history or response) and brings no results.", "labs: fhir: type of Bundle")
		case n == 1 && !more && !slices.Contains(startTypes, p.kind), p.kind == "":
			return bot.Errorf(bot.KindInvalid, "The JSON is no FHIR R4 Bundle, DiagnosticReport, Observation or Patient.", "labs: fhir: another resource type")
		case n == 1 && more:
			p.number = 1
		}
		if found {
			w.places = append(w.places, p)
		}
		if !more {
			return nil
		}
	}
}

// startTypes are the resources a file may be.
var startTypes = []string{"Bundle", "DiagnosticReport", "Observation", "Patient"}

// nextLine reports whether another resource stands on a later line.
func nextLine(s Source, from int64) (bool, error) {
	r := bufio.NewReader(io.NewSectionReader(s, from, s.Size-from))
	line := false
	for {
		b, err := r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, bot.Errorf(bot.KindInvalid, "The file cannot be read.", "labs: %w", err)
		case b == '\n':
			line = true
		case b == ' ', b == '\t', b == '\r':
		case line:
			return true, nil
		default:
			return false, brokenJSON(errors.New("more than one value"), from)
		}
	}
}
