package knowledge

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

// parse reads a document: front matter in YAML, then sections of plain
// paragraphs or of one list. It is strict, because what it let through would be
// said to patients; errors name the file and the line.
func parse(name string, raw []byte) (document, error) {
	p := parser{name: name, lines: strings.Split(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")}
	if err := p.frontMatter(); err != nil {
		return document{}, err
	}
	for p.at < len(p.lines) {
		if err := p.line(); err != nil {
			return document{}, err
		}
	}
	if len(p.doc.sections) == 0 {
		return document{}, p.errorf("the document has no sections")
	}
	for _, s := range p.doc.sections {
		if s.text == "" {
			p.at = s.line
			return document{}, p.errorf("section %s is empty", s.kind)
		}
	}
	p.doc.digest = digest(raw)
	return p.doc, nil
}

type parser struct {
	name  string
	lines []string
	at    int // the next line, from 0; the current one, from 1
	doc   document
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("knowledge: %s:%d: %w", p.name, p.at, fmt.Errorf(format, args...))
}

func (p *parser) frontMatter() error {
	end := slices.Index(p.lines[1:], "---") + 1
	p.at = 1
	if p.lines[0] != "---" || end == 0 {
		return p.errorf("the document does not begin with front matter between --- lines")
	}
	// The empty line keeps the decoder's line numbers those of the file.
	front := "\n" + strings.Join(p.lines[1:end], "\n")
	if err := decode(front, &p.doc); err != nil {
		return p.errorf("front matter: %w", err)
	}
	p.at = end + 1
	return p.checkFront()
}

// decode also turns a panic into an error: the decoder has one for a tagged
// scalar where a list is expected.
func decode(front string, d *document) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("cannot be read as YAML")
		}
	}()
	return yaml.NewDecoder(strings.NewReader(front), yaml.Strict()).Decode(d)
}

func (p *parser) checkFront() error {
	d := &p.doc
	switch {
	case d.ID == "" || d.Title == "" || d.Version < 1:
		return p.errorf("id, title and a version from 1 are needed")
	case d.Language != bot.Chinese && d.Language != bot.English:
		return p.errorf("language %q is neither zh nor en", d.Language)
	case d.Status != "draft" && d.Status != "published":
		return p.errorf("status %q is neither draft nor published", d.Status)
	case d.ReviewedBy == "":
		return p.errorf(`reviewed_by is missing; it is "none" until a clinician signs`)
	case len(d.Sources) == 0:
		return p.errorf("the document names no sources")
	}
	if d.ReviewedBy == "none" {
		d.ReviewedBy = ""
	}
	for i, s := range d.Sources {
		if s.ID == "" || s.Title == "" || s.Publisher == "" || s.Year == 0 {
			return p.errorf("source %q needs id, title, publisher and year", s.ID)
		}
		if slices.ContainsFunc(d.Sources[:i], func(o source) bool { return o.ID == s.ID }) {
			return p.errorf("source %s is named twice", s.ID)
		}
	}
	return nil
}

var headingLine = regexp.MustCompile(`^## (.+) \{#([a-z-]+)\}$`)

// line reads one line of the body.
func (p *parser) line() error {
	text := strings.TrimRight(p.lines[p.at], " \t")
	p.at++
	if text == "" {
		return nil
	}
	if strings.HasPrefix(text, "#") {
		return p.heading(text)
	}
	if len(p.doc.sections) == 0 {
		return p.errorf("text before the first section")
	}
	item, isItem := strings.CutPrefix(text, "- ")
	s := &p.doc.sections[len(p.doc.sections)-1]
	plain, err := p.unmark(s, item)
	if err != nil {
		return err
	}
	if s.text != "" {
		if isItem != (len(s.items) > 0) {
			return p.errorf("a section is either paragraphs or one list")
		}
		s.text += "\n"
	}
	s.text += plain
	if isItem {
		s.items = append(s.items, plain)
	}
	return nil
}

func (p *parser) heading(text string) error {
	m := headingLine.FindStringSubmatch(text)
	if m == nil {
		return p.errorf(`a heading is written "## Heading {#kind}"`)
	}
	kind := bot.SectionKind(m[2])
	if !slices.Contains(kinds, kind) {
		return p.errorf("unknown section kind %q", kind)
	}
	if slices.ContainsFunc(p.doc.sections, func(s section) bool { return s.kind == kind }) {
		return p.errorf("section %s is there twice", kind)
	}
	p.doc.sections = append(p.doc.sections, section{kind: kind, heading: m[1], line: p.at})
	return nil
}

var (
	sourceMark = regexp.MustCompile(`\s*\[(S\d+(?:\s*[,，、]\s*S\d+)*)\]`)
	sourceID   = regexp.MustCompile(`S\d+`)
	markup     = regexp.MustCompile("\\*\\*|`|\\[|\\]|https?:|<[a-z/]|^\\s|^[*+>|]|^\\d+\\. ")
)

// unmark takes the source marks out of a line and notes which sources the
// section rests on. What is left must be plain text.
func (p *parser) unmark(s *section, text string) (string, error) {
	for _, mark := range sourceMark.FindAllStringSubmatch(text, -1) {
		for _, id := range sourceID.FindAllString(mark[1], -1) {
			if !slices.ContainsFunc(p.doc.Sources, func(o source) bool { return o.ID == id }) {
				return "", p.errorf("source %s is not in the front matter", id)
			}
			if !slices.Contains(s.sources, id) {
				s.sources = append(s.sources, id)
			}
		}
	}
	plain := strings.TrimSpace(sourceMark.ReplaceAllString(text, ""))
	switch {
	case plain == "":
		return "", p.errorf("a line of source marks alone")
	case markup.MatchString(plain):
		return "", p.errorf("a document is plain text: no emphasis, links, HTML or numbered lists")
	}
	return plain, nil
}
