package turn_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"careline/bot"
	"careline/bot/llm"
	"careline/bot/llm/llmtest"
	"careline/bot/store/storetest"
)

// drafting is a patient with a raised ALT and a model that answers as scripted.
func drafting(t *testing.T, outside bool, script ...llmtest.Reply) (*answering, *llmtest.Server) {
	t.Helper()
	server := llmtest.New(t, script...)
	c := newCase(t, txtar.Parse([]byte(`-- patient --
self
-- results.csv --
病历号,姓名,性别,出生日期,报告单号,报告时间,项目名称,结果,单位,参考范围,提示
T-1,王小雨,女,1980-03-05,R-2026051200102,2026-05-12 09:00,谷丙转氨酶,55,U/L,7-40,↑
T-1,王小雨,女,1980-03-05,R-2026110200871,2026-11-02 09:00,谷丙转氨酶,87,U/L,7-40,↑
`)))
	chat, err := llm.NewChat(llm.ChatConfig{Primary: llm.ModelConfig{BaseURL: server.URL, Model: "scripted"}, Timings: llm.Timings{Deadline: 5 * time.Second, Least: time.Second, Pause: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	c.engine.Model, c.engine.ModelOutside = chat, outside
	return c, server
}

const (
	goodDraft = "{{F1.date}}的报告里，{{F1.name}}是 {{F1.value}}，{{F1.direction}}，参考范围是 {{F1.range}}。正在吃的药别自己停。"
	badDraft  = "谷丙转氨酶 87 U/L，说明您得了脂肪肝。"
)

func TestADraftThatPassesReviewIsTheAnswer(t *testing.T) {
	t.Parallel()
	c, server := drafting(t, false, llmtest.Say(goodDraft))
	d := c.decide(t, "转氨酶这么高要紧吗")
	said := d.Parts[0].Plain()
	if d.Verdict != bot.VerdictAccepted || d.Composed || !strings.Contains(said, "11月2日的报告里，谷丙转氨酶（ALT）是 87 U/L，偏高，参考范围是 7-40。") {
		t.Errorf("%s: %s", d.Verdict, said)
	}
	if d.Model != "scripted" || !strings.HasPrefix(d.Prompt, "explain.zh/") || d.Usage.Tokens() == 0 || d.Usage.Calls != 1 || len(server.Calls()) != 1 {
		t.Errorf("the record says model %q, prompt %q, usage %+v after %d calls", d.Model, d.Prompt, d.Usage, len(server.Calls()))
	}
	if !strings.Contains(said, "一两周内看医生") {
		t.Errorf("the action of the tier is missing: %s", said)
	}
}

func TestARefusedDraftIsRepairedOnceWithItsViolations(t *testing.T) {
	t.Parallel()
	c, server := drafting(t, false, llmtest.Say(badDraft), llmtest.Say(goodDraft))
	d := c.decide(t, "转氨酶这么高要紧吗")
	if d.Verdict != bot.VerdictRepaired || len(d.Attempts) != 2 || len(d.Attempts[0].Violations) == 0 || strings.Contains(d.Parts[0].Plain(), "得了") {
		t.Errorf("%s after %d attempts: %s", d.Verdict, len(d.Attempts), d.Parts[0].Plain())
	}
	calls := server.Calls()
	if len(calls) != 2 || !strings.Contains(calls[1].Last("user"), "V6") || calls[1].Last("assistant") != badDraft {
		t.Errorf("the repair was asked for with %q", calls[len(calls)-1].Last("user"))
	}
}

func TestWhateverTheModelDoesThePatientGetsTheComposedAnswer(t *testing.T) {
	t.Parallel()
	for name, script := range map[string][]llmtest.Reply{
		"refused twice": {llmtest.Say(badDraft)},
		"garbage":       {llmtest.Garbage("<html>")},
		"truncated":     {llmtest.Truncated("谷丙转氨酶")},
		"no choices":    {llmtest.NoChoices()},
		"an error":      {llmtest.Status(500)},
		"a reset":       {llmtest.Reset()},
		"empty":         {llmtest.Say("")},
		"unknown slot":  {llmtest.Say("{{F9.value}}")},
		"unclosed slot": {llmtest.Say("{{F1.value")},
		"no answer":     {llmtest.Say("好的，我明白了。")},
		"no passage":    {llmtest.Say("谷丙转氨酶偏高。[K99]")},
		"not UTF-8":     {llmtest.Say("\xff\xfe")},
		"a late answer": {llmtest.Slow(10*time.Second, llmtest.Say(goodDraft))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := drafting(t, false, script...)
			d := c.decide(t, "转氨酶这么高要紧吗")
			if d.Verdict != bot.VerdictComposed || !strings.Contains(d.Parts[0].Plain(), "87 U/L") || strings.Contains(d.Parts[0].Plain(), "脂肪肝。") {
				t.Errorf("%s: %s", d.Verdict, d.Parts[0].Plain())
			}
			if len(d.Attempts) < 2 || d.Attempts[len(d.Attempts)-1].Writer != bot.WriterComposer {
				t.Errorf("the record does not say what the model did: %+v", d.Attempts)
			}
		})
	}
}

func TestAModelMayAskForAPersonAndNoMore(t *testing.T) {
	t.Parallel()
	c, _ := drafting(t, false, llmtest.Say("LEVEL: crisis\n"+goodDraft))
	d := c.decide(t, "转氨酶这么高要紧吗")
	if d.Level != bot.LevelReview || d.Trigger == nil || d.Trigger.Rule != "T11" || d.OpenCase == nil {
		t.Errorf("level %s, trigger %+v", d.Level, d.Trigger)
	}
	if said := d.Parts[0].Plain(); strings.Contains(said, "LEVEL") || !strings.Contains(said, "需要人来看") {
		t.Errorf("the patient reads %s", said)
	}
}

func TestAModelOutsideReadsNothingBeforeThePatientAgreed(t *testing.T) {
	t.Parallel()
	c, server := drafting(t, true, llmtest.Say(goodDraft))
	if d := c.decide(t, "转氨酶这么高要紧吗"); d.Verdict != bot.VerdictComposed || len(server.Bodies()) != 0 {
		t.Errorf("without consent: %s, %d calls", d.Verdict, len(server.Bodies()))
	}
	conversation, err := c.receive.Store.Account(t.Context(), storetest.Hospital, "webchat", c.who, bot.Chinese, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.receive.Store.Consent(t.Context(), storetest.Hospital, conversation.Account, bot.PurposeExternalModel, "1", c.now); err != nil {
		t.Fatal(err)
	}
	if d := c.decide(t, "转氨酶到底要紧吗"); d.Verdict != bot.VerdictAccepted || len(server.Bodies()) != 1 {
		t.Errorf("with consent: %s, %d calls", d.Verdict, len(server.Bodies()))
	}
}

// TestBeforeConsentAChatAnswersInGeneralWithoutAModel: no result is read, even with a
// report bound and a model within the institution.
func TestBeforeConsentAChatAnswersInGeneralWithoutAModel(t *testing.T) {
	t.Parallel()
	c, server := drafting(t, false, llmtest.Say(goodDraft))
	conversation, err := c.receive.Store.Account(t.Context(), storetest.Hospital, "webchat", c.who, bot.Chinese, c.now)
	if err != nil {
		t.Fatal(err)
	}
	bindings, err := c.receive.Store.Bindings(t.Context(), storetest.Hospital, conversation.Account)
	if err != nil || len(bindings) != 1 {
		t.Fatal(bindings, err)
	}
	for _, bound := range [][]bot.Binding{nil, bindings} {
		turn := &bot.Turn{Conversation: conversation, ChatOnly: true, Bindings: bound, Messages: []bot.TurnMessage{{Kind: "text", Text: bot.T("转氨酶高要紧吗"), At: c.now}}}
		d, err := c.engine.Decide(t.Context(), turn, c.now)
		if err != nil {
			t.Fatal(err)
		}
		said := d.Parts[0].Plain()
		if d.Kind != bot.AnswerExplain || !d.Composed || len(server.Bodies()) != 0 || len(d.Evidence.Facts) != 0 || strings.Contains(said, "87") || !strings.Contains(said, "ALT") {
			t.Errorf("%d bound, %s after %d calls: %s", len(bound), d.Kind, len(server.Bodies()), said)
		}
		if strings.Contains(said, "“同意”") != (len(bound) == 1) {
			t.Errorf("%d bound: %s", len(bound), said)
		}
	}
}

func TestNoModelIsAskedInAnEmergency(t *testing.T) {
	t.Parallel()
	c, server := drafting(t, false, llmtest.Say(goodDraft))
	if d := c.decide(t, "我胸口疼得厉害，喘不上气"); d.Kind != bot.AnswerSafety || len(server.Bodies()) != 0 {
		t.Errorf("%s after %d calls", d.Kind, len(server.Bodies()))
	}
}

func TestNothingThatSaysWhoThePatientIsReachesTheModel(t *testing.T) {
	t.Parallel()
	c, server := drafting(t, false, llmtest.Say(badDraft))
	c.decide(t, "我叫王小雨，身份证 11010519491231002X，手机１３８ 0013 8000，报告单号R-2026110200871，邮箱 xiaoyu@example.com，王 小 雨的转氨酶87高吗")
	if len(server.Bodies()) == 0 {
		t.Fatal("the model was not asked")
	}
	for _, body := range server.Bodies() {
		for _, canary := range []string{"王小雨", "王 小 雨", "小雨", "11010519491231002", "13800138000", "0013", "2026110200871", "xiaoyu", "example.com", "T-1\""} {
			if strings.Contains(string(body), canary) {
				t.Errorf("%q reached the model", canary)
			}
		}
		if !strings.Contains(string(body), "87") {
			t.Error("the values did not survive")
		}
	}
}

func TestAYesToTheClosedQuestionIsAnEmergency(t *testing.T) {
	t.Parallel()
	c, _ := drafting(t, false, llmtest.Say(goodDraft))
	d := c.decide(t, "呼吸困难是什么原因引起的")
	if d.Trigger == nil || d.Trigger.Rule != "T10" || !strings.Contains(d.Parts[0].Plain(), "现在正在发生吗") || d.OpenCase == nil {
		t.Fatalf("unsure: %+v %s", d.Trigger, d.Parts[0].Plain())
	}
	if d := c.decide(t, "不是"); d.Level.Urgent() {
		t.Errorf("a no is %s", d.Level)
	}
	c.decide(t, "呼吸困难是什么原因引起的")
	if d := c.decide(t, "是的"); d.Level != bot.LevelEmergency || !strings.Contains(d.Parts[0].Plain(), "120") {
		t.Errorf("a yes is %s: %s", d.Level, d.Parts[0].Plain())
	}
}
