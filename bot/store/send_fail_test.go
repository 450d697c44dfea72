package store_test

import (
	"testing"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// answered is a conversation in which one part was claimed for sending.
func answered(t *testing.T) (hospital, *bot.Outbound) {
	t.Helper()
	h, at := newHospital(t), storetest.Now
	receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(lease)), explain("在参考范围内"), at); err != nil {
		t.Fatal(err)
	}
	out, err := h.ClaimSend(t.Context(), webchat, "sender", at.Add(lease), lease)
	if err != nil || out == nil {
		t.Fatal(out, err)
	}
	return h, out
}

func TestAPartTheChannelTookAndCouldNotDeliverIsATaskForStaff(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]func(*store.Store, *bot.Outbound) error{
		"sent": func(s *store.Store, out *bot.Outbound) error { return s.Sent(t.Context(), out, storetest.Now) },
		"nobody could tell whether it was sent": func(s *store.Store, out *bot.Outbound) error {
			return s.Unsure(t.Context(), out, "timeout", storetest.Now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, out := answered(t)
			if err := settle(h.Store, out); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the platform tells it again
				if err := h.SendFailed(t.Context(), storetest.Hospital, "webchat", out.ID, "the patient refuses messages", storetest.Now.Add(lease)); err != nil {
					t.Fatal(err)
				}
			}
			if n := h.number(t, `select count(*) from outbox where state = 'failed' and error = 'the patient refuses messages'`); n != 1 {
				t.Error("the part is not marked")
			}
			open, err := h.Cases(t.Context(), storetest.Hospital, false)
			if err != nil || len(open) != 1 || open[0].Trigger.Rule != "undelivered" || open[0].Conversation != out.Conversation {
				t.Errorf("cases %+v, %v", open, err)
			}
			if n := h.number(t, `select count(*) from audit where action = 'message.undelivered'`); n != 1 {
				t.Errorf("recorded %d times", n)
			}
		})
	}
}

func TestATextAboutADangerThatWasNotDeliveredIsAsUrgentAsTheDanger(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	trigger := bot.Trigger{Level: bot.LevelEmergency, Rule: "chest pain"}
	if _, err := h.Receive(t.Context(), inbound("anna", "m1", "胸口压着疼"), trigger, []bot.Text{bot.T("请现在打120")}, at); err != nil {
		t.Fatal(err)
	}
	out, err := h.ClaimSend(t.Context(), webchat, "sender", at, lease)
	if err != nil || out == nil {
		t.Fatal(out, err)
	}
	if err := h.Sent(t.Context(), out, at); err != nil {
		t.Fatal(err)
	}
	if err := h.SendFailed(t.Context(), storetest.Hospital, "webchat", out.ID, "48 hours are over", at); err != nil {
		t.Fatal(err)
	}
	open, err := h.Cases(t.Context(), storetest.Hospital, false)
	if err != nil || len(open) != 1 || open[0].Level != bot.LevelEmergency {
		t.Fatalf("cases %+v, %v", open, err)
	}
	if n := h.number(t, `select count(*) from case_events where rule = 'undelivered' and level = 'emergency'`); n != 1 {
		t.Error("the case does not say that the text did not arrive")
	}
}

func TestAFailureIsOfAPartThatWasSentInThatChannel(t *testing.T) {
	t.Parallel()
	h, out := answered(t)
	if err := h.SendFailed(t.Context(), storetest.Hospital, "webchat", out.ID, "unknown", storetest.Now); bot.KindOf(err) != bot.KindUnavailable {
		t.Errorf("while it is being sent: %v", err)
	}
	if err := h.Sent(t.Context(), out, storetest.Now); err != nil {
		t.Fatal(err)
	}
	for name, told := range map[string]error{
		"another channel's part": h.SendFailed(t.Context(), storetest.Hospital, "wecom", out.ID, "unknown", storetest.Now),
		"nobody's part":          h.SendFailed(t.Context(), storetest.Hospital, "webchat", out.ID+77, "unknown", storetest.Now),
	} {
		if told != nil {
			t.Errorf("%s: %v", name, told)
		}
	}
	if n := h.number(t, `select (select count(*) from cases) + (select count(*) from outbox where state <> 'sent')`); n != 0 {
		t.Errorf("%d rows were touched", n)
	}
}
