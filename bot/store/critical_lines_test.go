package store_test

import (
	"testing"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

func TestACriticalTableThatSomebodyElseChangedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	was, err := h.CriticalLines(t.Context(), storetest.Hospital)
	if err != nil || len(was) != 2 {
		t.Fatal(was, err)
	}
	is := []store.CriticalLine{was[0], was[1]}
	is[1].Bound = bot.MustDecimal("6.5")
	changes, problems := store.CompareCritical(was, is, nil)
	if len(problems) > 0 || len(changes.Changed) != 1 {
		t.Fatalf("%+v, %v", changes, problems)
	}
	if n, err := h.ApproveCritical(t.Context(), storetest.Hospital, operator, "Dr Lin", at, []bot.AnalyteID{"K"}, at); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if err := h.SaveCritical(t.Context(), storetest.Hospital, operator, was, changes, at); bot.KindOf(err) != bot.KindConflict {
		t.Fatalf("saved over an approval: %v", err)
	}
	now, err := h.CriticalLines(t.Context(), storetest.Hospital)
	if err != nil || now[1].Bound.String() != "6.2" || now[1].ApprovedBy != "Dr Lin" {
		t.Fatalf("%+v, %v", now, err)
	}
	if err := h.SaveCritical(t.Context(), storetest.Hospital, operator, now, changes, at); err != nil {
		t.Fatal(err)
	}
	if n := h.number(t, `select count(*) from audit where action in ('critical.approve', 'critical.import') and detail->'changed' ? 'K/blood/high'`); n != 2 {
		t.Errorf("%d audit rows name the line", n)
	}
}
