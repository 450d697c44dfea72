package reception_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// dangers are sentences whose text must leave, whatever is being settled.
var dangers = []string{
	"我胸口疼得厉害喘不上气", "我爸突然说不出话半边身子动不了", "刚才吐了好多血", "孩子抽了叫不醒", "我不想活了", "我吃了一整瓶安眠药",
	"my chest hurts and I can't breathe", "I want to kill myself", "血钾 7.4 mmol/L",
}

// steps are how an account comes to stand at each step.
var steps = map[store.Step][]string{
	"":                  nil,
	store.StepRelation:  {"$C"},
	store.StepFactor:    {"$C", "1"},
	store.StepRefused:   {"$C", "1", "000000"},
	store.StepBlocked:   {"$C", "1", "000000", "000000", "000000", "000000", "000000", "000000"},
	store.StepConsent:   {"$C", "1", "$F"},
	store.StepDone:      {"$C", "1", "$F", "同意"},
	store.StepDeclined:  {"$C", "1", "$F", "不同意"},
	store.StepUnasked:   {"$C", "4", "$F"},
	store.StepConfirm:   {"$C", "1", "$F", "同意", "解绑"},
	store.StepUnbound:   {"$C", "1", "$F", "同意", "解绑", "确认"},
	store.StepCancelled: {"$C", "取消"},
}

// TestWordsOfDangerReachTheEngineAtEveryStep: in one burst with an answer to the
// step, noticed when they were stored, and stored without anybody noticing, so that
// the turn is the first to hear them. What leaves is the reviewed safety text.
func TestWordsOfDangerReachTheEngineAtEveryStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	for step, messages := range steps {
		who := "at " + string(step)
		w.standAt(t, who, step, messages)
		for _, danger := range dangers {
			for _, noticed := range []bool{true, false} {
				said := w.endanger(t, who, danger, noticed)
				if len(said) != 1 || !strings.Contains(said[0], "120") || strings.Contains(said[0], "绑定") {
					t.Errorf("%s, noticed %v, %q: %q", who, noticed, danger, said)
				}
			}
		}
	}
}

// standAt brings an account to a step.
func (w *world) standAt(t *testing.T, who string, step store.Step, messages []string) {
	t.Helper()
	// Nobody else reads: nobody is told or asked.
	w.exec(t, `update bindings set ended_at = $1 where ended_at is null`, w.now)
	w.code(t, who, "ANNA", store.CodeOptions{})
	c, err := w.store.Account(t.Context(), storetest.Hospital, channel, bot.T(who), bot.Chinese, w.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		code := ""
		kind := bot.MessageText
		if m == "$C" {
			m, code, kind = "", w.codes[who][0], bot.MessageScan
		}
		w.inbound(t, who, kind, strings.ReplaceAll(m, "$F", w.codes[who][1]), code)
		w.answer(t, c)
	}
	w.sent(t)
	if p, err := w.store.Pending(t.Context(), storetest.Hospital, c.Account); err != nil || p.Step != step {
		t.Fatalf("at step %q, want %q, %v", p.Step, step, err)
	}
}

// endanger sends an answer and a danger in one burst and returns what left. What was
// raised before is long over.
func (w *world) endanger(t *testing.T, who, danger string, noticed bool) []string {
	t.Helper()
	w.now = w.now.Add(31 * time.Minute)
	w.exec(t, `update conversations set level = 'none', urgent_text_at = null`)
	w.inbound(t, who, bot.MessageText, "1", "")
	var c bot.Conversation
	if noticed {
		c = w.inbound(t, who, bot.MessageText, danger, "")
	} else {
		w.number++
		in := bot.Inbound{Institution: storetest.Hospital, Channel: channel, ExternalID: bot.T(who), ProviderID: fmt.Sprint(w.number), Kind: bot.MessageText, Text: bot.T(danger)}
		r, err := w.store.Receive(t.Context(), in, bot.Trigger{}, nil, w.now)
		if err != nil {
			t.Fatal(err)
		}
		c = r.Conversation
	}
	w.answer(t, c)
	return w.sent(t)
}
