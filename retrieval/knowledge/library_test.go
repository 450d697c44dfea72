package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"careline/bot"
	"careline/bot/fold"
)

func TestEveryDocumentExistsInBothLanguages(t *testing.T) {
	t.Parallel()
	all := library(t)
	for name, d := range all {
		if name != d.ID+"."+string(d.Language) {
			t.Errorf("%s is document %s in %s", name, d.ID, d.Language)
		}
		twin, ok := all[d.ID+"."+string(map[bot.Language]bot.Language{bot.Chinese: bot.English, bot.English: bot.Chinese}[d.Language])]
		switch {
		case !ok:
			t.Errorf("%s exists in one language only", name)
		case d.Version != twin.Version || d.Status != twin.Status || !slices.Equal(d.Analytes, twin.Analytes):
			t.Errorf("%s: version, status or analytes differ between the languages", name)
		case !slices.Equal(sectionKinds(d), sectionKinds(twin)):
			t.Errorf("%s: sections %v, in the other language %v", name, sectionKinds(d), sectionKinds(twin))
		}
	}
}

func TestEverySourceIsUsedAndEveryStatementHasOne(t *testing.T) {
	t.Parallel()
	for name, d := range library(t) {
		for _, s := range d.Sources {
			if !slices.ContainsFunc(d.sections, func(o section) bool { return slices.Contains(o.sources, s.ID) }) {
				t.Errorf("%s: no text rests on source %s", name, s.ID)
			}
		}
		for _, s := range d.sections {
			// Questions to the doctor and to the person state nothing.
			question := s.kind == "context" || strings.HasSuffix(string(s.kind), "-ask")
			if !question && len(s.sources) == 0 {
				t.Errorf("%s: section %s names no source", name, s.kind)
			}
		}
	}
}

func TestNoDocumentDoses(t *testing.T) {
	t.Parallel()
	var patterns map[bot.Language][]string
	readYAML(t, "testdata/dosing.yaml", &patterns)
	for name, d := range library(t) {
		for _, pattern := range patterns[d.Language] {
			dosing := regexp.MustCompile(pattern)
			for _, s := range d.sections {
				if found := dosing.FindString(fold.Text(s.text)); found != "" {
					t.Errorf("%s, section %s: %q tells somebody what to take", name, s.kind, found)
				}
			}
		}
	}
}

var (
	// A number stands apart from letters: B12, CA125 and 25-OH-D are names.
	aNumber = regexp.MustCompile(`(?:^|[^A-Za-z0-9.-])[0-9]+(?:\.[0-9]+)?(?:$|[^0-9.-]|-[^A-Za-z])`)
	// Marks stand behind the full stop of the sentence they belong to.
	marksBehind = regexp.MustCompile(`([。！？!?.])(\s*\[S[^\]]*\])`)
	sentenceEnd = regexp.MustCompile(`[。！？!?]|\.(?:\s|$)`)
)

func TestEveryNumberHasASourceInItsSentence(t *testing.T) {
	t.Parallel()
	names, err := libraryFiles.ReadDir("library")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range names {
		raw, err := libraryFiles.ReadFile("library/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(strings.TrimPrefix(string(raw), "---\n"), "\n---\n")
		for _, line := range strings.Split(body, "\n") {
			if strings.HasPrefix(line, "#") {
				continue
			}
			for _, sentence := range sentenceEnd.Split(marksBehind.ReplaceAllString(line, "$2$1"), -1) {
				if plain := sourceMark.ReplaceAllString(sentence, ""); aNumber.MatchString(plain) && plain == sentence {
					t.Errorf("%s: a number without a source: %s", entry.Name(), sentence)
				}
			}
		}
	}
}

// library is the embedded one by file name without its ending.
func library(t *testing.T) map[string]document {
	t.Helper()
	names, err := libraryFiles.ReadDir("library")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]document{}
	for _, entry := range names {
		raw, err := libraryFiles.ReadFile("library/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		d, err := parse(entry.Name(), raw)
		if err != nil {
			t.Error(err)
			continue
		}
		all[strings.TrimSuffix(entry.Name(), ".md")] = d
	}
	return all
}

func sectionKinds(d document) []bot.SectionKind {
	var all []bot.SectionKind
	for _, s := range d.sections {
		all = append(all, s.kind)
	}
	return all
}
