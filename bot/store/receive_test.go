package store_test

import (
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store/storetest"
)

func TestAMessageThatCameBeforeChangesNothingButTheCursor(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	in := bot.Inbound{ProviderID: "m1", Kind: bot.MessageImage, Media: "media-1", Scene: bot.T("ABCD2345"), Opens: bot.OpenedByWriting, Cursor: &bot.Cursor{Account: "kf", Value: "1"}}
	p.gets(in, bot.Trigger{})
	p.answered("一", "二", "三")
	p.shows("一", "二")
	rows := `select (select count(*) from inbox)::text || (select count(*) from attachments) || (select count(*) from pending_bindings) || (select used from conversation_windows) || (select count(*) from outbox where state = 'held')
		|| (select count(*) from turn_queue where due is not null)`
	before := lines(t, t, p.db, rows)
	p.at = p.at.Add(time.Hour)
	in.Cursor.Value = "2"
	if r := p.gets(in, bot.Trigger{}); !r.Duplicate {
		t.Error("not a duplicate")
	}
	if after := lines(t, t, p.db, rows); before[0] != "111210" || after[0] != before[0] {
		t.Errorf("before %v, after %v", before, after)
	}
	if cursor, err := p.Cursor(t.Context(), storetest.Hospital, "wechat", "kf"); err != nil || cursor != "2" {
		t.Errorf("cursor %q, %v", cursor, err)
	}
}

func TestACursorIsKeptForPagesWithoutMessages(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	for _, want := range []string{"", "1", "2"} {
		if want != "" {
			if err := h.SaveCursor(t.Context(), storetest.Hospital, "wecom", bot.Cursor{Account: "kf", Value: want}, storetest.Now); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := h.Cursor(t.Context(), storetest.Hospital, "wecom", "kf"); err != nil || got != want {
			t.Errorf("cursor %q, %v, want %q", got, err, want)
		}
	}
}

func TestATextAboutADangerIsReturnedUntilItIsKnownToHaveArrived(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	if r := p.inDanger(); len(r.Urgent) != 1 || r.Urgent[0] != bot.T("请现在打120") {
		t.Errorf("urgent %v", r.Urgent)
	}
	again := bot.Inbound{ProviderID: "m1", Kind: bot.MessageText, Text: bot.T("胸口疼"), Opens: bot.OpenedByWriting}
	if r := p.gets(again, bot.Trigger{Level: bot.LevelEmergency}, bot.T("请现在打120")); !r.Duplicate || len(r.Urgent) != 1 {
		t.Errorf("delivered again before it was sent: %+v", r)
	}
	p.shows("请现在打120")
	if r := p.gets(again, bot.Trigger{Level: bot.LevelEmergency}, bot.T("请现在打120")); !r.Duplicate || len(r.Urgent) != 0 {
		t.Errorf("delivered again after it was sent: %+v", r)
	}
	p.shows()
	if r := p.inDanger(); len(r.Urgent) != 0 {
		t.Errorf("the same danger a moment later is not told again: %v", r.Urgent)
	}
}

func TestEventsAreDueAtOnceAndWordsWhenTheyAreQuiet(t *testing.T) {
	t.Parallel()
	for kind, quiet := range map[string]bool{
		bot.MessageText: true, bot.MessageImage: true, bot.MessageVoice: true, bot.MessageLink: true,
		bot.MessageMenu: false, bot.MessageFollow: false, bot.MessageScan: false,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := newPhone(t)
			p.writes("还有")
			p.does(kind)
			if turn := claim(t, p.Store, p.at); (turn == nil) != quiet {
				t.Errorf("due at once: %v", turn != nil)
			}
		})
	}
}

func TestAScanBeginsABindingWithTheCodesHash(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.gets(bot.Inbound{Kind: bot.MessageScan, Scene: bot.T("ABCD2345"), Opens: bot.OpenedByTapping}, bot.Trigger{})
	p.gets(bot.Inbound{Kind: bot.MessageScan, Scene: bot.T("WXYZ6789"), Opens: bot.OpenedByTapping}, bot.Trigger{})
	if got := lines(t, t, p.db, `select step || ' ' || seq from pending_bindings`); strings.Join(got, ",") != "relation 2" {
		t.Errorf("pending %q", got)
	}
	if n := p.number(t, `select count(*) from pending_bindings where position('WXYZ6789' in encode(code_hash, 'escape')) > 0`) + p.number(t, `select count(*) from inbox where text <> ''`); n != 0 {
		t.Error("the code is kept in the clear")
	}
}

func TestWhileAServicerAnswersElsewhereTheAssistantIsSilent(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.writes("血钾高吗")
	p.answered("一")
	p.writes("我要找人")
	set := func(elsewhere bool) {
		t.Helper()
		if err := p.SetElsewhere(t.Context(), storetest.Hospital, "wechat", bot.T("anna"), elsewhere, bot.T("换人了"), p.at); err != nil {
			t.Fatal(err)
		}
	}
	set(true)
	set(true)
	p.shows()
	if r := p.writes("在吗"); r.Conversation.Owner.Bot() || !r.Conversation.Owner.Elsewhere || r.Conversation.Epoch != 1 {
		t.Errorf("owner %+v, epoch %d", r.Conversation.Owner, r.Conversation.Epoch)
	}
	if claim(t, p.Store, p.at.Add(time.Minute)) != nil {
		t.Error("the assistant took a turn")
	}
	if err := p.RepliedElsewhere(t.Context(), storetest.Hospital, "wechat", bot.T("anna"), p.at); err != nil {
		t.Fatal(err)
	}
	p.writes("谢谢")
	set(false)
	turn := claim(t, p.Store, p.at)
	if turn == nil || len(turn.Messages) != 1 || turn.Messages[0].Text.Plain() != "谢谢" {
		t.Errorf("what the servicer did not answer is due: %+v", turn)
	}
	if got := strings.Join(timeline(t, p.Store, p.c.ID), "|"); strings.Count(got, "换人了") != 2 {
		t.Errorf("timeline %q", got)
	}
}
