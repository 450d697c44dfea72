package labs_test

import "testing"

// TestAUnitAndItsCodeMustSayTheSame: two spellings of one unit are one, two units
// leave open which was meant.
func TestAUnitAndItsCodeMustSayTheSame(t *testing.T) {
	t.Parallel()
	for unit, problem := range map[string]bool{
		"mmol/L^mmol/L^UCUM":    false,
		"mmol/L^^^mmol/L^^UCUM": false,
		"mmol/L^^^mg/dL^^UCUM":  true,
		"U/mL^^^[IU]/mL^^UCUM":  false,
	} {
		name := "^葡萄糖"
		if unit[0] == 'U' {
			name = "^类风湿因子"
		}
		f, err := parse(t, "m.hl7", oru(segment("OBX", 2, "NM", 3, name, 5, "5.1", 6, unit, 11, "F")))
		if r := only(t, f, err); r.UnitProblem != problem {
			t.Errorf("%s: %v (%s)", unit, r.UnitProblem, r.Value.UCUM)
		}
	}
}
