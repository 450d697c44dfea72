package store_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

var webchat = []store.Sender{{Channel: "webchat", Again: true}}

func TestAnAnswerWhoseBytesNoReviewReleasedIsNotStored(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]bot.Decision{
		"nothing is released":           {Parts: []bot.Text{bot.T("在参考范围内")}},
		"another text is released":      {Parts: []bot.Text{bot.T("在参考范围内 ")}, Released: []bot.Hash{bot.HashOf(bot.T("在参考范围内"))}},
		"the second part is not":        {Parts: []bot.Text{bot.T("一"), bot.T("二")}, Released: []bot.Hash{bot.HashOf(bot.T("一"))}},
		"the text behind it is not":     {Parts: []bot.Text{bot.T("一")}, Full: bot.T("一二"), Released: []bot.Hash{bot.HashOf(bot.T("一"))}},
		"released without its verdict":  {Parts: []bot.Text{bot.T("一")}, Released: []bot.Hash{bot.HashOf(bot.T("一"))}, Verdict: "rejected"},
		"released without any verdict":  {Parts: []bot.Text{bot.T("一")}, Released: []bot.Hash{bot.HashOf(bot.T("一"))}, Verdict: ""},
		"the hash is that of the whole": {Parts: []bot.Text{bot.T("一"), bot.T("二")}, Released: []bot.Hash{bot.HashOf(bot.T("一二"))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHospital(t)
			receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), storetest.Now)
			d.Kind, d.Author, d.Language, d.DecidedAt = bot.AnswerExplain, bot.AuthorAssistant, bot.Chinese, storetest.Now
			if len(d.Released) == 0 || !strings.HasPrefix(name, "released without") {
				d.Verdict = bot.VerdictComposed
			}
			_, err := h.Finish(t.Context(), claim(t, h.Store, storetest.Now.Add(lease)), d, storetest.Now)
			if err == nil || bot.KindOf(err) != bot.KindInternal {
				t.Fatalf("stored: %v", err)
			}
			if n := h.number(t, `select (select count(*) from decisions) + (select count(*) from outbox) + (select count(*) from releases) + (select count(*) from inbox where decision_id is not null)`); n != 0 {
				t.Errorf("%d rows were written", n)
			}
		})
	}
}

// tampered is what happens to the rows of a queued answer behind the store's back.
var tampered = map[string]string{
	"the text was altered":             `update outbox set text = '多吃一倍的药' where author = 'assistant'`,
	"one byte was appended":            `update outbox set text = text || ' ' where author = 'assistant'`,
	"text and hash were altered":       `update outbox set text = '多吃一倍的药', text_hash = sha256(convert_to('多吃一倍的药', 'UTF8')) where author = 'assistant'`,
	"its verdict is gone":              `delete from releases where verdict = 'composed'`,
	"its verdict is of another reply":  `update releases set turn_key = 'turn/77' where verdict = 'composed'`,
	"its verdict is of another person": `update releases set conversation_id = 77 where verdict = 'composed'`,
}

func TestOnlyATextThatWasReleasedIsSent(t *testing.T) {
	t.Parallel()
	for name, sql := range tampered {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, at := newHospital(t), storetest.Now
			r := receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
			if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(lease)), explain("在参考范围内"), at); err != nil {
				t.Fatal(err)
			}
			if err := h.RequestHuman(t.Context(), storetest.Hospital, r.Conversation.ID, bot.T("已经转给值班人员"), at); err != nil {
				t.Fatal(err)
			}
			h.execute(t, sql)
			out, err := h.ClaimSend(t.Context(), webchat, "sender", at.Add(lease), lease)
			if out != nil || bot.KindOf(err) != bot.KindInternal || !strings.Contains(err.Error(), "parts [1]") || strings.Contains(err.Error(), "药") {
				t.Fatalf("%v, %v", out, err)
			}
			if got := strings.Join(sendAll(t, h.Store, at.Add(lease)), "|"); got != "已经转给值班人员" {
				t.Errorf("what waits behind it: sent %q", got)
			}
			if n := h.number(t, `select count(*) from outbox where state = 'failed' and error = 'unreviewed' and author = 'assistant'`); n != 1 {
				t.Error("the part is not marked")
			}
			if n := h.number(t, `select count(*) from audit where action = 'message.unreviewed' and subject_id = 1`); n != 1 {
				t.Error("nothing is recorded")
			}
		})
	}
}

func (h hospital) execute(t *testing.T, sql string) {
	t.Helper()
	err := h.db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		tag, err := tx.Exec(t.Context(), sql)
		if err == nil && tag.RowsAffected() == 0 {
			t.Fatalf("%s changed nothing", sql)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARefusedPartOpensACaseForAPerson(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	r := receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(lease)), explain("在参考范围内"), at); err != nil {
		t.Fatal(err)
	}
	h.execute(t, tampered["the text was altered"])
	if _, err := h.ClaimSend(t.Context(), webchat, "sender", at.Add(lease), lease); err == nil {
		t.Fatal("sent")
	}
	open, err := h.Cases(t.Context(), storetest.Hospital, false)
	if err != nil || len(open) != 1 || open[0].Level != bot.LevelReview || open[0].Trigger.Rule != "unreviewed" || open[0].Conversation != r.Conversation.ID {
		t.Errorf("cases %+v, %v", open, err)
	}
	if out, err := h.ClaimSend(t.Context(), webchat, "sender", at.Add(lease), lease); out != nil || err != nil {
		t.Errorf("the refused part is due again: %v, %v", out, err)
	}
}

func TestAPartThatIsTriedAgainMustStillBeTheReleasedOne(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(lease)), explain("在参考范围内"), at); err != nil {
		t.Fatal(err)
	}
	out, err := h.ClaimSend(t.Context(), webchat, "sender", at.Add(lease), lease)
	if err != nil || out == nil {
		t.Fatal(out, err)
	}
	if err := h.Retry(t.Context(), out, "later", at, at); err != nil {
		t.Fatal(err)
	}
	h.execute(t, tampered["the text was altered"])
	if out, err := h.ClaimSend(t.Context(), webchat, "sender", at.Add(2*lease), lease); out != nil || err == nil {
		t.Errorf("sent %v", out)
	}
}

func TestSafetyTextsNoticesAndStaffRepliesLeaveUnderTheirOwnVerdicts(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	r := emergency(t, h.Store, "m1", at)
	if err := h.RequestHuman(t.Context(), storetest.Hospital, r.Conversation.ID, bot.T("已经转给值班人员"), at); err != nil {
		t.Fatal(err)
	}
	if err := h.Reply(t.Context(), storetest.Hospital, r.Conversation.ID, addStaff(t, h.Store, "zhang"), bot.T("我来看"), "k", 9, bot.Text{}, at); err != nil {
		t.Fatal(err)
	}
	if sent := sendAll(t, h.Store, at.Add(lease)); len(sent) != 3 {
		t.Errorf("sent %q", sent)
	}
	got := strings.Join(lines(t, t, h.db, `select o.author || ' ' || r.verdict from outbox o join releases r using (institution_id, conversation_id, turn_key, text_hash) order by o.id`), ", ")
	if got != "system safety, system safety, staff staff" {
		t.Errorf("released as %s", got)
	}
}

func TestALongerTextIsShownOnlyAsItWasReleased(t *testing.T) {
	t.Parallel()
	h, at := newHospital(t), storetest.Now
	r := receive(t, h.Store, inbound("anna", "m1", "血钾高吗"), at)
	d := explain("在参考范围内")
	d.Full = bot.T("在参考范围内。还有……")
	d.Released = append(d.Released, bot.HashOf(d.Full))
	if _, err := h.Finish(t.Context(), claim(t, h.Store, at.Add(lease)), d, at); err != nil {
		t.Fatal(err)
	}
	if a, err := h.Answer(t.Context(), storetest.Hospital, r.Conversation.ID, 1); err != nil || a.Full != d.Full {
		t.Fatalf("%v", err)
	}
	h.execute(t, `update decisions set full_text = '多吃一倍的药'`)
	if a, err := h.Answer(t.Context(), storetest.Hospital, r.Conversation.ID, 1); err != nil || !a.Full.Empty() {
		t.Errorf("an altered text is shown, %v", err)
	}
}
