package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

func TestACriticalResultIsToldOnceAndOpensACase(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	at := storetest.Now
	r := receive(t, s, inbound("anna", "m1", "血钾高吗"), at)
	turn := claim(t, s, at.Add(3*time.Second))
	if _, err := s.Finish(t.Context(), turn, explain("不高"), at); err != nil {
		t.Fatal(err)
	}
	why := bot.CaseReason{Level: bot.LevelEmergency, Result: 7, Trigger: bot.Trigger{Level: bot.LevelEmergency, Rule: "critical", Term: "K"}}
	for range 2 {
		if err := s.CriticalResult(t.Context(), storetest.Hospital, r.Conversation.ID, why, bot.T("请现在就去急诊"), at); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(sendAll(t, s, at.Add(4*time.Second)), "|"); got != "请现在就去急诊" {
		t.Errorf("sent %q: the ordinary answer is dropped, the text leaves once", got)
	}
	cases, err := s.Cases(t.Context(), storetest.Hospital, false)
	if err != nil || len(cases) != 1 || cases[0].Level != bot.LevelEmergency || cases[0].Result != 7 {
		t.Errorf("cases %+v, %v", cases, err)
	}
}

func TestOnlyThoseWhoAgreedAreToldOfAPatientsResults(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	at := storetest.Now
	var patient int64
	err := db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `insert into patients (institution_id, created_at) values ($1, $2) returning id`, string(storetest.Hospital), at).Scan(&patient)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"anna", "ben"} {
		c, err := s.Account(t.Context(), storetest.Hospital, "webchat", bot.T(who), bot.Chinese, at)
		if err != nil {
			t.Fatal(err)
		}
		code, factor, _, err := s.MakeBindCode(t.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, bot.PatientID(patient), store.CodeOptions{Valid: time.Minute}, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Bind(t.Context(), storetest.Hospital, c.Account, code, factor, bot.RelationSelf, at); err != nil {
			t.Fatal(err)
		}
		if who == "anna" {
			if err := s.Consent(t.Context(), storetest.Hospital, c.Account, bot.PurposeReadReports, "1", at); err != nil {
				t.Fatal(err)
			}
		}
	}
	bound, err := s.BoundConversations(t.Context(), storetest.Hospital, bot.PatientID(patient))
	if err != nil || len(bound) != 1 {
		t.Errorf("%d conversations may be told, want anna's alone: %v", len(bound), err)
	}
}

func TestACaseOfAPatientNobodyCouldWriteToIsJoinedWhenTheyWrite(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	at := storetest.Now
	c, err := s.Account(t.Context(), storetest.Hospital, "webchat", bot.T("anna"), bot.Chinese, at)
	if err != nil {
		t.Fatal(err)
	}
	var patient int64
	err = db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		if err := tx.QueryRow(t.Context(), `insert into patients (institution_id, created_at) values ($1, $2) returning id`, string(storetest.Hospital), at).Scan(&patient); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `update conversations set patient_id = $1 where id = $2`, patient, int64(c.ID))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	critical := bot.CaseReason{Level: bot.LevelEmergency, Trigger: bot.Trigger{Level: bot.LevelEmergency, Rule: "critical", Term: "K"}, Result: 7}
	if err := s.OpenForPatient(t.Context(), storetest.Hospital, bot.PatientID(patient), critical, at); err != nil {
		t.Fatal(err)
	}
	if err := s.RequestHuman(t.Context(), storetest.Hospital, c.ID, bot.T("已经记下"), at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	cases, err := s.Cases(t.Context(), storetest.Hospital, false)
	if err != nil || len(cases) != 1 || cases[0].Level != bot.LevelEmergency || cases[0].Conversation != c.ID || cases[0].Result != 7 {
		t.Errorf("cases %+v, %v", cases, err)
	}
}
