package wecom_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/channels"
	"careline/channels/wecom/wecomtest"
)

// kind is what a send's error asks for, "" where there is none.
func kind(t testing.TB, err error) channels.SendKind {
	t.Helper()
	if err == nil {
		return ""
	}
	failed, ok := errors.AsType[*channels.SendError](err)
	if !ok {
		t.Fatalf("%v is no SendError", err)
	}
	return failed.Kind
}

func (a account) shown(external string) (texts []string) {
	for _, m := range a.Shown(external) {
		texts = append(texts, m.Text)
	}
	return texts
}

func TestTheAssistantTakesANewSessionBeforeItSends(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	for i := range 2 {
		if err := a.send(t, bot.MessageID(i+1), "anna", "您好"); err != nil {
			t.Fatal(err)
		}
	}
	if state, _ := a.State("anna"); state != 1 {
		t.Errorf("state %d", state)
	}
	if n := a.Calls("kf/service_state/trans"); n != 1 {
		t.Errorf("taken %d times", n)
	}
	if id := a.Shown("anna")[1].ID; id != "careline-2" {
		t.Errorf("msgid %q", id)
	}
}

func TestWhileAServicerHasTheSessionPartsWait(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(a account) error{
		"taken in the app":      func(a account) error { a.Take("anna", "zhangsan"); return nil },
		"given to the pool":     func(a account) error { return a.adapter.HandOver(t.Context(), bot.T("anna"), "") },
		"given to one servicer": func(a account) error { return a.adapter.HandOver(t.Context(), bot.T("anna"), "zhangsan") },
		"taken while our message is on its way": func(a account) error {
			a.Fail("kf/send_msg", wecomtest.Fault{First: func() { a.Take("anna", "zhangsan") }})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.Write("anna", "转人工")
			if err := take(a); err != nil {
				t.Fatal(err)
			}
			err := a.send(t, 1, "anna", "您好")
			if kind(t, err) != channels.Hold || len(a.Shown("anna")) != 0 || !a.elsewhere["anna"] {
				t.Errorf("%v; shown %q, elsewhere %v", err, a.shown("anna"), a.elsewhere)
			}
		})
	}
}

func TestAnEndedSessionWaitsForThePatient(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	a.Expire("anna")
	err := a.send(t, 1, "anna", "您好")
	if failed, ok := errors.AsType[*channels.SendError](err); !ok || failed.Kind != channels.Hold || !failed.Closed || len(a.told) != 0 {
		t.Errorf("%v, told %q", err, a.told)
	}
}

func TestTheTextOfADangerLeavesBesideAServicer(t *testing.T) {
	t.Parallel()
	for name, hand := range map[string]func(a account) error{
		"who took the session":     func(a account) error { a.Take("anna", "zhangsan"); a.pull(t); return nil },
		"who has not taken it yet": func(a account) error { return a.adapter.HandOver(t.Context(), bot.T("anna"), "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.Write("anna", "转人工")
			if err := hand(a); err != nil {
				t.Fatal(err)
			}
			urgent := bot.Outbound{ID: 1, ExternalID: bot.T("anna"), Author: bot.AuthorSystem, Urgent: true, Text: bot.T("请现在打120"), Attempts: 1}
			if err := a.adapter.Send(t.Context(), urgent); err != nil {
				t.Fatal(err)
			}
			urgent.ID = 2
			if err := a.adapter.Send(t.Context(), urgent); kind(t, err) != channels.Hold {
				t.Errorf("the platform lets one text leave; the second: %v", err)
			}
			if got := a.shown("anna"); !slices.Equal(got, []string{"请现在打120"}) {
				t.Errorf("shown %q", got)
			}
		})
	}
}

func TestTakenBackTheNextMessageBeginsANewSessionOfTheAssistant(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "转人工")
	if err := a.adapter.HandOver(t.Context(), bot.T("anna"), "zhangsan"); err != nil {
		t.Fatal(err)
	}
	if state, servicer := a.State("anna"); state != 3 || servicer != "zhangsan" {
		t.Errorf("state %d with %q", state, servicer)
	}
	for range 2 {
		if err := a.adapter.TakeBack(t.Context(), bot.T("anna")); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.send(t, 1, "anna", "我又在了"); kind(t, err) != channels.Hold {
		t.Errorf("into an ended session: %v", err)
	}
	a.Write("anna", "好的")
	if err := a.send(t, 1, "anna", "我又在了"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"anna elsewhere: true", "anna elsewhere: false"}; !slices.Equal(a.told, want) {
		t.Errorf("told %q", a.told)
	}
}

func TestAHandOverThatCannotBeSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault wecomtest.Fault
		want  bot.ErrorKind
	}{
		"the session has ended":         {wecomtest.Fault{Code: 95013}, bot.KindConflict},
		"the member is not on duty":     {wecomtest.Fault{Code: 95014}, bot.KindInvalid},
		"the platform is busy":          {wecomtest.Fault{Code: -1}, bot.KindUnavailable},
		"the platform does not answer":  {wecomtest.Fault{Lost: true}, bot.KindUnavailable},
		"a code that nobody documented": {wecomtest.Fault{Code: 95999}, bot.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.Write("anna", "转人工")
			a.Fail("kf/service_state/trans", c.fault)
			if err := a.adapter.HandOver(t.Context(), bot.T("anna"), "zhangsan"); bot.KindOf(err) != c.want || a.elsewhere["anna"] {
				t.Errorf("%v, kind %q", err, bot.KindOf(err))
			}
		})
	}
}

func TestAGreetingLeavesBeforeThePatientHasWritten(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Enter("anna", "")
	a.pull(t)
	if err := a.send(t, 1, "anna", "您好，我是检验报告助手"); err != nil {
		t.Fatal(err)
	}
	if got := a.Shown("anna"); len(got) != 1 || got[0].Code == "" || got[0].ID != "careline-1" {
		t.Errorf("shown %+v", got)
	}
	if err := a.send(t, 2, "anna", "还有"); kind(t, err) != channels.Hold {
		t.Errorf("a second one: %v", err)
	}
}

func TestAGreetingThatComesTooLateWaits(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Enter("anna", "")
	a.pull(t)
	a.Advance(20 * time.Second)
	if err := a.send(t, 1, "anna", "您好"); kind(t, err) != channels.Hold || len(a.Shown("anna")) != 0 {
		t.Errorf("%v, shown %q", err, a.shown("anna"))
	}
	a.Write("anna", "在吗")
	if err := a.send(t, 1, "anna", "您好"); err != nil || len(a.Shown("anna")) != 1 {
		t.Errorf("%v, shown %q", err, a.shown("anna"))
	}
}

func TestThePlatformsQuotaAndWindowHoldParts(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	for i := range 5 {
		if err := a.send(t, bot.MessageID(i+1), "anna", "一条"); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.send(t, 6, "anna", "第六条"); kind(t, err) != channels.Hold {
		t.Errorf("the sixth: %v", err)
	}
	a.Write("anna", "嗯")
	a.Advance(48*time.Hour + time.Second)
	err := a.send(t, 6, "anna", "第六条")
	if failed, ok := errors.AsType[*channels.SendError](err); !ok || failed.Kind != channels.Hold || !failed.Closed {
		t.Errorf("after 48 hours: %v", err)
	}
}

// TestAPartSentAgainIsShownOnce breaks the connection after the platform took the
// part, so that the sender tries again.
func TestAPartSentAgainIsShownOnce(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	out := bot.Outbound{ID: 1, ExternalID: bot.T("anna"), Author: bot.AuthorSystem, Text: bot.T("您好"), Attempts: 1}
	a.Fail("kf/send_msg", wecomtest.Fault{Lost: true})
	if err := a.adapter.Send(t.Context(), out); kind(t, err) != channels.Retry {
		t.Fatal(err)
	}
	out.Attempts = 2
	if err := a.adapter.Send(t.Context(), out); kind(t, err) != channels.Unknown {
		t.Errorf("a msgid that was used: %v", err)
	}
	if got := a.shown("anna"); !slices.Equal(got, []string{"您好"}) {
		t.Errorf("shown %q", got)
	}
}

func TestAMsgidOfAnEarlierDatabaseStopsNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	a.Use("careline-1")
	if err := a.send(t, 1, "anna", "您好"); err != nil {
		t.Fatal(err)
	}
	if got := a.shown("anna"); !slices.Equal(got, []string{"您好"}) {
		t.Errorf("shown %q", got)
	}
}

func TestAPartThatLeftWithoutItsMsgidIsNotSentAgain(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	a.Use("careline-1")
	a.Fail("kf/send_msg", wecomtest.Fault{}, wecomtest.Fault{Lost: true})
	if err := a.send(t, 1, "anna", "您好"); kind(t, err) != channels.Unknown {
		t.Error(err)
	}
}

func TestWhatAnErrorMeans(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    wecomtest.Fault
		want     channels.SendKind
		operator bool
	}{
		"busy":                           {wecomtest.Fault{Code: -1}, channels.Retry, false},
		"five were sent":                 {wecomtest.Fault{Code: 95001}, channels.Hold, false},
		"48 hours are over":              {wecomtest.Fault{Code: 95002}, channels.Hold, false},
		"no such patient":                {wecomtest.Fault{Code: 40096}, channels.Never, false},
		"too long":                       {wecomtest.Fault{Code: 45002}, channels.Never, false},
		"too many calls":                 {wecomtest.Fault{Code: 45009}, channels.Later, true},
		"too many calls at once":         {wecomtest.Fault{Code: 45033}, channels.Later, false},
		"the interface is switched off":  {wecomtest.Fault{Code: 95017}, channels.Later, true},
		"the company is not verified":    {wecomtest.Fault{Code: 95003}, channels.Later, true},
		"our address is not trusted":     {wecomtest.Fault{Code: 60020}, channels.Later, true},
		"the gateway is down":            {wecomtest.Fault{Status: 502}, channels.Retry, false},
		"something else answers":         {wecomtest.Fault{Status: 404}, channels.Later, true},
		"the connection broke":           {wecomtest.Fault{Lost: true}, channels.Retry, false},
		"a code that nobody documented":  {wecomtest.Fault{Code: 99999}, channels.Never, true},
		"a parameter is not as it ought": {wecomtest.Fault{Code: 40058}, channels.Never, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.Write("anna", "在吗")
			a.Fail("kf/send_msg", c.fault, c.fault)
			err := a.send(t, 1, "anna", "您好")
			failed, ok := errors.AsType[*channels.SendError](err)
			if !ok || failed.Kind != c.want || failed.Operator != c.operator || failed.Kind == channels.Later && failed.After <= 0 {
				t.Errorf("%+v", failed)
			}
		})
	}
}

func TestATokenThatEndedIsReplacedAndThePatientNoticesNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	if err := a.send(t, 1, "anna", "一"); err != nil {
		t.Fatal(err)
	}
	a.EndTokens()
	if err := a.send(t, 2, "anna", "二"); err != nil {
		t.Fatal(err)
	}
	if got := a.shown("anna"); !slices.Equal(got, []string{"一", "二"}) || a.Calls("gettoken") != 2 {
		t.Errorf("shown %q with %d tokens", got, a.Calls("gettoken"))
	}
}

func TestWhatThePatientSeesOfAPart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("字", 1900/3)
	for name, c := range map[string]struct {
		out  bot.Outbound
		want string
	}{
		"the assistant's words are labelled": {bot.Outbound{Author: bot.AuthorAssistant, AI: true, Text: bot.T("您好")}, "您好\n\n（AI生成，仅供参考）"},
		"in the patient's language":          {bot.Outbound{Author: bot.AuthorAssistant, AI: true, Text: bot.T("Hello"), Language: bot.English}, "Hello\n\n(AI-generated, for reference only)"},
		"a person's are not":                 {bot.Outbound{Author: bot.AuthorStaff, Text: bot.T("您好")}, "您好"},
		"nor is a text about a danger":       {bot.Outbound{Author: bot.AuthorSystem, AI: true, Urgent: true, Text: bot.T("请现在打120")}, "请现在打120"},
		"that there is more stands below":    {bot.Outbound{Author: bot.AuthorAssistant, AI: true, More: true, Text: bot.T("您好")}, "您好\n\n没说完，回一句“继续”\n（AI生成，仅供参考）"},
		"the longest part fits with both":    {bot.Outbound{Author: bot.AuthorAssistant, AI: true, More: true, Text: bot.T(long)}, long + "\n\n没说完，回一句“继续”\n（AI生成，仅供参考）"},
		"emoji and rare characters stay":     {bot.Outbound{Author: bot.AuthorStaff, Text: bot.T("👩‍⚕️ 𠮷 <b>&amp;</b> \"x\"")}, "👩‍⚕️ 𠮷 <b>&amp;</b> \"x\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.Write("anna", "在吗")
			c.out.ID, c.out.ExternalID = 1, bot.T("anna")
			if err := a.adapter.Send(t.Context(), c.out); err != nil {
				t.Fatal(err)
			}
			if got := a.shown("anna"); !slices.Equal(got, []string{c.want}) {
				t.Errorf("shown %q, want %q", got, c.want)
			}
		})
	}
}

func TestAPartThatIsNoTextOrTooLongNeverLeaves(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Write("anna", "在吗")
	for _, text := range []string{"", "\xff", strings.Repeat("a", 1901)} {
		if err := a.send(t, 1, "anna", text); kind(t, err) != channels.Never || strings.Contains(err.Error(), "aaa") {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
	if a.Calls("kf/send_msg")+a.Calls("gettoken") != 0 {
		t.Error("the platform was called")
	}
}

func TestAPictureIsFetchedUpToItsLimit(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	content := bytes.Repeat([]byte{0xff, 0xd8}, 500)
	id := a.Picture("anna", content)
	body, err := a.adapter.Fetch(t.Context(), id, 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	small, err := a.adapter.Fetch(t.Context(), id, 999)
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	if _, err := io.ReadAll(small); err == nil {
		t.Error("more than the limit came")
	}
	for _, gone := range []string{"media-of-last-week", ""} {
		if _, err := a.adapter.Fetch(t.Context(), gone, 1000); kind(t, err) != channels.Never {
			t.Errorf("%q: %v", gone, err)
		}
	}
}
