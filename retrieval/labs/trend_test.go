package labs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
	"careline/bot/store/storetest"
	"careline/retrieval/labs"
)

// TestATrendNamesWhatItsValuesDoNotShare: another laboratory, method or unit is
// marked and nothing is said of the change; a change of comparable values is
// meaningful only beyond the cited variation.
func TestATrendNamesWhatItsValuesDoNotShare(t *testing.T) {
	t.Parallel()
	const header = "病历号,性别,出生日期,报告单号,报告时间,检验机构,方法,项目名称,结果,单位,参考范围\n"
	cases := []struct {
		name, before, after string
		changed             []bot.Ground
		move                bot.Move
	}{
		{"beyond what a steady person's moves", "甲,酶法,谷丙转氨酶,20,U/L,7-40", "甲,酶法,谷丙转氨酶,80,U/L,7-40", nil, bot.MoveBeyond},
		{"within it", "甲,酶法,谷丙转氨酶,20,U/L,7-40", "甲,酶法,谷丙转氨酶,21,U/L,7-40", nil, bot.MoveWithin},
		{"a bound is no value", "甲,酶法,谷丙转氨酶,<20,U/L,7-40", "甲,酶法,谷丙转氨酶,80,U/L,7-40", nil, bot.MoveUnknown},
		{"another laboratory", "甲,酶法,谷丙转氨酶,20,U/L,7-40", "乙,酶法,谷丙转氨酶,80,U/L,7-40", []bot.Ground{bot.GroundLaboratory}, bot.MoveUnknown},
		{"method and unit", "甲,酶法,肌酐,60,μmol/L,41-73", "甲,苦味酸法,肌酐,0.7,mg/dL,0.5-0.8", []bot.Ground{bot.GroundMethod, bot.GroundUnit}, bot.MoveUnknown},
		{"one laboratory is not named", "甲,,谷丙转氨酶,20,U/L,7-40", ",,谷丙转氨酶,21,U/L,7-40", nil, bot.MoveWithin},
		{"not named, and methods differ much", "甲,,癌胚抗原,2.0,ng/mL,<5", ",,癌胚抗原,2.1,ng/mL,<5", []bot.Ground{bot.GroundUnsaid}, bot.MoveUnknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, db := storetest.New(t)
			f, err := labs.Parse(catalogue(t), "r.csv", strings.NewReader(header+"T-1,女,1980-03-05,R-1,2026-05-12 09:00,"+c.before+"\nT-1,女,1980-03-05,R-2,2026-11-20 09:00,"+c.after+"\n"), shanghai(t))
			if err != nil || len(f.Quarantine) > 0 {
				t.Fatal(f.Quarantine, err)
			}
			if _, err := s.SaveImport(t.Context(), hospital.ID, bot.Actor{Kind: "operator"}, f, now); err != nil {
				t.Fatal(err)
			}
			patient, err := s.FindPatient(t.Context(), hospital.ID, "T-1")
			if err != nil {
				t.Fatal(err)
			}
			known, err := labs.NewFinder(db, catalogue(t), nil).Known(t.Context(), hospital, patient, bot.Chinese, now)
			if err != nil || len(known.Facts) != 1 || len(known.Facts[0].Previous) != 1 {
				t.Fatal(known, err)
			}
			p := known.Facts[0].Previous[0]
			if d := cmp.Diff(c.changed, p.Changed); d != "" || p.Move != c.move || p.Same != (len(c.changed) == 0) {
				t.Errorf("move %q, same %v, changed (-want +got)\n%s", p.Move, p.Same, d)
			}
		})
	}
}
