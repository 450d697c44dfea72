package knowledge

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
)

func TestADocumentIsCutIntoPassages(t *testing.T) {
	t.Parallel()
	d := parsed(t, file("alt", bot.Chinese, "3", "## 是什么 {#measures}\nALT 是酶。[S1, S2]\n第二段。[S2]\n\n## 怎么做 {#high-do}\n- 看医生。[S2]\n- 带报告。 [S2]\n\n## 问 {#high-ask}\n- 要查什么？\n"))[0]
	if d.ID != "alt" || d.Version != 3 || d.ReviewedBy != "" || len(d.digest) != 64 || len(d.sections) != 3 {
		t.Fatalf("%+v", d)
	}
	first, list := d.sections[0], d.sections[1]
	if first.text != "ALT 是酶。\n第二段。" || first.items != nil || first.kind != "measures" || first.heading != "是什么" {
		t.Errorf("paragraphs: %+v", first)
	}
	if list.text != "看医生。\n带报告。" || !slices.Equal(list.items, []string{"看医生。", "带报告。"}) {
		t.Errorf("list: %+v", list)
	}
	two := bot.Source{Title: "Two", Publisher: "Q", Year: 2021}
	want := [][]bot.Source{{{Title: "One", Publisher: "P", Year: 2020}, two}, {two}, {}}
	if diff := cmp.Diff(want, d.sources()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotADocumentIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	good := file("alt", bot.Chinese, "1", "## 是什么 {#measures}\n酶。[S1]\n")
	cases := map[string]struct{ from, to, err string }{
		"no front matter":       {"---\nid", "id", "test.md:1:"},
		"unclosed front matter": {"---\n## ", "## ", "front matter"},
		"an unknown field":      {"title:", "titel:", "front matter"},
		"no id":                 {"id: alt", "id: ''", "id, title"},
		"another language":      {"language: zh", "language: fr", `"fr"`},
		"version zero":          {"version: 1", "version: 0", "version"},
		"an unknown status":     {"published", "final", `"final"`},
		"nobody's review":       {"reviewed_by: none", "reviewed_by: ''", "reviewed_by"},
		"no sources":            {"sources:\n  - {id: S1, title: One, publisher: P, year: 2020}\n  - {id: S2, title: Two, publisher: Q, year: 2021}", "sources: []", "no sources"},
		"a source without year": {"year: 2020", "year: 0", "S1"},
		"a source named twice":  {"id: S2", "id: S1", "twice"},
		"an unknown kind":       {"{#measures}", "{#dose}", `test.md:13: unknown section kind "dose"`},
		"a heading without":     {" {#measures}", "", "test.md:13:"},
		"an unknown source":     {"[S1]", "[S9]", "test.md:14: source S9"},
		"marks alone":           {"酶。[S1]", "[S1]", "test.md:14:"},
		"emphasis":              {"酶。", "**酶**。", "plain text"},
		"a link":                {"酶。", "[酶](x)。", "plain text"},
		"an address":            {"酶。", "http://x。", "plain text"},
		"a numbered list":       {"酶。", "1. 酶。", "plain text"},
		"a mixed section":       {"酶。[S1]", "酶。[S1]\n- 酶。", "test.md:15:"},
		"text before a section": {"## 是什么 {#measures}", "是什么", "before the first section"},
		"an empty section":      {"酶。[S1]", "", "test.md:13: section measures is empty"},
		"a section twice":       {"酶。[S1]", "酶。\n## 又 {#measures}\n酶。", "twice"},
		"no sections":           {"## 是什么 {#measures}\n酶。[S1]", "", "no sections"},
	}
	for name, c := range cases {
		changed := strings.Replace(good, c.from, c.to, 1)
		if changed == good {
			t.Fatalf("%s: the case changes nothing", name)
		}
		_, err := parse("test.md", []byte(changed))
		if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", name, err, c.err)
		}
	}
}

func FuzzParsingRefusesOrReturnsPassages(f *testing.F) {
	f.Add(file("alt", bot.Chinese, "1", "## a {#high}\n- x[S1]\n"))
	f.Add("---\n---")
	f.Add("---\nanalytes: !x\n0\n---\n0")
	f.Fuzz(func(t *testing.T, raw string) {
		d, err := parse("f.md", []byte(raw))
		if err != nil {
			return
		}
		for _, s := range d.sections {
			if s.text == "" || !slices.Contains(kinds, s.kind) || sourceMark.MatchString(s.text) {
				t.Errorf("%q", s.text)
			}
		}
	})
}
