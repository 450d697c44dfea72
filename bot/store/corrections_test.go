package store_test

import (
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// TestAnExplainedResultThatChangesOpensOneCaseAndOneNotice: a correction, a
// withdrawal, another patient's report; once, however often the file comes. What
// was not explained, not sent, or only issued again, disturbs nobody.
func TestAnExplainedResultThatChangesOpensOneCaseAndOneNotice(t *testing.T) {
	t.Parallel()
	anna := someone("A1", "1960-05-01", bot.SexFemale)
	cases := []struct {
		name    string
		unsaid  bool // nothing was explained
		change  func(t *testing.T, h hospital, at time.Time)
		kind    string
		is      string
		notices int64
	}{
		{"a corrected value", false, func(t *testing.T, h hospital, at time.Time) {
			h.load(t, at, anna, potassium("R1", "5.9", bot.StatusCorrected))
		}, store.ResultCorrected, "5.9", 1},
		{"a withdrawn result", false, func(t *testing.T, h hospital, at time.Time) {
			h.load(t, at, anna, potassium("R1", "4.1", bot.StatusError))
		}, store.ResultWithdrawn, "4.1", 1},
		{"a report that is somebody else's", false, func(t *testing.T, h hospital, at time.Time) {
			h.load(t, at, someone("B1", "1990-01-01", bot.SexMale))
			r, err := h.FindReport(t.Context(), storetest.Hospital, "R1")
			if err != nil {
				t.Fatal(err)
			}
			if h.owner(t, "R1") == h.patient(t, "B1") {
				return
			}
			if err := h.ReassignReport(t.Context(), storetest.Hospital, operator, r, h.patient(t, "B1"), at); err != nil {
				t.Fatal(err)
			}
		}, store.ResultReassigned, "", 1},
		{"the same value issued again", false, func(t *testing.T, h hospital, at time.Time) {
			h.load(t, at, anna, potassium("R1", "4.1", bot.StatusCorrected))
		}, "", "", 0},
		{"a corrected value nobody was told", true, func(t *testing.T, h hospital, at time.Time) {
			h.load(t, at, anna, potassium("R1", "5.9", bot.StatusCorrected))
		}, "", "", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, at := newHospital(t), storetest.Now
			h.load(t, at, anna, potassium("R1", "4.1", bot.StatusFinal))
			h.bind(t, "anna", h.patient(t, "A1"), at)
			if !c.unsaid {
				h.explained(t, "anna", "m1", "R1", at)
			}
			for i := range 2 {
				c.change(t, h, at.Add(time.Duration(i+1)*time.Minute))
			}
			open, err := h.Cases(t.Context(), storetest.Hospital, false)
			if err != nil || int64(len(open)) != c.notices || h.jobs(t, "correction_notice") != c.notices {
				t.Fatalf("cases %+v, %d notices, %v", open, h.jobs(t, "correction_notice"), err)
			}
			if c.notices == 0 {
				return
			}
			if open[0].Level != bot.LevelReview || open[0].Trigger.Rule != "corrected-result" || open[0].Result == 0 {
				t.Errorf("case %+v", open[0])
			}
			changes, err := h.Changes(t.Context(), storetest.Hospital, open[0].ID)
			if err != nil || len(changes) != 1 || changes[0].Kind != c.kind || changes[0].Was.Value != "4.1" || changes[0].Is.Value != c.is {
				t.Errorf("changes %+v, %v", changes, err)
			}
		})
	}
}

func TestAValueThatReturnsAfterACorrectionIsToldToo(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	anna := someone("A1", "", bot.SexUnknown)
	h.load(t, at, anna, potassium("R1", "4.1", bot.StatusFinal))
	h.bind(t, "anna", h.patient(t, "A1"), at)
	h.explained(t, "anna", "m1", "R1", at)
	h.load(t, at.Add(time.Minute), anna, potassium("R1", "5.9", bot.StatusCorrected))
	h.load(t, at.Add(2*time.Minute), anna, potassium("R1", "4.1", bot.StatusCorrected))
	if n := h.jobs(t, "correction_notice"); n != 2 {
		t.Errorf("%d notices, want one for each change", n)
	}
}

func TestACorrectedEarlierValueOfATrendIsFound(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	anna := someone("A1", "", bot.SexUnknown)
	h.load(t, at, anna, potassium("R1", "4.1", bot.StatusFinal), potassium("R2", "4.4", bot.StatusFinal))
	h.bind(t, "anna", h.patient(t, "A1"), at)
	receive(t, h.Store, inbound("anna", "m1", "比上次高吗"), at)
	d, now, before := explain("比上次高一点"), h.fact(t, "R2"), h.fact(t, "R1")
	now.Previous = []bot.Point{{Result: before.Result, Value: before.Value, Interval: before.Interval, Direction: before.Direction, At: before.At}}
	d.Patient, d.Evidence.Facts = h.patient(t, "A1"), []bot.Fact{now}
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(3*time.Second)), d, at); err != nil {
		t.Fatal(err)
	}
	sendAll(t, h.Store, at.Add(4*time.Second))
	h.load(t, at.Add(time.Minute), anna, potassium("R1", "4.9", bot.StatusCorrected))
	if n := h.jobs(t, "correction_notice"); n != 1 {
		t.Errorf("%d notices, want 1", n)
	}
}

// TestAnAnswerBegunBeforeACorrectionAndStoredAfterItIsFound: the evidence was
// read before the correction committed, so only a second look can know.
func TestAnAnswerBegunBeforeACorrectionAndStoredAfterItIsFound(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	anna := someone("A1", "", bot.SexUnknown)
	h.load(t, at, anna, potassium("R1", "4.1", bot.StatusFinal))
	h.bind(t, "anna", h.patient(t, "A1"), at)
	receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	turn, d := claim(t, h.Store, at.Add(3*time.Second)), explain("在参考范围内")
	d.Patient, d.Evidence.Facts = h.patient(t, "A1"), []bot.Fact{h.fact(t, "R1")}
	number := h.load(t, at.Add(time.Minute), anna, potassium("R1", "5.9", bot.StatusCorrected)).Import
	if _, err := h.Finish(t.Context(), turn, d, at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if h.jobs(t, "correction_notice") != 0 || h.jobs(t, "second_look") != 1 {
		t.Fatalf("%d notices, %d second looks", h.jobs(t, "correction_notice"), h.jobs(t, "second_look"))
	}
	for range 2 {
		if err := h.LookAgain(t.Context(), store.SecondLook{Institution: storetest.Hospital, Import: number}, at.Add(2*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.jobs(t, "correction_notice"); n != 1 {
		t.Errorf("%d notices after the second look, want 1", n)
	}
}

// TestWhoIsToldOfACorrection: the notice is queued once; a person's conversation,
// an emergency, an ended binding or a withdrawn consent leave it to staff.
func TestWhoIsToldOfACorrection(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		before func(t *testing.T, h hospital, c bot.Conversation, at time.Time)
		notice string
	}{
		{"bound and agreed", func(*testing.T, hospital, bot.Conversation, time.Time) {}, "queued"},
		{"a person answers there", func(t *testing.T, h hospital, c bot.Conversation, at time.Time) {
			if err := h.Reply(t.Context(), storetest.Hospital, c.ID, addStaff(t, h.Store, "zhang"), bot.T("我来看"), "k", 9, bot.Text{}, at); err != nil {
				t.Fatal(err)
			}
		}, "staff"},
		{"an emergency stands", func(t *testing.T, h hospital, _ bot.Conversation, at time.Time) { emergency(t, h.Store, "m9", at) }, "staff"},
		{"the binding ended", func(t *testing.T, h hospital, c bot.Conversation, at time.Time) {
			if err := h.Unbind(t.Context(), storetest.Hospital, c.Account, h.patient(t, "A1"), at); err != nil {
				t.Fatal(err)
			}
		}, "withheld"},
		{"the consent was withdrawn", func(t *testing.T, h hospital, c bot.Conversation, at time.Time) {
			if err := h.Withdraw(t.Context(), storetest.Hospital, c.Account, bot.PurposeReadReports, at); err != nil {
				t.Fatal(err)
			}
		}, "withheld"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, at := newHospital(t), storetest.Now
			anna := someone("A1", "", bot.SexUnknown)
			h.load(t, at, anna, potassium("R1", "4.1", bot.StatusFinal))
			conversation := h.bind(t, "anna", h.patient(t, "A1"), at)
			h.explained(t, "anna", "m1", "R1", at)
			c.before(t, h, conversation, at.Add(time.Minute))
			sendAll(t, h.Store, at.Add(2*time.Minute))
			h.load(t, at.Add(3*time.Minute), anna, potassium("R1", "5.9", bot.StatusCorrected))
			number := h.number(t, `select id from corrections`)
			for range 2 {
				if err := h.TellCorrection(t.Context(), storetest.Hospital, number, bot.T("更正"), at.Add(4*time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			want := ""
			if c.notice == "queued" {
				want = "更正"
			}
			if got := strings.Join(sendAll(t, h.Store, at.Add(5*time.Minute)), "|"); got != want {
				t.Errorf("sent %q, want %q", got, want)
			}
			open, err := h.Cases(t.Context(), storetest.Hospital, false)
			if err != nil || len(open) != 1 {
				t.Fatalf("cases %+v, %v", open, err)
			}
			events, err := h.History(t.Context(), storetest.Hospital, open[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			told := 0
			for _, e := range events {
				if e.Kind == "notice-"+c.notice {
					told++
				}
			}
			if told != 1 {
				t.Errorf("events %+v: want notice-%s once", events, c.notice)
			}
		})
	}
}
