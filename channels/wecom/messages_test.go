package wecom_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/channels/wecom"
)

func TestEveryKindOfMessageIsUnderstoodOrSaidToBeOther(t *testing.T) {
	t.Parallel()
	type content = map[string]any
	cases := []struct {
		name    string
		kind    string
		content any
		want    bot.Inbound
	}{
		{"a text", "text", content{"content": "血钾高吗"}, bot.Inbound{Kind: bot.MessageText, Text: bot.T("血钾高吗")}},
		{"a tap of a menu", "text", content{"content": "找人工", "menu_id": "103"}, bot.Inbound{Kind: bot.MessageMenu, Text: bot.T("找人工")}},
		{"a picture", "image", content{"media_id": "m-1"}, bot.Inbound{Kind: bot.MessageImage, Media: "m-1"}},
		{"a voice", "voice", content{"media_id": "m-2"}, bot.Inbound{Kind: bot.MessageVoice, Media: "m-2"}},
		{"a video", "video", content{"media_id": "m-3"}, bot.Inbound{Kind: bot.MessageVideo, Media: "m-3"}},
		{"a place", "location", content{"latitude": 39.9, "longitude": 116.4, "name": "南门", "address": "学院路1号"}, bot.Inbound{Kind: bot.MessageLocation, Text: bot.T("南门\n学院路1号")}},
		{"a link", "link", content{"title": "高钾的食物", "desc": "一篇文章", "url": "https://example.com"}, bot.Inbound{Kind: bot.MessageLink, Text: bot.T("高钾的食物\n一篇文章")}},
		{"a file", "file", content{"media_id": "m-4"}, bot.Inbound{Kind: bot.MessageOther}},
		{"a card", "business_card", content{"userid": "zhangsan"}, bot.Inbound{Kind: bot.MessageOther}},
		{"a kind of tomorrow", "hologram", content{}, bot.Inbound{Kind: bot.MessageOther}},
		{"a text that is not as documented", "text", "血钾高吗", bot.Inbound{Kind: bot.MessageOther}},
		{"control characters", "text", content{"content": "血钾\x00高\u001b吗\n谢谢"}, bot.Inbound{Kind: bot.MessageText, Text: bot.T("血钾高吗\n谢谢")}},
		{"a text of nothing", "text", content{"content": "\u200b \x00 "}, bot.Inbound{Kind: bot.MessageText, Text: bot.T("\u200b  ")}},
		{"an empty text", "text", content{"content": " \x00\n"}, bot.Inbound{Kind: bot.MessageOther, Text: bot.T(" \n")}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			id := a.Post("anna", c.kind, c.content)
			a.pull(t)
			if len(a.messages) != 1 {
				t.Fatalf("%d messages", len(a.messages))
			}
			got := a.messages[0]
			got.Cursor = nil
			c.want.Institution, c.want.Channel, c.want.ExternalID, c.want.ProviderID = hospital, wecom.Name, bot.T("anna"), id
			c.want.Opens, c.want.SentAt = bot.OpenedByWriting, noon
			if got != c.want {
				t.Errorf("got %#v, want %#v; text %q", got, c.want, got.Text.Plain())
			}
		})
	}
}

func TestNumbersThatComeAsTextAreNumbers(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Raw(`{"msgid":"m-1","external_userid":"anna","send_time":"1795406400","origin":"3","msgtype":"image","image":{"media_id":"x"}}`)
	a.pull(t)
	if len(a.messages) != 1 || !a.messages[0].SentAt.Equal(time.Unix(1795406400, 0)) {
		t.Errorf("received %+v", a.messages)
	}
}

func TestWhatCannotBeReadStopsNobodyElse(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, odd := range []string{`"text"`, `{}`, `{"msgid":7}`, `{"msgid":"e-1","origin":4,"msgtype":"event","event":"enter_session"}`, `{"msgid":"m-2","origin":3,"msgtype":"text"}`, `null`} {
		a.Raw(odd)
	}
	a.Write("anna", "在吗")
	a.pull(t)
	if got := a.texts(); !slices.Equal(got, []string{"在吗"}) {
		t.Errorf("received %q", got)
	}
}

func TestAMessageThatIsRefusedForWhatItSaysStopsNobodyElse(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "太长的")
	a.Write("ben", "在吗")
	a.refused = func(in bot.Inbound) bool { return in.Text.Plain() == "太长的" }
	a.pull(t)
	if got := a.texts(); !slices.Equal(got, []string{"", "在吗"}) || a.messages[0].Kind != bot.MessageOther {
		t.Errorf("received %q", got)
	}
}

func TestAServicersWordsAreNoPatientsMessage(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "转人工")
	a.Take("anna", "zhangsan")
	a.Answer("anna", "您好，我是张护士")
	a.End("anna")
	a.pull(t)
	if got := a.texts(); !slices.Equal(got, []string{"转人工"}) {
		t.Errorf("received %q", got)
	}
	if want := []string{"anna elsewhere: true", "anna has a servicer's answer", "anna elsewhere: false"}; !slices.Equal(a.told, want) {
		t.Errorf("told %q, want %q", a.told, want)
	}
}

func TestAServicerWhoReopensASessionHasIt(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, change := range []string{"2", "4"} {
		a.Raw(`{"msgid":"e-` + change + `","send_time":1795406400,"origin":4,"msgtype":"event","event":{"event_type":"session_status_change","external_userid":"anna-` + change + `","change_type":` + change + `}}`)
	}
	a.pull(t)
	if want := []string{"anna-2 elsewhere: true", "anna-4 elsewhere: true"}; !slices.Equal(a.told, want) {
		t.Errorf("told %q", a.told)
	}
}

func TestEnteringTheChatIsAMessageWhenThereIsSomethingToAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wroteBefore bool
		scene       string
		kind        string // "" : no message
		opens       bot.Opening
	}{
		"for the first time":                {false, "", bot.MessageFollow, bot.OpenedByTapping},
		"for the first time, with our code": {false, "K7QD-2M", bot.MessageFollow, bot.OpenedByTapping},
		"again":                             {true, "", "", ""},
		"again, with our code":              {true, "K7QD-2M", bot.MessageScan, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			if c.wroteBefore {
				a.Write("anna", "在吗")
				a.pull(t)
				a.messages = nil
			}
			a.Enter("anna", c.scene)
			a.pull(t)
			if c.kind == "" {
				if len(a.messages) != 0 {
					t.Errorf("received %+v", a.messages)
				}
				return
			}
			if len(a.messages) != 1 {
				t.Fatalf("%d messages", len(a.messages))
			}
			if in := a.messages[0]; in.Kind != c.kind || in.Scene.Plain() != c.scene || in.Opens != c.opens || in.ExternalID.Plain() != "anna" || !in.SentAt.Equal(noon) {
				t.Errorf("received %#v", in)
			}
		})
	}
}

func TestARecalledMessageStays(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	id := a.Write("anna", "我胸口疼")
	a.Recall("anna", id)
	a.pull(t)
	if got := a.texts(); !slices.Equal(got, []string{"我胸口疼"}) {
		t.Errorf("received %q", got)
	}
}

func TestAFailureIsOfThePartItNames(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for _, id := range []string{"careline-12", "careline-012", "careline-", "careline--3", "other-7", "", "careline-99999999999999999999", "careline-9223372036854775807"} {
		a.Undelivered("anna", id, 6)
	}
	a.Undelivered("anna", "careline-13", 77)
	a.pull(t)
	if want := []string{"part 12: more than five messages", "part 9223372036854775807: more than five messages", "part 13: fail_type 77"}; !slices.Equal(a.told, want) {
		t.Errorf("told %q, want %q", a.told, want)
	}
	if longest := "careline-9223372036854775807"; len(longest) > 32 || strings.ContainsAny(longest, ". ") {
		t.Error("the platform does not take such a msgid")
	}
}

func TestASessionThatRanOutIsTheAssistantsAgainWhenThePatientWrites(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "转人工")
	a.Take("anna", "zhangsan")
	a.pull(t)
	a.Write("anna", "还在吗")
	a.pull(t)
	if !a.elsewhere["anna"] {
		t.Fatal("a servicer's session was taken away")
	}
	a.Expire("anna")
	a.Write("anna", "有人吗")
	a.pull(t)
	if a.elsewhere["anna"] {
		t.Error("nobody has the session, and the assistant stays silent")
	}
}
