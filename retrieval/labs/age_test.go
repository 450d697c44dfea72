package labs_test

import (
	"strings"
	"testing"

	"careline/bot"
	"careline/bot/store/storetest"
	"careline/retrieval/labs"
)

// TestAResultOfAChildIsNotJudgedWhenTheChildHasGrownUp: the age at the time of the
// specimen counts.
func TestAResultOfAChildIsNotJudgedWhenTheChildHasGrownUp(t *testing.T) {
	t.Parallel()
	cases := []struct {
		born     bot.Date
		reported string
		judged   bool
	}{
		{"1980-03-05", "2026-11-20 09:00", true},
		{"2008-11-10", "2026-11-09 09:00", false},
		{"2008-11-10", "2026-11-11 09:00", true},
		{"2010-01-01", "2026-11-20 09:00", false},
		{"", "2026-11-20 09:00", true},
	}
	for _, c := range cases {
		finder, _, patient := results(t, "T-1,王小雨,女,"+string(c.born)+",R-1,"+c.reported+",谷丙转氨酶(ALT),55,U/L,7-40,↑")
		known, err := finder.Known(t.Context(), hospital, patient, bot.Chinese, now)
		if err != nil || len(known.Facts) != 1 || known.Facts[0].Judged != c.judged {
			t.Errorf("born %q, reported %s: %+v, %v", c.born, c.reported, known.Facts, err)
		}
	}
	finder, _, patient := results(t, "T-1,王小雨,女,2008-11-10,R-1,2026-11-01 09:00,谷丙转氨酶(ALT),55,U/L,7-40,↑", "T-1,王小雨,女,2008-11-10,R-2,2026-11-20 09:00,谷丙转氨酶(ALT),57,U/L,7-40,↑")
	known, err := finder.Known(t.Context(), hospital, patient, bot.Chinese, now)
	if err != nil || len(known.Facts) != 1 || len(known.Facts[0].Previous) != 1 || known.Facts[0].Previous[0].Direction != bot.DirectionUnknown {
		t.Errorf("a child's value is judged as an earlier one: %+v, %v", known.Facts, err)
	}
}

// TestABirthDateWithoutItsDayMayBeTheLastOne: FHIR allows "2008"; somebody who may
// still be 17 is not judged.
func TestABirthDateWithoutItsDayMayBeTheLastOne(t *testing.T) {
	t.Parallel()
	for born, judged := range map[string]bool{"2007": true, "2008": false, "2008-10": true, "2008-11": false} {
		s, db := storetest.New(t)
		f, err := labs.Parse(catalogue(t), "b.json", strings.NewReader(`{"resourceType":"Bundle","type":"collection","entry":[
			{"resource":{"resourceType":"Patient","id":"p","gender":"female","birthDate":"`+born+`","identifier":[{"system":"x","value":"T-1"}]}},
			{"resource":{"resourceType":"Observation","id":"o","status":"final","code":{"text":"钾"},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-11-20T09:00:00+08:00",
				"valueQuantity":{"value":5.9,"unit":"mmol/L"},"referenceRange":[{"text":"3.5-5.3"}]}}]}`), shanghai(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SaveImport(t.Context(), hospital.ID, bot.Actor{Kind: "operator"}, f, now); err != nil {
			t.Fatal(err)
		}
		patient, err := s.FindPatient(t.Context(), hospital.ID, "T-1")
		if err != nil {
			t.Fatal(err)
		}
		known, err := labs.NewFinder(db, catalogue(t), nil).Known(t.Context(), hospital, patient, bot.Chinese, now)
		if err != nil || len(known.Facts) != 1 || known.Facts[0].Judged != judged {
			t.Errorf("born %q: %+v, %v", born, known.Facts, err)
		}
	}
}
