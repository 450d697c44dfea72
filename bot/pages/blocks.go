package pages

import (
	"regexp"
	"strconv"
	"strings"
)

// Block is one paragraph, or one numbered list, of a text as a page sets it.
type Block struct {
	Lines []string // of a paragraph
	Items []string // of a numbered list
	Start int      // the list's first number
}

var numbered = regexp.MustCompile(`^\s*(\d{1,2})[.、)）]\s*(\D.*)$`)

// Blocks sets a plain text: lines that begin with "1." make a list where the
// numbers run on, an empty line ends a paragraph. A line such as "3.5 mmol/L" is
// no list item: what follows the mark must not be a digit.
func Blocks(text string) []Block {
	var blocks []Block
	fresh := true
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			fresh = true
			continue
		}
		last := len(blocks) - 1
		if m := numbered.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			if last >= 0 && len(blocks[last].Items) > 0 && blocks[last].Start+len(blocks[last].Items) == n {
				blocks[last].Items = append(blocks[last].Items, m[2])
			} else {
				blocks = append(blocks, Block{Items: []string{m[2]}, Start: n})
			}
			fresh = false
			continue
		}
		if !fresh && last >= 0 && len(blocks[last].Items) == 0 {
			blocks[last].Lines = append(blocks[last].Lines, line)
			continue
		}
		blocks = append(blocks, Block{Lines: []string{line}})
		fresh = false
	}
	return blocks
}
