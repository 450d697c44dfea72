package pages

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestBlocksSetParagraphsAndLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []Block
	}{
		"one line":                        {"你好", []Block{{Lines: []string{"你好"}}}},
		"a blank line parts paragraphs":   {"a\n\nb", []Block{{Lines: []string{"a"}}, {Lines: []string{"b"}}}},
		"a single newline stays a line":   {"a\nb", []Block{{Lines: []string{"a", "b"}}}},
		"a numbered list":                 {"请：\n1. 甲\n2. 乙", []Block{{Lines: []string{"请："}}, {Items: []string{"甲", "乙"}, Start: 1}}},
		"Chinese list marks":              {"1、甲\n2、乙", []Block{{Items: []string{"甲", "乙"}, Start: 1}}},
		"a list goes on after a gap":      {"1. 甲\n\n2. 乙", []Block{{Items: []string{"甲", "乙"}, Start: 1}}},
		"a new count is a new list":       {"1. 甲\n1. 乙", []Block{{Items: []string{"甲"}, Start: 1}, {Items: []string{"乙"}, Start: 1}}},
		"a decimal is no list":            {"3.5 mmol/L", []Block{{Lines: []string{"3.5 mmol/L"}}}},
		"text after a list is a new line": {"1. 甲\n乙", []Block{{Items: []string{"甲"}, Start: 1}, {Lines: []string{"乙"}}}},
		"windows line ends":               {"a\r\n\r\nb", []Block{{Lines: []string{"a"}}, {Lines: []string{"b"}}}},
		"nothing":                         {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Blocks(c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBlocksLoseNoWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"1. ", "2、", "12)", "血钾", "7.1", "\n", "\n\n", " ", "a", "120。"})).Draw(t, "pieces"), "")
		kept := func(s string) string {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune(" \n\r\t.、)）0123456789", r) {
					return -1
				}
				return r
			}, s)
		}
		var drawn strings.Builder
		for _, b := range Blocks(text) {
			drawn.WriteString(strings.Join(b.Lines, "") + strings.Join(b.Items, ""))
		}
		if kept(text) != kept(drawn.String()) {
			t.Fatalf("%q was drawn as %q", text, drawn.String())
		}
	})
}
