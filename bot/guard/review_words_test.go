package guard

import (
	"slices"
	"testing"
	"testing/fstest"

	"careline/bot"
)

func TestAWordFileThatNoCheckReadsIsRefused(t *testing.T) {
	t.Parallel()
	bad := map[string]string{
		"an unknown field":     "approved_by: none\nwords: {}\n",
		"an unknown list":      "approved_by: none\nlists: {direction.sideways: [seitwärts]}\n",
		"an empty phrase":      "approved_by: none\nlists: {direction.high: [\"\"]}\n",
		"nobody to approve it": "lists: {direction.high: [high]}\n",
		"lists that miss":      "approved_by: none\nlists: {direction.high: [high]}\n",
	}
	for name, file := range bad {
		if _, err := readReviewWords(fstest.MapFS{"data/review/a.yaml": {Data: []byte(file)}}); err == nil {
			t.Errorf("%s passed", name)
		}
	}
}

func TestEveryCheckStopsSomeDraft(t *testing.T) {
	t.Parallel()
	var cases []reviewCase
	readCases(t, "bad.yaml", &cases)
	for _, c := range checks() {
		if !slices.ContainsFunc(cases, func(bad reviewCase) bool { return bad.Want == c.id }) {
			t.Errorf("no bad draft for %s", c.id)
		}
	}
}

func TestWhatCannotBeReviewedIsRefused(t *testing.T) {
	t.Parallel()
	g := reviewer(t)
	for name, text := range map[string]string{"empty": " \n", "not UTF-8": "血钾\xff", "too long": string(make([]byte, longestDraft+1))} {
		if found := g.Review(Draft{Text: text}, bot.Evidence{}); len(found) != 1 || found[0].Check != "V0" || found[0].End != len(text) {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestAPanicInsideTheReviewIsARejection(t *testing.T) {
	t.Parallel()
	broken := &Guard{words: reviewWords{phrases: nil, lists: nil}}
	d := Draft{Text: "谷丙转氨酶偏高。", Tier: bot.Tier(99)}
	if found := broken.Review(d, bot.Evidence{}); !slices.ContainsFunc(found, func(v bot.Violation) bool { return v.Check == "V0" }) {
		t.Errorf("found %v", found)
	}
}

func TestNumbersInWordsAreRead(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{"八十七": "87", "一百二": "120", "一百零二": "102", "两百五十": "250", "七点一": "7.1", "十": "10", "十五": "15", "八七": "87", "三千": "3000", "一万二": "12000", "零点五": "0.5"} {
		if got := hanValue(words); got != want {
			t.Errorf("%s is %s, want %s", words, got, want)
		}
	}
	for words, want := range map[string]string{"eighty-seven": "87", "one hundred and twenty": "120", "seven point one": "7.1", "two thousand": "2000", "nineteen": "19"} {
		if got := englishValue(words); got != want {
			t.Errorf("%s is %s, want %s", words, got, want)
		}
	}
}

func TestSpellingsOfOneUnitAreOne(t *testing.T) {
	t.Parallel()
	for _, spellings := range [][]string{{"×10⁹/L", "10^9/L", "10*9/L", "x10^9/L", "10E9/L"}, {"μmol/L", "µmol/L", "umol/L"}, {"mL/min/{1.73_m2}", "mL/min/1.73m²"}, {"[IU]/L", "IU/L"}} {
		for _, s := range spellings {
			if got, want := canonicalUnit(s), canonicalUnit(spellings[0]); got != want {
				t.Errorf("%s is %q, want %q", s, got, want)
			}
		}
	}
}

func TestIdentityNumbersAreToldByTheirChecksum(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{"11010519491231002x": true, "110105194912310021": false, "1101051949123100": false} {
		if identityNumber(number) != want {
			t.Errorf("%s: %v", number, !want)
		}
	}
}
