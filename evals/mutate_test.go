package evals

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
)

const passingDraft = `{"id":"p","labs":[{"name":"谷丙转氨酶(ALT)","value":"87","unit":"U/L","ref":"7-40","flag":"↑","date":"2026-08-03"}],` +
	`"question":"转氨酶高要紧吗","completion":"8月3日这次谷丙转氨酶 87 U/L，偏高，报告上的参考范围是7-40。正在吃的药别自己停。","expect":"pass"}`

func mutants(t *testing.T, n int, seed uint64) (all []MutantOutcome) {
	t.Helper()
	m, err := loaded(t).NewMutants()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Read("cases", strings.NewReader(passingDraft)); err != nil {
		t.Fatal(err)
	}
	if len(m.bases) != 1 {
		t.Fatal("the draft does not pass")
	}
	m.Run(n, seed, func(o MutantOutcome) { all = append(all, o) })
	return all
}

func TestTheSameSeedMakesTheSameMutantsAndNoneTwice(t *testing.T) {
	t.Parallel()
	first, again := mutants(t, 200, 7), mutants(t, 200, 7)
	if d := cmp.Diff(first, again); d != "" || len(first) != 200 {
		t.Errorf("%d mutants; %s", len(first), d)
	}
	if cmp.Equal(first, mutants(t, 200, 8)) {
		t.Error("another seed makes the same mutants")
	}
}

func TestAChangedNumberIsInNothingTheDraftRestsOn(t *testing.T) {
	t.Parallel()
	known := []string{"87", "7", "40", "87.0", "120"}
	for _, o := range mutants(t, 500, 1) {
		if o.Mutator != "digit" && o.Mutator != "decimal-point" && o.Mutator != "interval" {
			continue
		}
		for _, n := range known {
			if plainNumber(o.After) == plainNumber(n) {
				t.Errorf("%s: %q became %q", o.Mutator, o.Before, o.After)
			}
		}
	}
}

func TestMutatorsThatHaveTheirPlaceMakeMutants(t *testing.T) {
	t.Parallel()
	made := map[string]bool{}
	for _, o := range mutants(t, 500, 1) {
		made[o.Mutator] = true
	}
	for _, m := range mutators() {
		// One item alone has no other's value, and none here is critical.
		if has := m.name != "values-swapped" && m.name != "reassurance"; made[m.name] != has {
			t.Errorf("%s: made %t", m.name, made[m.name])
		}
	}
}

func TestNumbersAreSpelledAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    string
		l    bot.Language
		want string
	}{
		{"870", bot.Chinese, "八百七十"}, {"1005", bot.Chinese, "一千零五"}, {"15", bot.Chinese, "十五"}, {"110", bot.Chinese, "一百一十"}, {"5.3", bot.Chinese, "五点三"},
		{"1030", bot.Chinese, "一千零三十"}, {"87", bot.English, "eighty-seven"}, {"305", bot.English, "three hundred and five"}, {"7.1", bot.English, "seven point one"},
	} {
		if got, ok := spelled(c.n, c.l); !ok || got != c.want {
			t.Errorf("%s: %q, want %q", c.n, got, c.want)
		}
	}
}
