package labs

import (
	"bytes"
	"io"
	"slices"

	"careline/bot"
)

// The systems of FHIR we read codes from.
const (
	loincSystem = "http://loinc.org"
	fhirSystem  = "fhir"
)

// readFHIR reads a file in two passes: the first finds where each resource
// stands, the second reads reports, the observations no report holds, and
// patients, each from its place. References may point forward.
func readFHIR(c *Catalogue, s Source, o Options, to bot.ImportSink) error {
	s = withoutMark(s)
	w := newWalker(s.reader())
	if err := w.file(s); err != nil {
		return err
	}
	b := &bundle{
		catalogue: c, zone: o.Location, source: s, places: w.places, cache: map[int32]*node{},
		output: output{to: to, people: map[string]*person{}, reports: map[string]int32{}, taken: map[resultKey]bool{}},
	}
	if err := b.index(); err != nil {
		return err
	}
	for i := range w.refused {
		b.passOver(&w.refused[i])
	}
	b.collect()
	return b.err
}

// withoutMark is a source behind its byte order mark.
func withoutMark(s Source) Source {
	mark := []byte("\ufeff")
	head := make([]byte, len(mark))
	if n, _ := s.ReadAt(head, 0); n == len(mark) && bytes.Equal(head, mark) {
		size := s.Size - int64(len(mark))
		return Source{Name: s.Name, ReaderAt: io.NewSectionReader(s.ReaderAt, int64(len(mark)), size), Size: size}
	}
	return s
}

// passOver quarantines a part of the file that brings nothing. An entry is put
// into a Bundle again, so that it can be read by itself.
func (b *bundle) passOver(r *refusal) {
	raw, err := b.bytes(&r.place)
	if err != nil {
		b.fail(err)
		return
	}
	if r.kind == "" {
		raw = slices.Concat([]byte(`{"resourceType":"Bundle","type":"batch","entry":[`), raw, []byte(`]}`))
	}
	b.quarantine(r.position(), r.reason, raw)
}

func (b *bundle) collect() {
	b.each("DiagnosticReport", b.diagnosticReport)
	b.each("Observation", func(n *node) {
		if laboratory(n) {
			b.loose(n)
		}
	})
	b.flush()
	b.each("Patient", b.onlyPatient)
	b.each("Patient", b.merges)
}

// each reads the resources of a type in the order of the file.
func (b *bundle) each(kind string, read func(*node)) {
	for at := range b.places {
		if p := &b.places[at]; p.kind != kind || p.held {
			continue
		}
		if n := b.node(int32(at)); n != nil {
			read(n)
			b.looseContained(n)
		}
		if b.err != nil {
			return
		}
	}
}

// looseContained takes contained observations that nothing refers to.
func (b *bundle) looseContained(n *node) {
	for _, c := range n.contained {
		if c.Type == "Observation" && !c.used && laboratory(c) {
			b.loose(c)
		}
	}
}

// otherCategories are FHIR's observation categories that are no laboratory results.
var otherCategories = []string{"vital-signs", "social-history", "survey", "exam", "imaging", "procedure", "therapy", "activity"}

// laboratory reports whether an observation is a laboratory result: those without
// a category, or with a local one, are taken.
func laboratory(n *node) bool {
	other := false
	for _, c := range n.Category {
		for _, code := range c.Coding {
			if code.Code == "laboratory" || code.Code == "LAB" {
				return true
			}
			other = other || slices.Contains(otherCategories, code.Code)
		}
	}
	return !other
}
