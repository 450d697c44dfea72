package labs

import (
	"regexp"
	"strings"

	"careline/bot"
)

var (
	markBefore = regexp.MustCompile(`^([↑↓]{1,3}|[HL]{1,2})\s*([<>≤≥]?=?\s*[-\d０-９].*)$`)
	thousands  = regexp.MustCompile(`^(<=|>=|≤|≥|<|>)?\s*\d{1,3}(?:,\d{3})+(?:\.\d+)?$`)
	commaPoint = regexp.MustCompile(`^(<=|>=|≤|≥|<|>)?\s*-?\d+,\d+$`)
)

// value reads a cell's value and the flag printed before or behind it.
func (s *sheet) value(cell, unit string) (bot.Value, string) {
	if s.catalogue.sheetWords.has(s.catalogue.sheetWords.absent, cell) {
		return bot.Value{Unit: unit}, ""
	}
	mark := ""
	if cell != "" && (cell[0] >= 0x80 || cell[0] == 'H' || cell[0] == 'L') {
		if m := markBefore.FindStringSubmatch(cell); m != nil {
			mark, cell = m[1], m[2]
		}
	}
	v, flag := ParseValue(cell, unit)
	if flag == "" {
		flag = mark
	}
	if plain := s.commas(v.Printed); !v.Number.Valid() && plain != v.Printed {
		n, _ := ParseValue(plain, unit)
		if v.Number, v.Comparator = n.Number, n.Comparator; v.Comparator != "" {
			v.Printed = strings.TrimLeft(v.Printed, "<>=≤≥ ")
		}
	}
	return v, flag
}

// commas brings a number with commas to one without. A comma groups thousands,
// but where the mapping file says that it is the decimal point; in a sheet whose
// cells end at semicolons it may be either, and the number stays a text.
func (s *sheet) commas(printed string) string {
	if !strings.ContainsAny(printed, ",，") {
		return printed
	}
	switch text := strings.TrimSpace(plainDigits(printed)); {
	case s.sheetFile.columns.Decimal == ",":
		if commaPoint.MatchString(text) {
			return strings.Replace(text, ",", ".", 1)
		}
	case s.comma != ';' && thousands.MatchString(text):
		return strings.ReplaceAll(text, ",", "")
	}
	return printed
}

// has looks a cell up in a set of words.
func (sheetWords) has(set map[string]bool, cell string) bool {
	return len(cell) <= mostNothing && set[strings.ToLower(cell)]
}
