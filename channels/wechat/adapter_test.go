package wechat

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"careline/bot"
	"careline/channels"
)

func answer(text string) bot.Outbound {
	return bot.Outbound{ID: 7, ExternalID: bot.T(theOpenID), Author: bot.AuthorAssistant, AI: true, Last: true, Text: bot.T(text), Language: bot.Chinese}
}

func TestLimitsAreThePlatformsRules(t *testing.T) {
	t.Parallel()
	l := newPlatform(t).adapter(t).Limits()
	if l.TextBytes != 1900 || l.Parts != 2 || l.Pace != 500*time.Millisecond || l.MediaBytes != 10<<20 || l.Marks || l.Again {
		t.Errorf("limits %+v", l)
	}
	for _, test := range []struct {
		window                   bot.Window
		assistant, staff, danger int
		lasts                    time.Duration
	}{{l.Windows[0], 2, 4, 5, 48 * time.Hour}, {l.Windows[1], 2, 2, 3, time.Minute}} {
		w := test.window
		if w.Allowance(bot.AuthorAssistant, false) != test.assistant || w.Allowance(bot.AuthorStaff, false) != test.staff ||
			w.Allowance(bot.AuthorSystem, true) != test.danger || w.For != test.lasts {
			t.Errorf("window %+v", w)
		}
	}
}

func TestTheLabelStandsOnWhatTheAssistantWroteAndOnNothingElse(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t, func(c *Config) { c.AIFlag = true })
	for _, test := range []struct {
		name   string
		change func(*bot.Outbound)
		want   string
		ai     bool
	}{
		{"an answer", func(*bot.Outbound) {}, "血钾正常。\n\n（AI生成，仅供参考）", true},
		{"an answer in English", func(o *bot.Outbound) { o.Language = bot.English }, "血钾正常。\n\n(AI-generated, for reference only)", true},
		{"staff", func(o *bot.Outbound) { o.Author, o.AI = bot.AuthorStaff, false }, "血钾正常。", false},
		{"staff who began from a draft", func(o *bot.Outbound) { o.Author = bot.AuthorStaff }, "血钾正常。", false},
		{"a text about a danger", func(o *bot.Outbound) { o.Author, o.AI, o.Urgent = bot.AuthorSystem, false, true }, "血钾正常。", false},
		{"a danger, whatever its flags say", func(o *bot.Outbound) { o.Urgent = true }, "血钾正常。", false},
		{"a notice", func(o *bot.Outbound) { o.Author, o.AI = bot.AuthorSystem, false }, "血钾正常。", false},
		{"a part that ends with its paragraph", func(o *bot.Outbound) { o.Text = bot.T("血钾正常。\n\n") }, "血钾正常。\n\n（AI生成，仅供参考）", true},
		{"a part with more to come", func(o *bot.Outbound) { o.More, o.Last = true, false }, "血钾正常。\n\n没说完，回一句“继续”\n（AI生成，仅供参考）", true},
	} {
		p.writes()
		out := answer("血钾正常。")
		test.change(&out)
		if err := a.Send(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		all := p.messages()
		if got := all[len(all)-1]; got.text() != test.want || (got.AI != nil && got.AI.Is == 1) != test.ai || got.Kind != "text" {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestThePlatformsOwnMarkIsSetOnlyWhereItIsWanted(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.writes()
	if err := p.adapter(t).Send(t.Context(), answer("好")); err != nil {
		t.Fatal(err)
	}
	if body := p.posted(sendPath)[0]; strings.Contains(body, "aimsgcontext") {
		t.Errorf("sent %s", body)
	}
}

func TestTheLinkToTheWholeAnswerGivesWayBeforeTheHintAndTheLabelNever(t *testing.T) {
	t.Parallel()
	link := "https://care.example.org/wechat/full/123456?sig=" + strings.Repeat("x", 40)
	a := newPlatform(t).adapter(t, func(c *Config) { c.FullURL = func(bot.Outbound) string { return link } })
	out := answer(strings.Repeat("a", 1800))
	out.Full, out.More = true, true
	if got := a.compose(out).Text.Content; !strings.HasSuffix(got, "\n\n全文："+link+"\n没说完，回一句“继续”\n（AI生成，仅供参考）") {
		t.Errorf("with room for all: %q", got[1790:])
	}
	out.Text = bot.T(strings.Repeat("a", 1900))
	if got := a.compose(out).Text.Content; !strings.HasSuffix(got, "a\n\n没说完，回一句“继续”\n（AI生成，仅供参考）") {
		t.Errorf("without room for the link: %q", got[1890:])
	}
}

func TestNoMessageIsLongerThanThePlatformTakes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	rapid.Check(t, func(t *rapid.T) {
		link := "https://care.example.org/" + strings.Repeat("x", rapid.IntRange(0, 300).Draw(t, "link"))
		a := &Adapter{Config: Config{Choices: rapid.Bool().Draw(t, "choices"), FullURL: func(bot.Outbound) string { return link }}}
		var err error
		if a.words, err = readWords(); err != nil {
			t.Fatal(err)
		}
		out := answer(strings.Repeat(rapid.SampledFrom([]string{"a", "药", "😀"}).Draw(t, "of"), rapid.IntRange(1, 475).Draw(t, "long")))
		out.More, out.Full, out.Last = rapid.Bool().Draw(t, "more"), rapid.Bool().Draw(t, "full"), rapid.Bool().Draw(t, "last")
		out.Language = rapid.SampledFrom([]bot.Language{bot.Chinese, bot.English, ""}).Draw(t, "language")
		m := a.compose(out)
		size, text := 0, ""
		if m.Msgmenu != nil {
			text = m.Msgmenu.HeadContent
			for _, c := range m.Msgmenu.List {
				size += len(c.Content)
			}
		} else {
			text = m.Text.Content
		}
		size += len(text)
		if size > 2048 || !utf8.ValidString(text) || !strings.HasPrefix(text, out.Text.Plain()) || !strings.HasSuffix(text, a.in(out.Language).AI) {
			t.Fatalf("a message of %d bytes", size)
		}
	})
	if len(p.messages()) > 0 {
		t.Error("composing sent something")
	}
}

func TestOnlyTheLastPartOfAnAnswerOffersChoices(t *testing.T) {
	t.Parallel()
	a := newPlatform(t).adapter(t, func(c *Config) { c.Choices = true })
	for _, test := range []struct {
		name   string
		change func(*bot.Outbound)
		menu   bool
	}{
		{"the last part", func(*bot.Outbound) {}, true},
		{"a part before the last", func(o *bot.Outbound) { o.Last = false }, false},
		{"a part that others wait behind", func(o *bot.Outbound) { o.More = true }, false},
		{"staff", func(o *bot.Outbound) { o.Author, o.AI = bot.AuthorStaff, false }, false},
		{"a danger", func(o *bot.Outbound) { o.Author, o.AI, o.Urgent = bot.AuthorSystem, false, true }, false},
	} {
		out := answer("好")
		test.change(&out)
		m := a.compose(out)
		if (m.Msgmenu != nil) != test.menu || test.menu == (m.Text != nil) {
			t.Errorf("%s: %+v", test.name, m)
		}
	}
	m := a.compose(answer("好"))
	var choices []string
	for _, c := range m.Msgmenu.List {
		choices = append(choices, c.Content)
	}
	if strings.Join(choices, "/") != "看懂了/没看懂/找人工" || m.Msgtype != "msgmenu" {
		t.Errorf("%s: %v", m.Msgtype, choices)
	}
}

func TestATextThePlatformCallsTooLongIsSentInTwoAndCounted(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.largest = 1500
	a := p.adapter(t, func(c *Config) { c.Choices = true })
	p.writes()
	text := strings.Repeat("这次谷丙转氨酶比上次又高了一些。", 35) // 1,680 bytes
	if err := a.Send(t.Context(), answer(text)); err != nil {
		t.Fatal(err)
	}
	label := "\n\n（AI生成，仅供参考）"
	all := p.messages()
	if len(all) != 2 || strings.TrimSuffix(all[0].text(), label)+strings.TrimSuffix(all[1].text(), label) != text || all[0].Kind != "text" || all[1].Kind != "msgmenu" {
		t.Errorf("%d messages", len(all))
	}
	if a.Oversized() != 1 {
		t.Errorf("%d defects counted, want 1", a.Oversized())
	}
}

func TestATextTooLongEvenInTwoIsGivenUp(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.largest = 100
	p.writes()
	err := p.adapter(t).Send(t.Context(), answer(strings.Repeat("很长。", 100)))
	if e, ok := errors.AsType[*channels.SendError](err); !ok || e.Kind != channels.Never || !e.Operator || len(p.messages()) > 0 {
		t.Errorf("error %v, %d messages", err, len(p.messages()))
	}
}

func TestHalfATextIsNotSentAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.writes()
	p.left, p.largest = 1, 1500
	err := p.adapter(t).Send(t.Context(), answer(strings.Repeat("这次谷丙转氨酶比上次又高了一些。", 35)))
	if e, ok := errors.AsType[*channels.SendError](err); !ok || e.Kind != channels.Unknown || len(p.messages()) != 1 {
		t.Errorf("error %v, %d messages", err, len(p.messages()))
	}
}

func TestAnErrorThatConcernsTheAccountPausesAllButADanger(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t)
	p.writes()
	p.once(sendPath, answers(45009))
	first := a.Send(t.Context(), answer("一"))
	second := a.Send(t.Context(), answer("二"))
	e, ok := errors.AsType[*channels.SendError](second)
	if first == nil || !ok || e.Kind != channels.Later || e.After <= 0 || e.Operator || len(p.posted(sendPath)) != 1 {
		t.Errorf("the second send: %v after %d calls; want it to wait, and one alarm only", second, len(p.posted(sendPath)))
	}
	danger := answer("马上打120")
	danger.Author, danger.AI, danger.Urgent = bot.AuthorSystem, false, true
	if err := a.Send(t.Context(), danger); err != nil {
		t.Errorf("a danger: %v", err)
	}
	if err := a.Send(t.Context(), answer("三")); err != nil {
		t.Errorf("after a send that went well: %v", err)
	}
}

func TestTypingIsACourtesy(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t)
	const path = "/cgi-bin/message/custom/typing"
	for answer, fails := range map[string]bool{`{"errcode":0}`: false, `{"errcode":45080}`: false, `{"errcode":45081}`: false, `{"errcode":48001}`: true} {
		p.set(path, answer)
		if err := a.Typing(t.Context(), bot.T(theOpenID)); (err != nil) != fails {
			t.Errorf("%s: %v", answer, err)
		}
	}
	if body := p.posted(path)[0]; strings.TrimSpace(body) != `{"touser":"`+theOpenID+`","command":"Typing"}` {
		t.Errorf("posted %s", body)
	}
}

func TestMediaComesUpToALimit(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t)
	p.set("/cgi-bin/media/get", "\xff\xd8\xff"+strings.Repeat("x", 97))
	for limit, whole := range map[int64]bool{100: true, 99: false} {
		body, err := a.Fetch(t.Context(), "m&edia", limit)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(body)
		body.Close()
		if _, large := errors.AsType[*http.MaxBytesError](err); large == whole || int64(len(raw)) > limit {
			t.Errorf("limit %d: %d bytes, %v", limit, len(raw), err)
		}
	}
	p.breaks("/cgi-bin/media/get")
	_, err := a.Fetch(t.Context(), "m", 1)
	if e, ok := errors.AsType[*channels.SendError](err); !ok || e.Kind != channels.Retry {
		t.Errorf("a broken line: %v; fetching again does no harm", err)
	}
}

func TestEveryRowOfTheErrorTableSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	table, err := readErrors()
	if err != nil {
		t.Fatal(err)
	}
	for code, v := range table {
		known := v.Kind == channels.Retry || v.Kind == channels.Later || v.Kind == channels.Never || v.Kind == channels.Hold
		if !known || v.Means == "" || (v.Kind == channels.Later) != (v.After > 0) || v.Closed && v.Kind != channels.Hold || v.Operator && v.Do == "" && code != codeTooLong {
			t.Errorf("code %d: %+v", code, v)
		}
	}
}

func TestNoErrorHoldsWhatWasSentOrToWhom(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	a := p.adapter(t, func(c *Config) {
		c.Notice = Notice{TemplateID: "tpl", Fields: map[string]string{"thing1": "institution"}}
	})
	quoting := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"errcode":41000,"errmsg":"%s %s %s"}`, theToken, theSecret, theOpenID)
	}
	calls := map[string]func() error{
		sendPath:                         func() error { return a.Send(t.Context(), answer("标记MARKER")) },
		"/cgi-bin/message/custom/typing": func() error { return a.Typing(t.Context(), bot.T(theOpenID)) },
		"/cgi-bin/message/template/send": func() error {
			_, err := a.ReportReady(t.Context(), bot.T(theOpenID), channels.ReportNotice{})
			return err
		},
		"/cgi-bin/media/get":       func() error { _, err := a.Fetch(t.Context(), theOpenID, 1); return err },
		"/cgi-bin/menu/create":     func() error { return a.CreateMenu(t.Context()) },
		"/cgi-bin/menu/get":        func() error { _, err := a.CurrentMenu(t.Context()); return err },
		"/cgi-bin/qrcode/create":   func() error { _, err := a.QR(t.Context(), bot.T("标记MARKER"), time.Minute); return err },
		"/sns/oauth2/access_token": func() error { _, err := a.OpenID(t.Context(), "标记MARKER"); return err },
	}
	for path, call := range calls {
		for name, handle := range map[string]http.HandlerFunc{
			"a code": quoting,
			"no answer": func(http.ResponseWriter, *http.Request) {
				p.breaks(path)
				panic(http.ErrAbortHandler)
			},
			"a status": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, theToken, http.StatusBadGateway) },
		} {
			p.once(path, handle)
			err := call()
			if err == nil {
				t.Errorf("%s, %s: no error", path, name)
				continue
			}
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, errors.Unwrap(err))} {
				for _, marker := range []string{theSecret, theToken, theOpenID, "MARKER"} {
					if strings.Contains(text, marker) {
						t.Errorf("%s, %s: %q stands in %s", path, name, marker, text)
					}
				}
			}
		}
	}
}
