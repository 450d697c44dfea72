package prompts

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"careline/bot"
)

var fieldPattern = regexp.MustCompile(`[ ({]\.[A-Z]\w*`)

// TestLanguagesHaveTheSameTemplates: the same files, parts and fields, and no
// field of a view that a template leaves out.
func TestLanguagesHaveTheSameTemplates(t *testing.T) {
	t.Parallel()
	views := map[string][]reflect.Type{
		"explain": {reflect.TypeFor[explainView](), reflect.TypeFor[factView](), reflect.TypeFor[slotView](), reflect.TypeFor[passageView](), reflect.TypeFor[recentView](), reflect.TypeFor[bot.PatientContext]()},
		"repair":  {reflect.TypeFor[repairView](), reflect.TypeFor[violationView]()},
	}
	for kind, types := range views {
		zh, en := fieldsOf(t, kind+".zh"), fieldsOf(t, kind+".en")
		if !slices.Equal(zh, en) {
			t.Errorf("%s: Chinese uses %v, English %v", kind, zh, en)
		}
		for _, view := range types {
			for i := range view.NumField() {
				if name := view.Field(i).Name; !slices.Contains(zh, name) {
					t.Errorf("%s uses no %s.%s", kind, view.Name(), name)
				}
			}
		}
		if a, b := partsOf(kind+".zh"), partsOf(kind+".en"); !slices.Equal(a, b) || templates[kind+".zh"].version != templates[kind+".en"].version {
			t.Errorf("%s: parts %v and %v, versions %s and %s", kind, a, b, templates[kind+".zh"].version, templates[kind+".en"].version)
		}
	}
	entries, err := files.ReadDir(".")
	if err != nil || len(entries) != 2*len(views) {
		t.Errorf("%d files for %d kinds: %v", len(entries), len(views), err)
	}
}

func fieldsOf(t *testing.T, id string) []string {
	t.Helper()
	text, err := os.ReadFile(id + ".tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range fieldPattern.FindAllString(string(text), -1) {
		all = append(all, m[2:])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func partsOf(id string) []string {
	_, language, _ := strings.Cut(id, ".")
	var all []string
	for _, t := range templates[id].Templates() {
		all = append(all, strings.TrimSuffix(t.Name(), "."+language))
	}
	slices.Sort(all)
	return all
}

// TestAnUnknownFieldIsAnError: rendering is strict.
func TestAnUnknownFieldIsAnError(t *testing.T) {
	t.Parallel()
	for id, parts := range map[string][]string{"explain.zh": {"system", "user"}, "repair.en": {"repair"}} {
		for _, part := range parts {
			if text, err := templates[id].render(part, struct{ Other string }{}); err == nil {
				t.Errorf("%s %s: %q", id, part, text)
			}
		}
	}
}
