package guard

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"careline/bot/fold"
)

var (
	// surnameEnd is a surname, perhaps with a given name, before a title; the
	// surnames are the common ones that are no other word there (Ministry of Public
	// Security, 2020 report).
	surnameEnd = regexp.MustCompile(`(?:欧阳|司马|上官|[王李张刘陈杨赵吴徐孙马朱胡郭林罗郑梁谢宋唐韩冯董萧曹袁邓傅沈曾彭吕苏蒋蔡贾丁魏薛叶阎潘杜戴夏汪田姜范姚谭廖邹熊陆郝孔崔邱秦侯邵孟龙雷钱汤尹黎贺赖龚])\p{Han}{0,2}$`)
	// englishTitled is a title before a name, as written.
	englishTitled = regexp.MustCompile(`\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Doctor|Nurse)\b\.? ?[A-Z][A-Za-z'-]+`)
)

// greeted is who a text greets by name; nobody are greetings of anybody.
var (
	greeted = regexp.MustCompile(`(?m)(?:^|[.!?] )(?:Hi|Hello|Hey|Dear|Good morning|Good afternoon|Good evening),? ([A-Z][a-z'-]+(?: [A-Z][a-z'-]+)?)`)
	nobody  = []string{"There", "All", "Everyone", "Everybody", "Again", "Sir", "Madam", "Friend", "Patient", "Reader", "Your", "The", "Thank", "Thanks", "You", "This", "Both", "And", "It"}
)

// personNames are the places where a person is named who is not the staff member
// that signs: the patient and family by any form of their names, anybody by a
// title. Eponyms ("Graves' disease") are no persons.
func (r *reviewing) personNames() []span {
	var all []span
	for _, name := range r.draft.Names {
		for _, form := range nameForms(name) {
			all = append(all, r.wordsOf(form)...)
		}
	}
	for _, title := range r.found["names.titles"] {
		from := max(0, title.start-12)
		for from < title.start && !utf8.RuneStart(r.text[from]) {
			from++
		}
		if m := surnameEnd.FindStringIndex(r.text[from:title.start]); m != nil {
			all = append(all, r.cutTitled(span{from + m[0], title.end})...)
		}
	}
	for _, m := range englishTitled.FindAllStringIndex(r.draft.Text, -1) {
		if s, ok := r.canonicalSpan(m[0], m[1]); ok {
			all = append(all, s)
		}
	}
	for _, m := range greeted.FindAllStringSubmatchIndex(r.draft.Text, -1) {
		word, _, _ := strings.Cut(r.draft.Text[m[2]:m[3]], " ")
		if s, ok := r.canonicalSpan(m[2], m[3]); ok && !slices.Contains(nobody, word) {
			all = append(all, s)
		}
	}
	kept := all[:0]
	staff := fold.Text(r.draft.Staff)
	for _, s := range all {
		words := r.text[s.start:s.end]
		known := strings.Contains(r.question, words) || staff != "" && (strings.Contains(words, staff) || strings.Contains(staff, words))
		if !known && !anyOverlaps(r.found["names.eponyms"], s) && !anyOverlaps(r.quoted, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// cutTitled drops what only looks like a surname: "任何医生", "紧张先生".
func (r *reviewing) cutTitled(s span) []span {
	c := r.clauses[r.clauseOf(s.start)]
	before, _ := utf8.DecodeLastRuneInString(r.text[c.start:s.start])
	// A given name follows the surname only where the name begins the clause;
	// elsewhere the characters between are other words.
	short := utf8.RuneCountInString(r.text[s.start:s.end]) <= 3
	begins := strings.TrimSpace(r.text[c.start:s.start]) == "" || strings.ContainsRune("、找挂和与请问叫是由让跟的", before)
	if strings.ContainsRune("紧一这那每两几或也开部慌主过", before) && !begins || !short && !begins {
		return nil
	}
	return []span{s}
}

// nameForms are the forms in which a text may say a name, folded: whole, and a
// Chinese given name of two characters, or each longer part of a Latin one.
func nameForms(name string) []string {
	whole := fold.Text(name)
	if whole == "" {
		return nil
	}
	forms := []string{whole}
	if runes := []rune(whole); !latinLetter(whole, 0) {
		if len(runes) >= 3 {
			forms = append(forms, string(runes[len(runes)-2:]))
		}
		return forms
	}
	for _, part := range strings.Fields(whole) {
		if len(part) >= 4 {
			forms = append(forms, part)
		}
	}
	return forms
}

// wordsOf finds a form whole, with spaces or marks between its characters too.
func (r *reviewing) wordsOf(form string) []span {
	var pattern strings.Builder
	for i, c := range form {
		if i > 0 && !latinLetter(form, 0) {
			pattern.WriteString(`[ ·.\-*]{0,2}`)
		}
		pattern.WriteString(regexp.QuoteMeta(string(c)))
	}
	found, err := regexp.Compile(pattern.String())
	if err != nil {
		return []span{{0, len(r.text)}}
	}
	var all []span
	for _, m := range found.FindAllStringIndex(r.text, -1) {
		if _, whole := wholeWord(r.text, m[0], m[1]); whole {
			all = append(all, span{m[0], m[1]})
		}
	}
	return all
}

// canonicalSpan is where a span of the draft stands in the canonical text.
func (s *script) canonicalSpan(start, end int) (span, bool) {
	found := span{-1, -1}
	for i := range s.starts {
		if s.starts[i] >= start && s.ends[i] <= end {
			if found.start < 0 {
				found.start = i
			}
			found.end = i + 1
		}
	}
	return found, found.start >= 0
}
