package guard

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// longDraft is the worked example repeated to 2,000 characters.
func longDraft(b testing.TB) (reviewCase, pack) {
	var cases []reviewCase
	readCases(b, "good.yaml", &cases)
	c := cases[0]
	for len([]rune(c.Text)) < 2000 {
		c.Text += "\n" + cases[0].Text
	}
	c.Text = string([]rune(c.Text)[:2000])
	return c, packs(b)[c.Pack]
}

func BenchmarkReview(b *testing.B) {
	g := reviewer(b)
	c, p := longDraft(b)
	e := p.evidence(b)
	d := c.draft(p, e)
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		g.Review(d, e)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
}

func FuzzReview(f *testing.F) {
	all := packs(f)
	for _, name := range []string{"bad.yaml", "good.yaml"} {
		var cases []reviewCase
		readCases(f, name, &cases)
		for _, c := range cases {
			f.Add(c.Text, c.Question)
		}
	}
	f.Add("\xff①٨٧，一百万点七 1,200[k1]\u200b", "8\n7")
	g := reviewer(f)
	evidence := map[string]pack{"alt": all["alt"], "english": all["english"], "blood": all["blood"]}
	f.Fuzz(func(t *testing.T, text, question string) {
		for _, p := range evidence {
			e := p.evidence(t)
			for _, v := range g.Review(reviewCase{Text: text, Question: question}.draft(p, e), e) {
				if v.Start < 0 || v.End > len(text) || v.Start > v.End {
					t.Fatalf("%s spans [%d,%d) of %d bytes", v.Check, v.Start, v.End, len(text))
				}
				if strings.Contains(v.Why, "failed") {
					t.Fatalf("a panic inside the review of %q", text)
				}
			}
		}
	})
}
