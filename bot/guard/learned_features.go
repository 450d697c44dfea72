package guard

import "unicode"

// feature is a run of characters or words of a message, with its place in
// characters.
type feature struct {
	text       string
	start, end int
}

// longestRun is how many characters or words a feature holds at most.
const longestRun = 3

// features are the runs of one to three Chinese characters, of one to three words,
// and the quarters of long words, so that a typo leaves most of a word standing. A
// number counts as a number, whichever it is.
func features(runes []rune) []feature {
	var all []feature
	tokens := tokensOf(runes)
	for i := range tokens {
		text, glue := "", ""
		for n := 0; n < longestRun && i+n < len(tokens); n++ {
			t := tokens[i+n]
			if n > 0 && t.apart {
				break
			}
			text += glue + t.text
			glue = " "
			if t.han || i+n+1 < len(tokens) && tokens[i+n+1].han {
				glue = ""
			}
			all = append(all, feature{text, tokens[i].start, t.end})
		}
		all = append(all, quarters(runes, tokens[i])...)
	}
	return all
}

// quarters are the runs of four letters of a longer word.
func quarters(runes []rune, t runToken) (all []feature) {
	const size = 4
	if t.han || t.end-t.start <= size {
		return nil
	}
	for i := t.start; i+size <= t.end; i++ {
		all = append(all, feature{"#" + string(runes[i:i+size]), i, i + size})
	}
	return all
}

// runToken is a Chinese character, a word, or a number; apart says that a mark
// stands before it.
type runToken struct {
	text       string
	start, end int
	han, apart bool
}

func tokensOf(runes []rune) (all []runToken) {
	apart := false
	for i := 0; i < len(runes); {
		r := runes[i]
		switch {
		case unicode.Is(unicode.Han, r):
			all = append(all, runToken{string(r), i, i + 1, true, apart})
			apart = false
			i++
		case unicode.IsLetter(r), unicode.IsDigit(r):
			j, digits := i, true
			for j < len(runes) && !unicode.Is(unicode.Han, runes[j]) && (unicode.IsLetter(runes[j]) || unicode.IsDigit(runes[j]) || runes[j] == '.' && digits) {
				digits = digits && (unicode.IsDigit(runes[j]) || runes[j] == '.')
				j++
			}
			text := string(runes[i:j])
			if digits {
				text = "0"
			}
			all = append(all, runToken{text, i, j, false, apart})
			apart = false
			i = j
		default:
			apart = apart || r != ' '
			i++
		}
	}
	return all
}
