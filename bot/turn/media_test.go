package turn_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

const withALT = "-- patient --\nself\n-- results.csv --\n病历号,报告单号,报告时间,项目名称,结果,单位,参考范围\nT-1,R-1,2026-11-22T01:00:00Z,丙氨酸氨基转移酶,87,U/L,7-40\n"

// sent is one message as a channel received it.
type sent struct{ kind, text string }

// together receives messages as one burst and answers their turn.
func (c *answering) together(t *testing.T, messages ...sent) bot.Decision {
	t.Helper()
	c.now = c.now.Add(time.Minute)
	var conversation bot.ConversationID
	for _, m := range messages {
		c.asked++
		in := bot.Inbound{Institution: storetest.Hospital, Channel: "webchat", ExternalID: c.who, ProviderID: fmt.Sprint(c.asked), Kind: m.kind, Text: bot.T(m.text)}
		if m.kind == bot.MessageImage || m.kind == bot.MessageVoice {
			in.Media = "media-" + in.ProviderID
		}
		r, err := c.receive.Receive(t.Context(), in, c.now)
		if err != nil {
			t.Fatal(err)
		}
		conversation = r.Conversation.ID
	}
	d, err := jobs.AnswerNow(t.Context(), c.receive.Store, c.engine, storetest.Hospital, conversation, c.now)
	if err != nil {
		t.Fatal(err)
	}
	c.deliver(t)
	return d
}

// newcomer is somebody else in the same hospital, who acts for its patient.
func (c *answering) newcomer(t *testing.T, name string, consented bool) *answering {
	t.Helper()
	other := *c
	other.who = bot.T(name)
	s := c.receive.Store
	conversation, err := s.Account(t.Context(), storetest.Hospital, "webchat", other.who, bot.Chinese, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if !consented {
		return &other
	}
	if err := s.Consent(t.Context(), storetest.Hospital, conversation.Account, bot.PurposeReadReports, "1", c.now); err != nil {
		t.Fatal(err)
	}
	patient, err := s.FindPatient(t.Context(), storetest.Hospital, "T-1")
	if err != nil {
		t.Fatal(err)
	}
	code, factor, _, err := s.MakeBindCode(t.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, patient, store.CodeOptions{Valid: time.Minute}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bind(t.Context(), storetest.Hospital, conversation.Account, code, factor, bot.RelationSelf, c.now); err != nil {
		t.Fatal(err)
	}
	return &other
}

func said(d bot.Decision) string {
	var all []string
	for _, p := range d.Parts {
		all = append(all, p.Plain())
	}
	return strings.Join(all, "\n")
}

func TestWhatCannotBeReadIsAnsweredAtOnceWithWhatToDoAndWhenToCall120(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		messages []sent
		level    bot.Level
		rule     string // of the case, "*" for any; "" for none, "stored" for one opened when it came
		with     []string
		without  []string
	}{
		"a picture": {[]sent{{bot.MessageImage, ""}}, bot.LevelReview, "image",
			[]string{"我还不会看图片", "危急值", "谷丙转氨酶 87 ↑ 参考范围7-40", "二维码", "现在没有值班人员"}, []string{"现在有人值班"}},
		"a picture with a greeting": {[]sent{{bot.MessageText, "你好"}, {bot.MessageImage, ""}}, bot.LevelReview, "image", []string{"我还不会看图片"}, nil},
		"a picture beside a question": {[]sent{{bot.MessageImage, ""}, {bot.MessageText, "转氨酶高要紧吗"}}, bot.LevelReview, "image",
			[]string{"您发的图片我还看不了", "87 U/L"}, []string{"需要人来看。我已经记下来，会有工作人员看到；在那之前"}},
		"a picture beside a danger":      {[]sent{{bot.MessageImage, ""}, {bot.MessageText, "我现在胸口疼得厉害喘不上气"}}, bot.LevelEmergency, "stored", nil, nil},
		"a picture and a wish":           {[]sent{{bot.MessageImage, ""}, {bot.MessageText, "转人工"}}, bot.LevelHuman, "*", []string{"图片我还看不了", "想找人的请求已经记下"}, nil},
		"a voice message":                {[]sent{{bot.MessageVoice, ""}}, bot.LevelNone, "", []string{"我没能听到内容", "打字"}, nil},
		"a voice message and a question": {[]sent{{bot.MessageVoice, ""}, {bot.MessageText, "转氨酶高要紧吗"}}, bot.LevelNone, "", []string{"有一条语音我没能听到内容", "87 U/L"}, nil},
		"a voice message that was heard": {[]sent{{bot.MessageVoice, "转氨酶高要紧吗"}}, bot.LevelNone, "", []string{"87 U/L"}, []string{"语音"}},
		"a video":                        {[]sent{{bot.MessageVideo, ""}}, bot.LevelNone, "", []string{"看不了视频"}, nil},
		"a place":                        {[]sent{{bot.MessageLocation, "人民医院"}}, bot.LevelNone, "", []string{"派不了人"}, nil},
		"a link":                         {[]sent{{bot.MessageLink, "转氨酶高怎么办"}}, bot.LevelNone, "", []string{"打不开链接"}, []string{"87"}},
		"a sticker":                      {[]sent{{bot.MessageOther, ""}}, bot.LevelNone, "", []string{"这种消息我看不了"}, nil},
		"a sticker beside a question":    {[]sent{{bot.MessageOther, ""}, {bot.MessageText, "转氨酶高要紧吗"}}, bot.LevelNone, "", []string{"另外发来的内容我看不了", "87 U/L"}, nil},
	}
	hospital := newCase(t, txtar.Parse([]byte(withALT)))
	for name, k := range cases {
		t.Run(name, func(t *testing.T) {
			d := hospital.newcomer(t, name, true).together(t, k.messages...)
			text := said(d)
			if d.Level != k.level || (d.OpenCase != nil) != (k.rule != "" && k.rule != "stored") || d.OpenCase != nil && k.rule != "*" && d.OpenCase.Trigger.Rule != k.rule {
				t.Errorf("level %s, case %+v", d.Level, d.OpenCase)
			}
			for _, want := range append(k.with, "120") {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not said", want)
				}
			}
			for _, not := range k.without {
				if strings.Contains(text, not) {
					t.Errorf("%q is said", not)
				}
			}
			if t.Failed() {
				t.Log(text)
			}
		})
	}
}

func TestAPictureIsAnsweredBeforeConsentAndWithoutTheQuestionBefore(t *testing.T) {
	t.Parallel()
	hospital := newCase(t, txtar.Parse([]byte(withALT)))
	c := hospital.newcomer(t, "not consented", false)
	if d := c.together(t, sent{bot.MessageImage, ""}); !strings.Contains(said(d), "我还不会看图片") {
		t.Errorf("before consent: %s", said(d))
	}
	c = hospital.newcomer(t, "consented", true)
	c.together(t, sent{bot.MessageText, "转氨酶高要紧吗"})
	if d := c.together(t, sent{bot.MessageImage, ""}); d.Kind != bot.AnswerNotice || !strings.Contains(said(d), "我还不会看图片") {
		t.Errorf("after a question: %s", said(d))
	}
}

func TestABareYesAfterAPictureIsAnEmergency(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		first  []sent
		answer sent
		want   bot.Level
		said   string
	}{
		"yes":                          {[]sent{{bot.MessageImage, ""}}, sent{bot.MessageText, "有"}, bot.LevelEmergency, "请现在就打120"},
		"it is":                        {[]sent{{bot.MessageImage, ""}}, sent{bot.MessageText, "是的。"}, bot.LevelEmergency, "请现在就打120"},
		"in English":                   {[]sent{{bot.MessageImage, ""}}, sent{bot.MessageText, "yes"}, bot.LevelEmergency, "call 120 now"},
		"said":                         {[]sent{{bot.MessageImage, ""}}, sent{bot.MessageVoice, "有。"}, bot.LevelEmergency, "请现在就打120"},
		"with a second picture":        {[]sent{{bot.MessageImage, ""}, {bot.MessageImage, ""}}, sent{bot.MessageText, "有的"}, bot.LevelEmergency, "请现在就打120"},
		"no":                           {[]sent{{bot.MessageImage, ""}}, sent{bot.MessageText, "都没有。"}, bot.LevelReview, "没有就好"},
		"the items":                    {[]sent{{bot.MessageImage, ""}}, sent{bot.MessageText, "谷丙转氨酶 87 参考范围7-40"}, bot.LevelReview, "87"},
		"yes after another thing said": {[]sent{{bot.MessageVoice, ""}}, sent{bot.MessageText, "有"}, bot.LevelNone, ""},
	}
	hospital := newCase(t, txtar.Parse([]byte(withALT)))
	for name, k := range cases {
		t.Run(name, func(t *testing.T) {
			c := hospital.newcomer(t, name, true)
			c.together(t, k.first...)
			d := c.together(t, k.answer)
			if d.Level != k.want || !strings.Contains(said(d), k.said) {
				t.Errorf("level %s: %s", d.Level, said(d))
			}
		})
	}
}
