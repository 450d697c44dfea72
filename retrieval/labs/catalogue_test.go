package labs_test

import (
	"encoding/csv"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"careline/bot"
	"careline/bot/fold"
	"careline/retrieval/labs"
)

// namesOf are all the ways an analyte is written.
func namesOf(a labs.Analyte) []string {
	all := slices.Clone(a.Printed)
	for _, language := range []bot.Language{bot.Chinese, bot.English} {
		all = append(append(all, a.Names[language]), a.Aliases[language]...)
	}
	return all
}

func canonical(name string) string { return strings.ReplaceAll(fold.Text(name), " ", "") }

// byUnit are the names that mean two analytes: the unit behind them decides.
var byUnit = map[string]bool{
	"fbg": true, // fasting blood glucose, fibrinogen
	"pct": true, // procalcitonin, plateletcrit
	// counts and shares of white cells, young red cells
	"中性粒细胞": true, "neut": true, "淋巴细胞": true, "lymph": true, "单核细胞": true, "嗜酸性粒细胞": true, "嗜碱性粒细胞": true,
	"白细胞":   true, // of urine: on the strip, in the sediment
	"网织红细胞": true, "ret": true, "有核红细胞": true, "nrbc": true,
}

func TestANameMeansOneAnalyteOfASpecimen(t *testing.T) {
	t.Parallel()
	type name struct {
		specimen bot.Specimen
		text     string
	}
	meant := map[name]bot.AnalyteID{}
	for _, a := range catalogue(t).All() {
		for _, text := range namesOf(a) {
			n := name{a.Specimen, canonical(text)}
			if other, taken := meant[n]; taken && other != a.ID && !byUnit[n.text] {
				t.Errorf("%q of %s is %s and %s", text, a.Specimen, other, a.ID)
			}
			meant[n] = a.ID
		}
	}
}

func TestEveryAnalyteIsNamedInBothLanguagesInSixWays(t *testing.T) {
	t.Parallel()
	for _, a := range catalogue(t).All() {
		distinct := map[string]bool{}
		for _, text := range namesOf(a) {
			distinct[canonical(text)] = true
		}
		for _, language := range []bot.Language{bot.Chinese, bot.English} {
			if a.Names[language] == "" || len(a.Aliases[language]) == 0 {
				t.Errorf("%s has no %s name or alias", a.ID, language)
			}
		}
		if len(distinct) < 6 {
			t.Errorf("%s is written in %d ways", a.ID, len(distinct))
		}
	}
}

func TestEveryNameIsFoundInItsSpecimen(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for _, a := range c.All() {
		for _, text := range namesOf(a) {
			if byUnit[canonical(text)] {
				continue
			}
			if found, _ := c.Map(text, "", a.Specimen); found.ID != a.ID {
				t.Errorf("%q of %s is %q, want %s", text, a.Specimen, found.ID, a.ID)
			}
			if found, _ := c.Map("*"+text+" ", "", a.Specimen); found.ID != a.ID {
				t.Errorf("%q between marks is %q, want %s", text, found.ID, a.ID)
			}
		}
	}
}

func TestAPrintedNameIsNoWordOfASentence(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	said := map[string]bool{}
	for _, a := range c.All() {
		for _, language := range []bot.Language{bot.Chinese, bot.English} {
			for _, text := range append(a.Aliases[language], a.Names[language]) {
				said[canonical(text)] = true
			}
		}
	}
	synonyms := map[string]bool{}
	for _, group := range c.Synonyms() {
		for _, text := range group {
			synonyms[canonical(text)] = true
		}
	}
	for _, a := range c.All() {
		for _, text := range a.Printed {
			if said[canonical(text)] {
				continue // of another specimen, "白细胞" is a word people say
			}
			if synonyms[canonical(text)] {
				t.Errorf("%q of %s is a synonym", text, a.ID)
			}
			for _, m := range c.Mentions(text) {
				if slices.Contains(m.Analytes, a.ID) && !m.Group && m.Start == 0 && m.End == len(text) {
					t.Errorf("%q names %s in a sentence", text, a.ID)
				}
			}
		}
	}
}

// validLOINC reports whether a code's last digit is the Mod-10 check digit LOINC
// appends (LOINC Users' Guide, appendix on the check digit).
func validLOINC(code string) bool {
	digits, check, ok := strings.Cut(code, "-")
	if !ok || len(check) != 1 {
		return false
	}
	sum, double := 0, true
	for _, d := range slices.Backward([]byte(digits)) {
		n := int(d - '0')
		if n < 0 || n > 9 {
			return false
		}
		if double {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum, double = sum+n, !double
	}
	return strconv.Itoa((10-sum%10)%10) == check
}

func TestEveryLOINCCodeIsValidAndOfOneAnalyte(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	of := map[string]bot.AnalyteID{}
	for _, a := range c.All() {
		for _, u := range a.Units {
			for _, code := range append(slices.Clone(u.Codes), u.LOINC) {
				if code == "" {
					continue
				}
				if !validLOINC(code) {
					t.Errorf("%s: %s has a wrong check digit", a.ID, code)
				}
				if other, taken := of[code]; taken && other != a.ID {
					t.Errorf("%s is of %s and %s", code, other, a.ID)
				}
				of[code] = a.ID
				if found, _ := c.Map("", code, a.Specimen); found.ID != a.ID {
					t.Errorf("%s is %q, want %s", code, found.ID, a.ID)
				}
			}
		}
	}
	if validLOINC("1742-7") || validLOINC("2345-6") || validLOINC("1742") {
		t.Error("a wrong check digit passes")
	}
}

func TestAMolarUnitHasAnotherCodeThanAMassUnit(t *testing.T) {
	t.Parallel()
	kind := func(ucum string) string {
		switch {
		case strings.Contains(ucum, "mol") || strings.Contains(ucum, "eq"):
			return "molar"
		case strings.Contains(ucum, "IU") || strings.HasPrefix(ucum, "U/") || strings.HasPrefix(ucum, "kU/"):
			return "units"
		case strings.Contains(ucum, "[Hg]"), strings.Contains(ucum, "Pa"):
			return "pressure"
		case strings.Contains(ucum, "g"):
			return "mass"
		}
		return "other"
	}
	for _, a := range catalogue(t).All() {
		kinds := map[string]string{}
		for _, u := range a.Units {
			for _, code := range append(slices.Clone(u.Codes), u.LOINC) {
				if k, known := kinds[code]; known && k != kind(u.UCUM) && code != "" {
					t.Errorf("%s: %s goes with %s and %s", a.ID, code, k, u.UCUM)
				}
				kinds[code] = kind(u.UCUM)
			}
		}
	}
}

// inFirst is a value of an analyte in its first unit; nil without a factor.
func inFirst(t *testing.T, a labs.Analyte, value, ucum string) *big.Rat {
	t.Helper()
	for i, u := range a.Units {
		if u.UCUM != ucum {
			continue
		}
		v := rational(t, value)
		if i == 0 {
			return v
		}
		if u.ToFirst == "" {
			return nil
		}
		v.Mul(v, rational(t, u.ToFirst))
		if u.Plus != "" {
			v.Add(v, rational(t, u.Plus))
		}
		return v
	}
	t.Fatalf("%s has no unit %s", a.ID, ucum)
	return nil
}

func rational(t *testing.T, digits string) *big.Rat {
	t.Helper()
	d, err := bot.ParseDecimal(digits)
	if err != nil || !d.Valid() {
		t.Fatalf("%q is no decimal: %v", digits, err)
	}
	return d.Rat()
}

func TestConversionsAgreeWithPublishedOnes(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for _, x := range []struct {
		analyte, value, ucum, want string
		within                     float64 // of the published rounding
	}{
		{"GLU", "100", "mg/dL", "5.55", 0.005}, {"GLU2H", "200", "mg/dL", "11.1", 0.05}, {"CREA", "1", "mg/dL", "88.4", 0.05}, {"HBA1C", "48", "mmol/mol", "6.5", 0.05}, {"HBA1C", "53", "mmol/mol", "7.0", 0.05},
		{"TC", "200", "mg/dL", "5.17", 0.005}, {"LDL-C", "100", "mg/dL", "2.59", 0.005}, {"HDL-C", "40", "mg/dL", "1.03", 0.006}, {"TG", "150", "mg/dL", "1.69", 0.005}, {"NONHDL", "130", "mg/dL", "3.36", 0.005},
		{"TBIL", "1", "mg/dL", "17.1", 0.05}, {"IBIL", "1", "mg/dL", "17.1", 0.05}, {"CA", "10", "mg/dL", "2.495", 0.001}, {"IP", "4", "mg/dL", "1.29", 0.005}, {"MG", "2", "mg/dL", "0.82", 0.005},
		{"UA", "6", "mg/dL", "357", 0.5}, {"UREA", "1", "mg{urea_N}/dL", "0.357", 0.0005}, {"FE", "100", "ug/dL", "17.9", 0.05}, {"TIBC", "300", "ug/dL", "53.7", 0.05}, {"T4", "10", "ug/dL", "128.7", 0.05},
		{"FT4", "1", "ng/dL", "12.87", 0.005}, {"T3", "100", "ng/dL", "1.54", 0.005}, {"FT3", "3", "pg/mL", "4.61", 0.005}, {"VITD", "20", "ng/mL", "49.9", 0.05}, {"CORT", "10", "ug/dL", "275.9", 0.05},
		{"E2", "100", "pg/mL", "367.1", 0.05}, {"TESTO", "300", "ng/dL", "10.4", 0.05}, {"PROG", "10", "ng/mL", "31.8", 0.05}, {"B12", "200", "pg/mL", "148", 0.6}, {"FOL", "4", "ng/mL", "9.06", 0.005},
		{"HCY", "2", "mg/L", "14.8", 0.05}, {"LAC", "18", "mg/dL", "2.0", 0.005}, {"ZN", "100", "ug/dL", "15.3", 0.05}, {"CU", "100", "ug/dL", "15.7", 0.05}, {"NH3", "50", "ug/dL", "29.4", 0.05},
		{"PCO2", "5.33", "kPa", "40", 0.05}, {"U-ACR", "3", "mg/mmol", "26.5", 0.05}, {"DHEAS", "200", "ug/dL", "5.43", 0.005}, {"ACTH", "46", "pg/mL", "10.1", 0.05}, {"HGB", "13", "g/dL", "130", 0},
		{"INS", "60", "pmol/L", "10", 0.001}, {"HCT", "45", "%", "0.45", 0}, {"CTNI", "34", "ng/L", "0.034", 0}, {"CRP", "1", "mg/dL", "10", 0}, {"WBC", "1", "10*4/uL", "10", 0}, {"F/TPSA", "0.25", "{ratio}", "25", 0},
	} {
		a, known := c.Analyte(bot.AnalyteID(x.analyte))
		if !known {
			t.Fatalf("no analyte %s", x.analyte)
		}
		got := inFirst(t, a, x.value, x.ucum)
		if v, err := c.Convert(a, bot.Value{Number: bot.MustDecimal(x.value), UCUM: x.ucum}, a.Units[0].UCUM); got == nil && err == nil {
			got = v.Number.Rat() // two units of a kind need no factor
		}
		if got == nil {
			// Units of one kind need no factor of the catalogue's.
			converted, err := c.Convert(a, bot.Value{Number: bot.MustDecimal(x.value), UCUM: x.ucum}, a.Units[0].UCUM)
			if err != nil {
				t.Errorf("%s %s %s: %v", x.analyte, x.value, x.ucum, err)
				continue
			}
			got = converted.Number.Rat()
		}
		value, _ := got.Float64()
		want, _ := rational(t, x.want).Float64()
		if value-want > x.within+1e-9 || want-value > x.within+1e-9 {
			t.Errorf("%s %s %s is %v %s, want %s", x.analyte, x.value, x.ucum, value, a.Units[0].UCUM, x.want)
		}
	}
}

func TestWhatCannotBeConvertedHasNoFactor(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for analyte, ucums := range map[string][]string{
		"DD":    {"mg/L", "ug/mL", "ng/mL", "mg{DDU}/L", "ng{DDU}/mL"}, // FEU and DDU differ about two-fold, by method
		"UREA":  {"mg/dL"},                                             // of urea or of its nitrogen
		"LPA":   {"nmol/L"},                                            // isoforms differ in mass
		"PRL":   {"ng/mL"},                                             // arbitrary units
		"CKMB":  {"U/L"},                                               // activity, not mass
		"HBSAG": {"[IU]/mL"},
	} {
		a, _ := c.Analyte(bot.AnalyteID(analyte))
		for _, ucum := range ucums {
			if got := inFirst(t, a, "1", ucum); got != nil {
				t.Errorf("%s in %s is converted", analyte, ucum)
			}
		}
	}
}

func TestFactorsArePositiveAndSourced(t *testing.T) {
	t.Parallel()
	for _, a := range catalogue(t).All() {
		for i, u := range a.Units {
			if i == 0 && (u.ToFirst != "" || u.Plus != "") {
				t.Errorf("%s: the first unit has a factor", a.ID)
			}
			if u.Plus != "" && u.ToFirst == "" {
				t.Errorf("%s: %s adds without a factor", a.ID, u.UCUM)
			}
			if u.ToFirst == "" {
				continue
			}
			if rational(t, u.ToFirst).Sign() <= 0 {
				t.Errorf("%s: %s has the factor %s", a.ID, u.UCUM, u.ToFirst)
			}
			molar := func(ucum string) bool { return strings.Contains(ucum, "mol") }
			if molar(u.UCUM) != molar(a.Units[0].UCUM) && u.Source == "" && !strings.HasPrefix(u.UCUM, "meq") && !strings.HasPrefix(u.UCUM, "ueq") {
				t.Errorf("%s: the factor of %s has no source", a.ID, u.UCUM)
			}
		}
	}
}

func TestIntervalsCriticalValuesAndVariationsAreSourcedAndFit(t *testing.T) {
	t.Parallel()
	intervals, variations := 0, 0
	for _, a := range catalogue(t).All() {
		if v := a.Variation; v != nil {
			variations++
			if v.Source == "" || v.Within.Rat().Sign() <= 0 || v.Analytical.Rat().Sign() <= 0 || v.Within.Cmp(bot.MustDecimal("50")) > 0 {
				t.Errorf("%s: variation %+v", a.ID, *v)
			}
		}
		if a.Interval == nil {
			continue
		}
		intervals++
		if a.Interval.Source == "" || a.Interval.Any == "" && a.Interval.Female == "" && a.Interval.Male == "" {
			t.Errorf("%s: interval %+v", a.ID, *a.Interval)
		}
		for _, printed := range []string{a.Interval.Any, a.Interval.Female, a.Interval.Male} {
			if printed == "" {
				continue
			}
			in := labs.ParseInterval(printed)
			if !in.Usable() {
				t.Errorf("%s: %q is no interval", a.ID, printed)
			}
			if p := a.Critical; p != nil && (p.Low.Valid() && p.Low.Cmp(in.Low) >= 0 || p.High.Valid() && p.High.Cmp(in.High) <= 0) {
				t.Errorf("%s: critical %s and %s within %s", a.ID, p.Low, p.High, printed)
			}
		}
	}
	if intervals < 25 || variations < 25 {
		t.Errorf("%d intervals, %d variations", intervals, variations)
	}
}

func TestTheCatalogueAgreesWithTheCollectedTable(t *testing.T) {
	t.Parallel()
	folder := shared(t, "analytes")
	if folder == "" {
		return
	}
	file, err := os.Open(filepath.Join(folder, "analytes.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatal("no rows", err)
	}
	c := catalogue(t)
	column := func(name string) int { return slices.Index(rows[0], name) }
	for _, row := range rows[1:] {
		cell := func(name string) string { return row[column(name)] }
		a, known := c.Analyte(bot.AnalyteID(cell("analyte")))
		if !known {
			t.Errorf("no analyte %s", cell("analyte"))
			continue
		}
		for _, name := range append(strings.Split(cell("abbreviations"), ";"), cell("name_zh")) {
			name, _, _ = strings.Cut(name, "(US: ")
			// By its unit, for "PCT" is plateletcrit too.
			unit := bot.Value{Unit: cell("unit_si_ucum")}
			found := c.Complete(bot.Result{Name: name, Specimen: bot.SpecimenBlood, Value: unit}, bot.Patient{}, "")
			if found.Analyte != a.ID {
				t.Errorf("%s is %q, want %s", name, found.Analyte, a.ID)
			}
		}
		for _, code := range []string{cell("loinc_for_si_unit"), cell("loinc_for_conventional_unit")} {
			if found, _ := c.Map("", code, bot.SpecimenBlood); found.ID != a.ID {
				t.Errorf("%s is %q, want %s", code, found.ID, a.ID)
			}
		}
		agreesInFactor(t, a, cell("loinc_for_conventional_unit"), cell("factor_conventional_to_si"))
	}
}

// agreesInFactor compares a table's rounded factor with the factors of the units
// that carry the code.
func agreesInFactor(t *testing.T, a labs.Analyte, code, factor string) {
	t.Helper()
	want, err := strconv.ParseFloat(factor, 64)
	if err != nil || want == 1 {
		return // affine, or the same unit
	}
	for _, u := range a.Units {
		if u.LOINC != code || u.ToFirst == "" {
			continue
		}
		if got, _ := rational(t, u.ToFirst).Float64(); got/want > 0.9985 && got/want < 1.0015 {
			return
		}
	}
	t.Errorf("%s: no unit of %s has the factor %s", a.ID, code, factor)
}

// TestACriticalProposalLiesWithinThePublishedLists: who approves it sees the range
// over the sources beside the proposal.
func TestACriticalProposalLiesWithinThePublishedLists(t *testing.T) {
	t.Parallel()
	shown := 0
	for _, a := range catalogue(t).All() {
		p := a.Critical
		if p == nil {
			continue
		}
		for _, side := range []struct {
			bound bot.Decimal
			over  string
		}{{p.Low, p.LowOver}, {p.High, p.HighOver}} {
			if side.over == "" {
				continue
			}
			shown++
			low, high, ranged := strings.Cut(side.over, "-")
			if !ranged {
				high = low
			}
			if !side.bound.Valid() || rational(t, side.bound.String()).Cmp(rational(t, low)) < 0 || rational(t, side.bound.String()).Cmp(rational(t, high)) > 0 {
				t.Errorf("%s: %s is proposed, %s published", a.ID, side.bound, side.over)
			}
		}
	}
	if shown < 20 {
		t.Errorf("only %d ranges are given", shown)
	}
	for _, line := range catalogue(t).CriticalProposals() {
		if line.Analyte == "K" && !strings.Contains(line.Source, "published high: 6.0-6.5") {
			t.Errorf("potassium's source is %q", line.Source)
		}
	}
}
