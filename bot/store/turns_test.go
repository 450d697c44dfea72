package store_test

import (
	"slices"
	"testing"

	"careline/bot"
	"careline/bot/store/storetest"
)

func named(number, name string) bot.Patient {
	p := someone(number, "1980-01-01", bot.SexFemale)
	p.Name = bot.T(name)
	return p
}

func plain(texts []bot.Text) (all []string) {
	for _, t := range texts {
		all = append(all, t.Plain())
	}
	slices.Sort(all)
	return all
}

func TestATurnKnowsTheNamesItMustNotTell(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	h.load(t, at, named("T-1", "王小雨"), potassium("R1", "4.6", bot.StatusFinal))
	h.load(t, at, named("T-2", "李大山"), potassium("R2", "4.6", bot.StatusFinal))
	h.load(t, at, named("T-3", "王晓宇"), potassium("R3", "4.6", bot.StatusFinal))
	h.load(t, at, named("T-4", "别的人"), potassium("R4", "4.6", bot.StatusFinal))
	h.merged(t, "T-1", "T-3", at)
	h.bind(t, "anna", h.patient(t, "T-1"), at)
	h.bind(t, "anna", h.patient(t, "T-2"), at)

	receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	if got := plain(claim(t, h.Store, at.Add(lease)).Names); !slices.Equal(got, []string{"李大山", "王小雨", "王晓宇"}) {
		t.Errorf("names %q: both patients', and the one a patient was merged from", got)
	}
	receive(t, h.Store, inbound("stranger", "m2", "血钾高吗"), at)
	if got := plain(claim(t, h.Store, at.Add(lease)).Names); len(got) != 0 {
		t.Errorf("a stranger's turn knows %q", got)
	}
}

func TestTheTerminalsTurnKnowsItsPatientsName(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	h.load(t, at, named("T-1", "王小雨"), potassium("R1", "4.6", bot.StatusFinal))
	c, err := h.OperatorConversation(t.Context(), storetest.Hospital, h.patient(t, "T-1"), at)
	if err != nil {
		t.Fatal(err)
	}
	in := bot.Inbound{Institution: storetest.Hospital, Channel: c.Channel, ExternalID: bot.T("operator/1"), ProviderID: "m1", Kind: "text", Text: bot.T("血钾高吗")}
	receive(t, h.Store, in, at)
	if got := plain(claim(t, h.Store, at.Add(lease)).Names); !slices.Equal(got, []string{"王小雨"}) {
		t.Errorf("names %q", got)
	}
}

func TestConsentToAModelIsOneOfItsOwn(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	h.load(t, at, named("T-1", "王小雨"), potassium("R1", "4.6", bot.StatusFinal))
	c := h.bind(t, "anna", h.patient(t, "T-1"), at)
	steps := []struct {
		do   func() error
		want bool
	}{
		{func() error { return nil }, false},
		{func() error {
			return h.Consent(t.Context(), storetest.Hospital, c.Account, bot.PurposeExternalModel, "1", at)
		}, true},
		{func() error {
			return h.Withdraw(t.Context(), storetest.Hospital, c.Account, bot.PurposeExternalModel, at)
		}, false},
	}
	for i, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		receive(t, h.Store, inbound("anna", string(rune('a'+i)), "血钾高吗"), at)
		turn := claim(t, h.Store, at.Add(2*lease))
		if !turn.Consented || turn.ModelAgreed != step.want {
			t.Errorf("step %d: reads %v, model %v", i, turn.Consented, turn.ModelAgreed)
		}
		if _, err := h.Finish(t.Context(), turn, explain("好"), at); err != nil {
			t.Fatal(err)
		}
	}
}
