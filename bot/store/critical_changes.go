package store

import (
	"fmt"
	"slices"

	"careline/bot"
)

// CriticalChanges are what a new table of critical values changes.
type CriticalChanges struct {
	Added, Changed []CriticalLine
	Removed        []CriticalKey
}

// CriticalProblem is why a new table is refused: Line is the index of the line in
// it, -1 for the table as a whole.
type CriticalProblem struct {
	Line int
	Why  string
}

// CompareCritical says what a new table changes, or why it must not: a line may
// not be missing unless it is removed by name, and a changed line needs an
// approval of its own.
func CompareCritical(was, is []CriticalLine, remove []CriticalKey) (changes CriticalChanges, problems []CriticalProblem) {
	before, after := map[CriticalKey]CriticalLine{}, map[CriticalKey]int{}
	for _, l := range was {
		before[l.Key] = l
	}
	for i, l := range is {
		if _, twice := after[l.Key]; twice {
			problems = append(problems, CriticalProblem{i, fmt.Sprintf("%s stands in the file twice.", l.Key)})
		}
		after[l.Key] = i
		old, known := before[l.Key]
		switch {
		case !known:
			changes.Added = append(changes.Added, l)
		case l.sameRule(old) && l.sameApproval(old):
		case !l.sameRule(old) && l.ApprovedBy != "" && l.sameApproval(old):
			problems = append(problems, CriticalProblem{i, fmt.Sprintf("%s has changed since it was approved; approve it anew or leave the approval empty.", l.Key)})
		default:
			changes.Changed = append(changes.Changed, l)
		}
	}
	problems = append(problems, lowBelowHigh(is, after)...)
	for _, l := range was {
		_, kept := after[l.Key]
		named := slices.Contains(remove, l.Key)
		switch {
		case !kept && named:
			changes.Removed = append(changes.Removed, l.Key)
		case !kept:
			problems = append(problems, CriticalProblem{-1, fmt.Sprintf("The file lacks %s; to remove it, say --remove %s.", l.Key, l.Key)})
		}
	}
	for _, k := range remove {
		if _, kept := after[k]; kept {
			problems = append(problems, CriticalProblem{-1, fmt.Sprintf("%s is to be removed and stands in the file.", k)})
		} else if _, known := before[k]; !known {
			problems = append(problems, CriticalProblem{-1, fmt.Sprintf("%s is to be removed and does not exist.", k)})
		}
	}
	return changes, problems
}

// lowBelowHigh finds analytes for which every value would be critical.
func lowBelowHigh(is []CriticalLine, at map[CriticalKey]int) (problems []CriticalProblem) {
	for i, low := range is {
		other := low.Key
		other.Side = bot.DirectionHigh
		high, both := at[other]
		if low.Key.Side == bot.DirectionLow && both && low.Bound.Cmp(is[high].Bound) >= 0 {
			problems = append(problems, CriticalProblem{i, fmt.Sprintf("the low value of %s is not below the high one.", low.Key.Analyte)})
		}
	}
	return problems
}

func (c CriticalChanges) keys() map[string][]string {
	named := map[string][]string{}
	for name, lines := range map[string][]CriticalLine{"added": c.Added, "changed": c.Changed} {
		for _, l := range lines {
			named[name] = append(named[name], l.Key.String())
		}
	}
	for _, k := range c.Removed {
		named["removed"] = append(named["removed"], k.String())
	}
	return named
}
