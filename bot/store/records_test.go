package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"careline/bot"
	"careline/bot/store/storetest"
)

// whole is a decision that fills every field of its record.
func whole(patient bot.PatientID) bot.Decision {
	d := explain("钾在参考范围内[K1]")
	d.Full = bot.T("钾在参考范围内[K1]。还有……")
	d.Released = append(d.Released, bot.HashOf(d.Full))
	d.Verdict, d.Composed, d.Model, d.Prompt = bot.VerdictRepaired, false, "qwen-test", "explain/3"
	d.Level, d.Tier, d.Trigger = bot.LevelReview, bot.TierThisWeek, &bot.Trigger{Level: bot.LevelReview, Rule: "lexicon"}
	d.Patient, d.TookMS = patient, 1234
	d.Evidence = bot.Evidence{
		Patient: &bot.PatientContext{Relation: bot.RelationParent, Sex: bot.SexFemale, Age: 71, Pregnant: false},
		Facts: []bot.Fact{{ID: "F1", Kind: bot.FactResult, Analyte: "K", Names: []string{"钾", "血钾"}, Value: bot.Value{Number: bot.MustDecimal("4.60"), Printed: "4.60", Unit: "mmol/L", UCUM: "mmol/L"},
			Critical: &bot.Critical{Analyte: "K", High: bot.MustDecimal("6.2"), Action: bot.TierNow}, Date: "2026-11-02", At: storetest.Now}},
		Passages: []bot.Passage{{ID: "K1", Document: "potassium", Version: 3, Text: "钾……", Sources: []bot.Source{{Title: "共识", Year: 2024}}}},
		Asked:    []bot.AnalyteID{"K", "NA"},
		Now:      storetest.Now.Add(7 * time.Second),
	}
	d.Cited = []string{"K1"}
	d.Usage = bot.Usage{Calls: 2, PromptTokens: 1800, CompletionTokens: 240, TookMS: 2900}
	d.Attempts = []bot.Attempt{
		{Writer: bot.WriterModel, Draft: bot.T("钾是9.9，多吃药"), Violations: []bot.Violation{{Check: "V1", Start: 3, End: 6, Why: "a value that is not in the evidence"}}},
		{Writer: bot.WriterRepair, Draft: bot.T("钾在参考范围内[K1]")},
	}
	d.Reviewed = bot.ReviewedAs{Title: "电解质", Level: bot.LevelReview, Tier: bot.TierThisWeek, CaseCommitted: true, MaxBytes: 2048, Marks: true}
	d.Checks = []bot.Violation{{Check: "V1", Why: "a value that is not in the evidence"}}
	return d
}

// sameTexts compares texts by what they hold: they print as redacted.
var sameTexts = cmp.Comparer(func(a, b bot.Text) bool { return a.Plain() == b.Plain() })

func TestADecisionIsReadBackWhole(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	h.load(t, at, someone("T-1", "1955-01-01", bot.SexFemale), potassium("R1", "4.60", bot.StatusFinal))
	r := receive(t, h.Store, inbound("anna", "m1", "血钾"), at)
	receive(t, h.Store, inbound("anna", "m2", "高吗"), at.Add(time.Second))
	want := whole(h.patient(t, "T-1"))
	want.OpenCase = &bot.CaseReason{Level: bot.LevelReview, Trigger: *want.Trigger}
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(2*lease)), want, at); err != nil {
		t.Fatal(err)
	}
	same := []cmp.Option{sameTexts, cmpopts.EquateComparable(bot.Decimal{}), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(bot.Decision{}, "OpenCase")}

	last, err := h.LastDecision(t.Context(), storetest.Hospital, r.Conversation.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, last, same...); diff != "" {
		t.Errorf("last decision:\n%s", diff)
	}
	record, err := h.Record(t.Context(), storetest.Hospital, operator, 1, at)
	if err != nil {
		t.Fatal(err)
	}
	same = append(same, cmpopts.IgnoreFields(bot.Decision{}, "Parts", "Author"))
	if diff := cmp.Diff(want, record.Decision, same...); diff != "" {
		t.Errorf("record:\n%s", diff)
	}
	if len(record.Question) != 2 || record.Question[1].Text.Plain() != "高吗" {
		t.Errorf("the question is %d messages", len(record.Question))
	}
	if record.Text != want.Parts[0] || record.Hash != bot.HashOf(record.Text) || record.ReleasedAs != bot.VerdictRepaired || record.Author != bot.AuthorAssistant {
		t.Errorf("the text is not the released one: %v", record.ReleasedAs)
	}
}

func TestARecordSaysThatAStoredTextIsAnotherNow(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(lease)), explain("在参考范围内"), at); err != nil {
		t.Fatal(err)
	}
	sendAll(t, h.Store, at.Add(lease))
	h.execute(t, tampered["the text was altered"])
	record, err := h.Record(t.Context(), storetest.Hospital, operator, 1, at)
	if err != nil || record.ReleasedAs != "" || record.Hash == bot.HashOf(record.Text) {
		t.Errorf("released as %q, %v", record.ReleasedAs, err)
	}
	if n := h.number(t, `select count(*) from audit where action = 'message.explain' and actor_kind = 'operator' and subject_id = 1`); n != 1 {
		t.Error("looking at a record leaves no audit row")
	}
}

func TestAMessageIsFoundByItsNumberInTheConversation(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	r := receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(lease)), explain("在参考范围内"), at); err != nil {
		t.Fatal(err)
	}
	sendAll(t, h.Store, at.Add(lease))
	if id, err := h.FindMessage(t.Context(), storetest.Hospital, r.Conversation.ID, 2); err != nil || id != 1 {
		t.Errorf("message %d, %v", id, err)
	}
	if _, err := h.FindMessage(t.Context(), storetest.Hospital, r.Conversation.ID, 1); bot.KindOf(err) != bot.KindNotFound {
		t.Errorf("the patient's own message: %v", err)
	}
	if _, err := h.Record(t.Context(), storetest.Hospital, operator, 99, at); bot.KindOf(err) != bot.KindNotFound {
		t.Errorf("no such message: %v", err)
	}
}

func TestADraftWithANULIsKept(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	r := receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	d := explain("在参考范围内")
	d.Attempts = []bot.Attempt{{Writer: bot.WriterModel, Draft: bot.T("a\x00b\xff")}}
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(lease)), d, at); err != nil {
		t.Fatal(err)
	}
	last, err := h.LastDecision(t.Context(), storetest.Hospital, r.Conversation.ID)
	if err != nil || len(last.Attempts) != 1 || last.Attempts[0].Draft.Plain() != "a\ufffdb\ufffd" {
		t.Errorf("%d attempts, %v", len(last.Attempts), err)
	}
}
