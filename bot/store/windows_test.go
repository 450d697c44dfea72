package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

func TestAnAnswerLeavesWhatIsKeptForStaffAndSafety(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二", "三")
	p.shows("一", "二")
	staff := addStaff(t, p.Store, "zhang")
	p.staffReplies(staff, "我是张敏", "请休息", "再见")
	p.shows("我是张敏", "请休息")
	p.at = p.at.Add(time.Minute)
	p.inDanger()
	p.shows("请现在打120", "再见")
}

func TestADangerMayUseTheLastMessageOfAWindow(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二")
	p.shows("一", "二")
	p.staffReplies(addStaff(t, p.Store, "zhang"), "三", "四", "五")
	p.shows("三", "四")
	h := p.c
	why := bot.CaseReason{Level: bot.LevelEmergency, Result: 7, Trigger: bot.Trigger{Level: bot.LevelEmergency, Rule: "critical"}}
	if err := p.CriticalResult(t.Context(), storetest.Hospital, h.ID, why, bot.T("请去急诊"), p.at); err != nil {
		t.Fatal(err)
	}
	p.shows("请去急诊")
	why.Result, p.at = 8, p.at.Add(time.Hour)
	if err := p.CriticalResult(t.Context(), storetest.Hospital, h.ID, why, bot.T("请再去急诊"), p.at); err != nil {
		t.Fatal(err)
	}
	p.shows()
	if got := p.cases(); got != "emergency critical undelivered" {
		t.Errorf("a text about a danger that cannot be sent is told to staff: %q", got)
	}
}

func TestWhatIsParkedGoesFirstWhenThePatientWritesNext(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二", "三")
	p.shows("一", "二")
	p.at = p.at.Add(time.Hour)
	p.writes("还有呢")
	p.answered("四", "五")
	p.shows("三", "四")
	p.at = p.at.Add(time.Hour)
	p.does(bot.MessageMenu)
	p.shows("五")
}

func TestAWindowLastsAsLongAsItsKind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  string
		after time.Duration
		want  []string
	}{
		"a message opens two days":       {bot.MessageText, 48*time.Hour - time.Minute, []string{"一"}},
		"and no more":                    {bot.MessageText, 48 * time.Hour, nil},
		"a tap opens a minute":           {bot.MessageMenu, 50 * time.Second, []string{"一"}},
		"of which a send needs the rest": {bot.MessageMenu, 57 * time.Second, nil},
		"a follow opens a minute":        {bot.MessageFollow, 50 * time.Second, []string{"一"}},
		"a scan opens a minute":          {bot.MessageScan, 2 * time.Minute, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPhone(t)
			if c.kind == bot.MessageText {
				p.writes("血钾高吗")
			} else {
				p.does(c.kind)
			}
			p.answered("一")
			p.at = p.at.Add(c.after)
			p.shows(c.want...)
		})
	}
}

func TestTheWindowThatClosesFirstIsUsedFirst(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.does(bot.MessageMenu)
	p.answered("一", "二", "三", "四")
	p.shows("一", "二", "三")
	if got := strings.Join(lines(t, t, p.db, `select opening || ' ' || used from conversation_windows order by opening`), ", "); got != "tapping 1, writing 2" {
		t.Errorf("windows %q: a tap leaves one message to the assistant", got)
	}
}

func TestAMessageThatComesLateOpensNoWindowAgain(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二")
	p.shows("一", "二")
	p.at = p.at.Add(time.Minute)
	for name, sent := range map[string]time.Time{"sent before the window's": storetest.Now.Add(-time.Second), "sent before what left": storetest.Now} {
		p.gets(bot.Inbound{Kind: bot.MessageText, Text: bot.T("在吗"), Opens: bot.OpenedByWriting, SentAt: sent}, bot.Trigger{})
		if used := p.number(t, `select used from conversation_windows`); used != 2 {
			t.Errorf("%s: %d used, want 2", name, used)
		}
	}
	p.gets(bot.Inbound{Kind: bot.MessageText, Text: bot.T("在吗"), Opens: bot.OpenedByWriting, SentAt: p.at.Add(-time.Second)}, bot.Trigger{})
	if used := p.number(t, `select used from conversation_windows`); used != 0 {
		t.Errorf("sent after: %d used, want 0", used)
	}
}

func TestWhatLeftSinceAMessageWasSentCountsInItsWindow(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二")
	p.at = p.at.Add(time.Minute)
	p.shows("一", "二")
	p.gets(bot.Inbound{Kind: bot.MessageText, Text: bot.T("在吗"), Opens: bot.OpenedByWriting, SentAt: p.at.Add(-time.Second)}, bot.Trigger{})
	p.answered("三")
	p.shows()
}

func TestAnAnswerIsNotParkedForWhatLeftInTheSecondOfTheQuestion(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二")
	p.at = p.at.Add(time.Minute)
	p.shows("一", "二")
	p.at = p.at.Add(400 * time.Millisecond)
	p.gets(bot.Inbound{Kind: bot.MessageText, Text: bot.T("在吗"), Opens: bot.OpenedByWriting, SentAt: p.at.Truncate(time.Second)}, bot.Trigger{})
	p.answered("三", "四")
	p.shows("三", "四")
}

func TestOnlyAPartThatIsKnownNotToHaveArrivedGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settle func(*phone, *bot.Outbound) error
		used   int64
	}{
		"retry":   {func(p *phone, out *bot.Outbound) error { return p.Retry(t.Context(), out, "retry", p.at, p.at) }, 0},
		"failed":  {func(p *phone, out *bot.Outbound) error { return p.Failed(t.Context(), out, "never", p.at) }, 0},
		"unknown": {func(p *phone, out *bot.Outbound) error { return p.Unsure(t.Context(), out, "unknown", p.at) }, 1},
		"repeat":  {func(p *phone, out *bot.Outbound) error { return p.Repeat(t.Context(), out, "unknown", p.at, p.at) }, 1},
		"held":    {func(p *phone, out *bot.Outbound) error { return p.Held(t.Context(), out, "hold", false, p.at) }, 1},
		"sent":    {func(p *phone, out *bot.Outbound) error { return p.Sent(t.Context(), out, p.at) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t)
			p.writes("血钾高吗")
			p.answered("一")
			if err := c.settle(p, p.claims()); err != nil {
				t.Fatal(err)
			}
			if used := p.number(t, `select used from conversation_windows`); used != c.used {
				t.Errorf("%d used, want %d", used, c.used)
			}
		})
	}
}

func TestAWindowTheChannelCallsClosedIsClosedAndStaffAreTold(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二")
	if err := p.Held(t.Context(), p.claims(), "hold", true, p.at); err != nil {
		t.Fatal(err)
	}
	p.shows()
	if got := p.cases(); got != "review undelivered undelivered" {
		t.Errorf("cases %q", got)
	}
	p.at = p.at.Add(time.Minute)
	p.writes("在吗")
	p.shows("一", "二")
}

func TestOfTwoWorkersOneUsesAPlaceInTheWindow(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二", "三", "四")
	var group sync.WaitGroup
	var mu sync.Mutex
	flying, sent := 0, 0
	for range 8 {
		group.Go(func() {
			for range 20 {
				out, err := p.ClaimSend(t.Context(), []store.Sender{wechat}, "racer", p.at, lease)
				if err != nil {
					t.Error(err)
					return
				}
				if out == nil {
					continue
				}
				mu.Lock()
				flying++
				if flying > 1 {
					t.Error("two parts of one conversation are on their way")
				}
				mu.Unlock()
				time.Sleep(time.Millisecond)
				mu.Lock()
				flying, sent = flying-1, sent+1
				mu.Unlock()
				if err := p.Sent(t.Context(), out, p.at); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if sent != 2 {
		t.Errorf("%d parts left, the window has room for 2", sent)
	}
}

func TestPartsKeepTheirPaceAndTheirOrderWhileOneIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二")
	first := p.claims()
	if err := p.Retry(t.Context(), first, "retry", p.at.Add(time.Second), p.at); err != nil {
		t.Fatal(err)
	}
	p.shows()
	p.at = p.at.Add(time.Second)
	slow := wechat
	slow.Pace = 500 * time.Millisecond
	for i, want := range []string{"一", "", "二"} {
		out, err := p.ClaimSend(t.Context(), []store.Sender{slow}, "sender", p.at, lease)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if out != nil {
			got = out.Text.Plain()
			if err := p.Sent(t.Context(), out, p.at); err != nil {
				t.Fatal(err)
			}
		}
		if got != want {
			t.Errorf("step %d: %q, want %q", i, got, want)
		}
		p.at = p.at.Add(300 * time.Millisecond)
	}
}

func TestAConversationThatMustWaitHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二")
	if err := p.Retry(t.Context(), p.claims(), "retry", p.at.Add(time.Minute), p.at); err != nil {
		t.Fatal(err)
	}
	in := bot.Inbound{Institution: storetest.Hospital, Channel: "wechat", ExternalID: bot.T("bert"), ProviderID: "b1", Kind: bot.MessageText, Text: bot.T("在吗"), Opens: bot.OpenedByWriting}
	if _, err := p.Receive(t.Context(), in, bot.Trigger{}, nil, p.at); err != nil {
		t.Fatal(err)
	}
	p.answered("在的")
	p.shows("在的")
}

func TestAPartSaysWhatStandsBehindIt(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一", "二", "三")
	for _, want := range []bool{false, true} {
		out := p.claims()
		if out.More != want || out.Urgent {
			t.Errorf("%s: more %v, urgent %v", out.Text.Plain(), out.More, out.Urgent)
		}
		if err := p.Sent(t.Context(), out, p.at); err != nil {
			t.Fatal(err)
		}
	}
	p.inDanger()
	if out := p.claims(); out == nil || !out.Urgent || out.More || out.Full {
		t.Errorf("%+v", out)
	}
}

func TestALongAnswerIsCutAndWhatIsMoreThanFitsWaitsForTheNextMessage(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.Channels["wechat"] = store.Channel{Windows: wechat.Windows, Parts: 1, Split: func(text bot.Text) (parts []bot.Text) {
		for _, r := range text.Plain() {
			parts = append(parts, bot.T(string(r)))
		}
		return parts
	}}
	p.writes("血钾高吗")
	p.answered("一二三")
	p.shows("一")
	p.staffReplies(addStaff(t, p.Store, "zhang"), "好的")
	p.shows("好", "的")
	p.at = p.at.Add(time.Minute)
	p.writes("还有呢")
	p.shows()
	if n := p.number(t, `select count(*) from outbox where state = 'suppressed'`); n != 2 {
		t.Errorf("%d parts of the assistant are suppressed after a person took over, want 2", n)
	}
}

func TestACutThatChangesTheTextIsNotMade(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.Channels["wechat"] = store.Channel{Windows: wechat.Windows, Split: func(bot.Text) []bot.Text { return []bot.Text{bot.T("多吃"), bot.T("药")} }}
	p.writes("血钾高吗")
	p.answered("在参考范围内")
	p.shows("在参考范围内")
}
