package guard

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"careline/bot/fold"
)

// spellingFile is how the characters of danger words may reach us: by toneless
// pinyin, in traditional form ("頭头"), or mistaken for another.
type spellingFile struct {
	Pinyin      map[string]string `yaml:"pinyin"`
	Traditional []string          `yaml:"traditional"`
	Typos       map[string]string `yaml:"typos"`
}

type spellings bool

const (
	exact    spellings = false
	misspelt spellings = true
)

// lexicon finds every word of triage in one pass over a text.
type lexicon struct {
	pinyin     map[rune]string
	typos      map[rune]string
	simplified map[rune]rune
	first      map[rune]int32 // the nodes words begin with
	nodes      []node         // node 0 is none
	ends       []end          // end 0 is none
}

// node is one character of a word. The tree has some hundred thousand, so it is
// kept in one slice: first child, next sibling.
type node struct {
	r              rune
	child, sibling int32
	end            int32 // the first word that ends here
}

// end is a word at its last node, and the next one that ends there too.
type end struct {
	word
	next int32
}

// word ends at a node of the lexicon.
type word struct {
	sign    signID
	variant bool // not the spelling in the data: typo or pinyin
	clause  bool // a subject with its verb, "my chest hurts": it starts afresh
	free    bool // may stand inside a run of Latin letters
}

// What is expected saves growing while the lexicon is read.
const (
	expectedNodes = 3 << 19
	expectedEnds  = 1 << 19
)

func newLexicon(spelling spellingFile) *lexicon {
	x := &lexicon{pinyin: map[rune]string{}, typos: map[rune]string{}, simplified: map[rune]rune{}, first: map[rune]int32{}, nodes: make([]node, 1, expectedNodes), ends: make([]end, 1, expectedEnds)}
	for syllable, characters := range spelling.Pinyin {
		for _, r := range characters {
			x.pinyin[r] = syllable
		}
	}
	for character, typos := range spelling.Typos {
		x.typos[[]rune(character)[0]] = typos
	}
	for _, forms := range spelling.Traditional {
		two := []rune(forms)
		x.simplified[two[0]] = two[1]
	}
	return x
}

// add enters terms; "(a|b)" in a term stands for each alternative.
func (x *lexicon) add(s signID, terms []string, tolerate spellings) {
	for _, pattern := range terms {
		for _, term := range expand(pattern) {
			term = x.canonical(term)
			x.enter(term, word{sign: s})
			if tolerate == misspelt {
				x.addVariants(term, word{sign: s, variant: true})
			}
		}
	}
}

// Longer phrases are entered as they are: a typo in one leaves the shorter words
// in it to be heard.
const (
	longestMisspelt = 5
	longestPinyin   = 4
)

// longestPair is how many characters two words may have together to be entered
// as one with its misspelt forms; longer ones are heard by each word's own.
const longestPair = 4

// addPairs enters the misspelt forms of two short words written one after the other.
func (x *lexicon) addPairs(s signID, first, second []string) {
	for _, a := range first {
		for _, b := range second {
			for _, left := range expand(a) {
				for _, right := range expand(b) {
					if han(left) && han(right) && utf8.RuneCountInString(left+right) <= longestPair {
						x.addVariants(x.canonical(left+right), word{sign: s, variant: true, clause: true})
					}
				}
			}
		}
	}
}

func (x *lexicon) addVariants(term string, w word) {
	if !han(term) {
		x.addMistyped(term, w)
		return
	}
	runes := []rune(term)
	if len(runes) < 2 || len(runes) > longestMisspelt {
		return
	}
	for i, r := range runes {
		for _, typo := range x.typos[r] {
			x.enter(string(runes[:i])+string(typo)+string(runes[i+1:]), w)
		}
	}
	if len(runes) <= longestPinyin {
		x.addPinyin(runes, w)
	}
}

// freePinyin is the length from which joined pinyin is no accident inside a
// longer run of letters.
const freePinyin = 9

func (x *lexicon) addPinyin(runes []rune, w word) {
	syllables := make([]string, len(runes))
	for i, r := range runes {
		if syllables[i] = x.pinyin[r]; syllables[i] == "" {
			return
		}
	}
	joined := strings.Join(syllables, "")
	w.free = len(joined) >= freePinyin
	x.enter(joined, w)
	x.enter(strings.Join(syllables, " "), w)
}

// addMistyped enters English terms with one letter of a longer word dropped or
// two neighbours swapped.
func (x *lexicon) addMistyped(term string, w word) {
	const shortestTerm, shortestWord = 7, 5
	if len(term) < shortestTerm {
		return
	}
	words := strings.Split(term, " ")
	for i, one := range words {
		if len(one) < shortestWord || !asciiWord(one) {
			continue
		}
		for k := 1; k < len(one); k++ {
			variants := []string{one[:k] + one[k+1:]}
			if k+1 < len(one) {
				variants = append(variants, one[:k]+one[k+1:k+2]+one[k:k+1]+one[k+2:])
			}
			for _, v := range variants {
				words[i] = v
				x.enter(strings.Join(words, " "), w)
			}
		}
		words[i] = one
	}
}

func (x *lexicon) enter(term string, w word) {
	at := int32(0)
	for _, r := range term {
		next := x.step(at, r)
		if next == 0 {
			next = x.grow(at, r)
		}
		at = next
	}
	link := &x.nodes[at].end
	for *link != 0 {
		known := &x.ends[*link]
		if known.sign == w.sign {
			return
		}
		link = &known.next
	}
	*link = int32(len(x.ends))
	x.ends = append(x.ends, end{word: w})
}

// step is the node r leads to, 0 if none; at 0 a word begins.
func (x *lexicon) step(at int32, r rune) int32 {
	if at == 0 {
		return x.first[r]
	}
	next := x.nodes[at].child
	for next != 0 && x.nodes[next].r != r {
		next = x.nodes[next].sibling
	}
	return next
}

func (x *lexicon) grow(at int32, r rune) int32 {
	next := int32(len(x.nodes))
	if at == 0 {
		x.nodes = append(x.nodes, node{r: r})
		x.first[r] = next
		return next
	}
	x.nodes = append(x.nodes, node{r: r, sibling: x.nodes[at].child})
	x.nodes[at].child = next
	return next
}

// canonical is the form in which terms and messages meet.
func (x *lexicon) canonical(s string) string {
	if x.plain(s) {
		return s
	}
	return string(x.read(fold.Fold(s)).runes)
}

// plain reports a term that folding leaves as it is, as most are: reading the
// lexicon is most of a start.
func (x *lexicon) plain(s string) bool {
	for i, r := range s {
		_, traditional := x.simplified[r]
		letter := r >= 'a' && r <= 'z' || r == ' ' && i > 0 && s[i-1] != ' ' && i+1 < len(s)
		if !letter && (traditional || !commonHan(r)) {
			return false
		}
	}
	return true
}

// commonHan is the block of characters without compatibility forms.
func commonHan(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }

func expand(pattern string) []string {
	open := strings.IndexByte(pattern, '(')
	if open < 0 {
		return []string{pattern}
	}
	length := strings.IndexByte(pattern[open:], ')')
	if length < 0 {
		return []string{pattern}
	}
	var all []string
	for _, alternative := range strings.Split(pattern[open+1:open+length], "|") {
		for _, rest := range expand(pattern[open+length+1:]) {
			all = append(all, pattern[:open]+alternative+rest)
		}
	}
	return all
}

func han(s string) bool {
	for _, r := range s {
		if !unicode.Is(unicode.Han, r) {
			return false
		}
	}
	return s != ""
}

func asciiWord(s string) bool {
	for _, r := range s {
		if r < 'a' || r > 'z' {
			return false
		}
	}
	return true
}
