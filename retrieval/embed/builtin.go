package embed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"careline/bot/fold"
)

const (
	hashed   = 384 // dimensions shared by all terms
	concepts = 320 // dimensions of the synonym groups
	// scheme changes when the same text would get another vector, so that
	// everything is embedded again.
	scheme = "builtin-2-"
)

// A term names what a text is about less surely than a synonym group does, and
// a part of a word less surely than the word; the weights were chosen on the
// questions of package knowledge.
const (
	termWeight    = 1
	pieceWeight   = 0.4
	conceptWeight = 3
)

// BuiltIn needs no model and no network: terms are hashed with a sign, and each
// group of synonyms that occurs has a dimension of its own, so that "转氨酶" and
// "ALT" meet. A dependable default for a curated library, no replacement for an
// embedding model.
func BuiltIn(groups [][]string) Embedder {
	b := builtIn{byFirst: map[rune][]synonym{}}
	canonical := canonicalGroups(groups)
	digest := sha256.New()
	for i, group := range canonical {
		digest.Write([]byte(strings.Join(group, "\x1f") + "\x1e"))
		for _, name := range group {
			first, _ := utf8.DecodeRuneInString(name)
			b.byFirst[first] = append(b.byFirst[first], synonym{name, i % concepts})
		}
	}
	for _, names := range b.byFirst {
		slices.SortStableFunc(names, func(a, b synonym) int { return len(b.name) - len(a.name) })
	}
	b.model = scheme + hex.EncodeToString(digest.Sum(nil))[:12]
	return b
}

// IsBuiltIn reports whether a model is a built-in one. Its vectors cost nothing
// to make again.
func IsBuiltIn(model string) bool { return strings.HasPrefix(model, "builtin-") }

// canonicalGroups are the groups in one order, whatever order they came in.
func canonicalGroups(groups [][]string) [][]string {
	var all [][]string
	for _, group := range groups {
		var names []string
		for _, name := range group {
			// AST is also GOT, which in a sentence is a verb.
			if name = fold.Text(name); name != "" && !stop[name] {
				names = append(names, name)
			}
		}
		if slices.Sort(names); len(names) > 0 {
			all = append(all, slices.Compact(names))
		}
	}
	slices.SortFunc(all, slices.Compare)
	return all
}

type synonym struct {
	name    string
	concept int
}

type builtIn struct {
	model   string
	byFirst map[rune][]synonym // longest first
}

func (b builtIn) Model() string  { return b.model }
func (b builtIn) Dimension() int { return hashed + concepts }

func (b builtIn) Embed(ctx context.Context, texts []string, _ bool) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		vectors[i] = b.vector(fold.Text(text))
	}
	return vectors, nil
}

func (b builtIn) vector(text string) []float32 {
	v := make([]float32, hashed+concepts)
	eachTerm(text, func(term string, latin bool) {
		add(v, term, termWeight)
		if latin {
			pieces(term, func(piece string) { add(v, piece, pieceWeight) })
		}
	})
	// What is said often is not said that much more.
	for i, x := range v {
		v[i] = float32(math.Copysign(math.Sqrt(math.Abs(float64(x))), float64(x)))
	}
	b.eachConcept(text, func(concept int) { v[hashed+concept] = conceptWeight })
	return normalise(v)
}

// add hashes with FNV-1a; the top bit is the sign, so that collisions cancel
// rather than pile up.
func add(v []float32, term string, weight float32) {
	h := uint64(14695981039346656037)
	for i := range len(term) {
		h = (h ^ uint64(term[i])) * 1099511628211
	}
	h ^= h >> 32
	if h>>31&1 == 1 {
		weight = -weight
	}
	v[h%hashed] += weight
}

const (
	pieceLength = 4
	wordLength  = 5 // shorter words are their own piece
)

// pieces are the overlapping parts of a long word: "enzyme" meets "enzymes".
func pieces(word string, do func(string)) {
	if len(word) < wordLength {
		return
	}
	for at := 0; at+pieceLength <= len(word); at++ {
		do(word[at : at+pieceLength])
	}
}

// eachConcept finds the longest synonym at each place; a Latin one must be a
// whole word.
func (b builtIn) eachConcept(text string, do func(concept int)) {
	last := ' '
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		for _, s := range b.byFirst[r] {
			if strings.HasPrefix(text[at:], s.name) && whole(last, text[at:], s.name) {
				do(s.concept)
				size = len(s.name)
				break
			}
		}
		last, _ = utf8.DecodeLastRuneInString(text[:at+size])
		at += size
	}
}

func whole(before rune, text, name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	after, _ := utf8.DecodeRuneInString(text[len(name):])
	return !(word(before) && word(first)) && !(word(last) && word(after))
}

func word(r rune) bool {
	return r != utf8.RuneError && letterOrDigit(r) && !unicode.Is(unicode.Han, r)
}

func normalise(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return v
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return v
}
