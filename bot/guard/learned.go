package guard

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"

	"careline/bot"
)

// learnedFile holds what the labelled examples of evals/triage taught: a weight of
// each short run of characters or words for each level. `careline eval learn`
// writes it.
//
//go:embed data/learned.tsv
var learnedFile string

// learnedLevels are those a word may speak for, in the file's order.
var learnedLevels = [...]bot.Level{bot.LevelReview, bot.LevelHuman, bot.LevelEmergency, bot.LevelCrisis}

type weights [len(learnedLevels)]float64

// learned is a linear score of a message for each level. It may add a level that
// the rules did not find, and never takes one away (T11).
type learned struct {
	words     map[string]weights
	bias      weights
	threshold weights
	persons   map[string]bool // words that alone are a person and no danger
	Digest    string          // of the examples it was made from
}

func loadLearned(g *Guard) (err error) {
	if g.learned, err = readLearned(learnedFile); err != nil {
		return err
	}
	return loadPersons(&g.learned)
}

// readLearned reads a file of Learn: a line each for digest, bias and threshold,
// then the words.
func readLearned(file string) (l learned, err error) {
	l.words = map[string]weights{}
	for i, line := range strings.Split(strings.TrimRight(file, "\n"), "\n") {
		name, rest, _ := strings.Cut(line, "\t")
		if i == 0 {
			l.Digest = rest
			continue
		}
		w, err := parseWeights(rest)
		if err != nil {
			return l, fmt.Errorf("learned.tsv: line %d: %w", i+1, err)
		}
		switch i {
		case 1:
			l.bias = w
		case 2:
			l.threshold = w
		default:
			l.words[name] = w
		}
	}
	if len(l.words) == 0 {
		return l, fmt.Errorf("learned.tsv holds no words")
	}
	return l, nil
}

func parseWeights(line string) (w weights, err error) {
	fields := strings.Split(line, "\t")
	if len(fields) != len(w) {
		return w, fmt.Errorf("%d weights", len(fields))
	}
	for i, f := range fields {
		if w[i], err = strconv.ParseFloat(f, 64); err != nil {
			return w, err
		}
	}
	return w, nil
}

// deniedMargin is how much more a score needs where a rule found the words of danger
// and found that they are not meant.
const deniedMargin = 2

// level is the highest level whose score reaches its threshold in any of the
// messages, with the words that speak for it most.
func (l *learned) level(readings []reading, denied bool) (highest bot.Trigger) {
	margin := 0.0
	if denied {
		margin = deniedMargin
	}
	for i := range readings {
		m := &readings[i]
		if l.onlyPerson(m) {
			continue
		}
		words := features(m.runes)
		score := l.score(words)
		for k, level := range learnedLevels {
			if level <= highest.Level || score[k] < l.threshold[k]+margin {
				continue
			}
			highest = bot.Trigger{Level: level, Rule: "T11", Term: "learned"}
			if from, to := l.strongest(words, k, len(m.runes)); to > from {
				highest.Start, highest.End = m.folded.Origin(m.starts[from], m.ends[to-1])
			}
		}
	}
	return highest
}

// score is the sum of a message's weights, shared out over the root of how many
// words it has: a long message is not dangerous for its length.
func (l *learned) score(words []feature) weights {
	var sum weights
	seen := make(map[string]bool, len(words))
	for _, f := range words {
		if seen[f.text] {
			continue
		}
		seen[f.text] = true
		for k, w := range l.words[f.text] {
			sum[k] += w
		}
	}
	share := 1 / math.Sqrt(float64(max(len(seen), 1)))
	for k := range sum {
		sum[k] = l.bias[k] + sum[k]*share
	}
	return sum
}

// strongest is the stretch of characters with the largest sum of weights.
func (l *learned) strongest(words []feature, k, length int) (from, to int) {
	each := make([]float64, length)
	for _, f := range words {
		if w := l.words[f.text][k] / float64(f.end-f.start); w != 0 {
			for i := f.start; i < f.end; i++ {
				each[i] += w
			}
		}
	}
	best, sum, start := 0.0, 0.0, 0
	for i, w := range each {
		if sum += w; sum <= 0 {
			sum, start = 0, i+1
		} else if sum > best {
			best, from, to = sum, start, i+1
		}
	}
	return from, to
}
