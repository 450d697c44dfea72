package intake_test

import (
	"fmt"
	"slices"
	"strings"
)

// misplaced says which results are not as the file had them before it was broken.
func misplaced(f *hostileFile, p promise, stored []fact) (all []string) {
	for _, x := range stored {
		if slices.Contains(f.facts, x) {
			continue
		}
		if why := f.explained(p, x); why != "" {
			all = append(all, fmt.Sprintf("%+v is stored: %s", x, why))
		}
	}
	return all
}

// explained says why a result that differs from the file's own may not be stored,
// "" where its mutation accounts for it: that changed the text of a cell, and
// whatever a cell became, it is none of another result's, report's or patient's.
func (f *hostileFile) explained(p promise, x fact) string {
	of := f.origin(x)
	if of < 0 {
		if p.cells {
			return f.foreign(x, fact{})
		}
		return "it is none of the file's"
	}
	was := f.facts[of]
	if p.moved && x.Patient == was.Patient {
		x.Report = was.Report
	}
	if x == was {
		return ""
	}
	if !p.cells {
		return fmt.Sprintf("it was %+v", was)
	}
	return f.foreign(x, was)
}

// origin is the result that most of x is from, by its name, value or interval.
func (f *hostileFile) origin(x fact) int {
	return slices.IndexFunc(f.facts, func(o fact) bool {
		return x.Name == o.Name || x.Value == o.Value || x.Interval == o.Interval
	})
}

// foreign says which of x's cells is another's.
func (f *hostileFile) foreign(x, was fact) string {
	for _, o := range f.facts {
		switch {
		case x.Patient == o.Patient && x.Report != o.Report && f.reportOf(x.Report) != "" && f.reportOf(x.Report) != o.Patient:
			return "the report is another patient's"
		case was == (fact{}) || o == was:
			continue
		case x.Patient == o.Patient && o.Patient != was.Patient:
			return "the patient is another"
		case x.Report == o.Report && o.Report != was.Report:
			return "the report is another"
		case x.Name == o.Name && o.Name != was.Name, strings.Contains(x.Value, o.Value), strings.Contains(x.Interval, o.Interval):
			return fmt.Sprintf("a cell is of %+v", o)
		}
	}
	return ""
}

// reportOf is whose report has a number, "" for none of the file's.
func (f *hostileFile) reportOf(number string) string {
	for _, o := range f.facts {
		if o.Report == number {
			return o.Patient
		}
	}
	return ""
}
