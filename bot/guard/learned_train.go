package guard

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"careline/bot"
	"careline/bot/fold"
)

// Example is one labelled message to learn from.
type Example struct {
	Text   string
	Level  bot.Level
	Accept []bot.Level // levels that are right as well: nothing is learned against them
}

// How learning goes; found by cross-validation over our own examples.
const (
	rounds      = 14
	firstRate   = 0.5
	forget      = 1e-4
	folds       = 5
	rarest      = 2    // a word in fewer examples is an accident
	leastWeight = 0.06 // a weight below it is dropped from the file
)

// falseAlarms is how often a level may be given to a message that deserves none,
// in examples that were not learned from: the thresholds keep to it.
var falseAlarms = weights{0.02, 0.01, 0.02, 0.005}

// sample is an example as the score reads it.
type sample struct {
	words []string
	level bot.Level
	spare [len(learnedLevels)]bool // says nothing about this level
}

// Learn makes the file of weights from examples. The same examples in any order
// give the same file.
func (g *Guard) Learn(examples []Example) string {
	examples = slices.Clone(examples)
	slices.SortFunc(examples, func(a, b Example) int { return cmp.Compare(a.Text, b.Text) })
	samples := make([]sample, len(examples))
	count := map[string]int{}
	for i, e := range examples {
		samples[i] = g.redFlags.sample(e)
		for _, w := range samples[i].words {
			count[w]++
		}
	}
	for i := range samples {
		samples[i].words = slices.DeleteFunc(samples[i].words, func(w string) bool { return count[w] < rarest })
	}
	l := train(samples)
	l.threshold = thresholds(samples)
	return l.write(DigestOf(examples))
}

// DigestOf names a set of examples, whatever their order.
func DigestOf(examples []Example) string {
	lines := make([]string, len(examples))
	for i, e := range examples {
		lines[i] = fmt.Sprint(e.Text, "\x00", e.Level, e.Accept)
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:8])
}

func (r *redFlags) sample(e Example) (s sample) {
	seen := map[string]bool{}
	for _, f := range features(r.words.read(fold.Fold(e.Text)).runes) {
		seen[f.text] = true
	}
	s.words, s.level = slices.Sorted(maps.Keys(seen)), e.Level
	for k, level := range learnedLevels {
		s.spare[k] = slices.Contains(e.Accept, level)
	}
	return s
}

// train is a logistic regression for each level, by stochastic steps.
func train(samples []sample) learned {
	l := learned{words: map[string]weights{}}
	order := rand.New(rand.NewPCG(1, 2))
	for round := range rounds {
		rate := firstRate / (1 + 0.3*float64(round))
		for _, i := range order.Perm(len(samples)) {
			l.step(samples[i], rate)
		}
	}
	return l
}

func (l *learned) step(s sample, rate float64) {
	share := 1 / math.Sqrt(float64(max(len(s.words), 1)))
	var sum, gradient weights
	for _, w := range s.words {
		for k, x := range l.words[w] {
			sum[k] += x
		}
	}
	for k, level := range learnedLevels {
		if s.spare[k] {
			continue
		}
		gradient[k] = -1 / (1 + math.Exp(-(l.bias[k] + sum[k]*share)))
		// Whatever is graver is no lesson against the lesser.
		if s.level == level || s.level > level && level >= bot.LevelEmergency {
			gradient[k]++
		}
		l.bias[k] += rate * gradient[k] / 2
	}
	for _, w := range s.words {
		x := l.words[w]
		for k := range x {
			x[k] = x[k]*(1-forget) + rate*gradient[k]*share*3
		}
		l.words[w] = x
	}
}

// thresholds keep to falseAlarms in examples that were not learned from.
func thresholds(samples []sample) (t weights) {
	scores := [len(learnedLevels)][]float64{}
	for fold := range folds {
		var rest []sample
		for i, s := range samples {
			if i%folds != fold {
				rest = append(rest, s)
			}
		}
		l := train(rest)
		for i, s := range samples {
			if i%folds == fold && s.level == bot.LevelNone {
				for k, x := range l.of(s) {
					scores[k] = append(scores[k], x)
				}
			}
		}
	}
	for k := range t {
		slices.Sort(scores[k])
		allowed := int(falseAlarms[k] * float64(len(scores[k])))
		t[k] = math.Inf(1)
		if n := len(scores[k]) - 1 - allowed; n >= 0 {
			t[k] = scores[k][n] + 0.01
		}
	}
	return t
}

func (l *learned) of(s sample) weights {
	words := make([]feature, len(s.words))
	for i, w := range s.words {
		words[i].text = w
	}
	return l.score(words)
}

func (l *learned) write(digest string) string {
	var b strings.Builder
	line := func(name string, w weights) {
		b.WriteString(name)
		for _, x := range w {
			fmt.Fprintf(&b, "\t%.2f", x)
		}
		b.WriteByte('\n')
	}
	b.WriteString("examples\t" + digest + "\n")
	line("bias", l.bias)
	line("threshold", l.threshold)
	for _, word := range slices.Sorted(maps.Keys(l.words)) {
		if w := l.words[word]; slices.ContainsFunc(w[:], func(x float64) bool { return math.Abs(x) >= leastWeight }) {
			line(word, w)
		}
	}
	return b.String()
}
