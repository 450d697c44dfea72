package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

const lease = 5 * time.Second

func inbound(who, provider, text string) bot.Inbound {
	return bot.Inbound{Institution: storetest.Hospital, Channel: "webchat", ExternalID: bot.T(who), ProviderID: provider, Kind: "text", Text: bot.T(text)}
}

func receive(t *testing.T, s *store.Store, in bot.Inbound, at time.Time) store.Received {
	t.Helper()
	r, err := s.Receive(t.Context(), in, bot.Trigger{}, nil, at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func explain(text string) bot.Decision {
	return bot.Decision{Kind: bot.AnswerExplain, Author: bot.AuthorAssistant, Parts: []bot.Text{bot.T(text)}, Released: []bot.Hash{bot.HashOf(bot.T(text))}, Language: bot.Chinese, Verdict: bot.VerdictComposed, Composed: true, DecidedAt: storetest.Now}
}

func claim(t *testing.T, s *store.Store, at time.Time) *bot.Turn {
	t.Helper()
	turn, err := s.ClaimTurn(t.Context(), "worker", at, lease)
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

func sendAll(t *testing.T, s *store.Store, at time.Time) (sent []string) {
	t.Helper()
	for {
		out, err := s.ClaimSend(t.Context(), []store.Sender{{Channel: "webchat", Again: true}}, "sender", at, lease)
		if err != nil {
			t.Fatal(err)
		}
		if out == nil {
			return sent
		}
		sent = append(sent, out.Text.Plain())
		if err := s.Sent(t.Context(), out, at); err != nil {
			t.Fatal(err)
		}
	}
}

func timeline(t *testing.T, s *store.Store, c bot.ConversationID) (lines []string) {
	t.Helper()
	line, err := s.Timeline(t.Context(), storetest.Hospital, c, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range line.Messages {
		if m.Number != int64(i+1) {
			t.Errorf("message %d has number %d", i+1, m.Number)
		}
		lines = append(lines, string(m.Author)+": "+m.Text.Plain())
	}
	return lines
}

func TestABurstIsOneTurnAndDeliveredTwiceIsStoredOnce(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	at := storetest.Now
	first := receive(t, s, inbound("anna", "m1", "血钾"), at)
	again := receive(t, s, inbound("anna", "m1", "血钾"), at)
	if first.Duplicate || !again.Duplicate {
		t.Fatalf("duplicates: %v, %v", first.Duplicate, again.Duplicate)
	}
	if claim(t, s, at.Add(2*time.Second)) != nil {
		t.Fatal("the burst was taken before it was quiet")
	}
	receive(t, s, inbound("anna", "m2", "高吗"), at.Add(2*time.Second))
	if claim(t, s, at.Add(3*time.Second)) != nil {
		t.Fatal("a newer message did not extend the burst")
	}
	turn := claim(t, s, at.Add(5*time.Second))
	if turn == nil || len(turn.Messages) != 2 || turn.Messages[1].Text.Plain() != "高吗" {
		t.Fatalf("turn: %+v", turn)
	}
	if _, err := s.Finish(t.Context(), turn, explain("在参考范围内"), at); err != nil {
		t.Fatal(err)
	}
	if got := sendAll(t, s, at.Add(5*time.Second)); len(got) != 1 {
		t.Fatalf("sent %v", got)
	}
	want := "patient: 血钾|patient: 高吗|assistant: 在参考范围内"
	if got := strings.Join(timeline(t, s, first.Conversation.ID), "|"); got != want {
		t.Errorf("timeline %q, want %q", got, want)
	}
}

func TestABurstIsAnsweredAtTheLatestAfterItsLimit(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	for i := range 8 {
		receive(t, s, inbound("anna", fmt.Sprint(i), "还有"), storetest.Now.Add(time.Duration(i)*time.Second))
	}
	if claim(t, s, storetest.Now.Add(7900*time.Millisecond)) != nil {
		t.Fatal("taken before the limit")
	}
	if claim(t, s, storetest.Now.Add(8*time.Second)) == nil {
		t.Fatal("not due at the limit")
	}
}

func TestADecisionIsRefusedWhenTheWorldMovedOn(t *testing.T) {
	t.Parallel()
	cases := map[string]func(t *testing.T, s *store.Store, turn *bot.Turn, at time.Time){
		"a newer message arrived": func(t *testing.T, s *store.Store, _ *bot.Turn, at time.Time) {
			receive(t, s, inbound("anna", "m2", "等等"), at)
		},
		"an emergency raised the epoch": func(t *testing.T, s *store.Store, _ *bot.Turn, at time.Time) {
			emergency(t, s, "m2", at)
		},
		"somebody else holds the turn": func(t *testing.T, s *store.Store, _ *bot.Turn, at time.Time) {
			if other, err := s.ClaimTurn(t.Context(), "another", at.Add(2*lease), lease); err != nil || other == nil {
				t.Fatalf("the lease did not end: %v", err)
			}
		},
		"a person took over": func(t *testing.T, s *store.Store, turn *bot.Turn, at time.Time) {
			staff := addStaff(t, s, "zhang")
			if err := s.Reply(t.Context(), storetest.Hospital, turn.Conversation.ID, staff, bot.T("我来看"), "k", 1, bot.Text{}, at); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, happens := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := storetest.New(t)
			at := storetest.Now
			receive(t, s, inbound("anna", "m1", "血钾高吗"), at)
			turn := claim(t, s, at.Add(3*time.Second))
			happens(t, s, turn, at.Add(4*time.Second))
			if _, err := s.Finish(t.Context(), turn, explain("不高"), at.Add(5*time.Second)); bot.KindOf(err) != bot.KindConflict {
				t.Fatalf("got %v", err)
			}
			for _, text := range sendAll(t, s, at.Add(30*time.Second)) {
				if text == "不高" {
					t.Error("the stale answer was sent")
				}
			}
		})
	}
}

func emergency(t *testing.T, s *store.Store, provider string, at time.Time) store.Received {
	t.Helper()
	r, err := s.Receive(t.Context(), inbound("anna", provider, "胸口疼得喘不上气"), bot.Trigger{Level: bot.LevelEmergency, Rule: "T0", Term: "chest", Start: 0, End: 9}, []bot.Text{bot.T("请现在打120")}, at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnEmergencySendsItsTextOnceOpensACaseAndDropsTheQueuedAnswer(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	at := storetest.Now
	receive(t, s, inbound("anna", "m1", "血钾高吗"), at)
	turn := claim(t, s, at.Add(3*time.Second))
	if _, err := s.Finish(t.Context(), turn, explain("不高"), at); err != nil {
		t.Fatal(err)
	}
	r := emergency(t, s, "m2", at.Add(4*time.Second))
	emergency(t, s, "m3", at.Add(5*time.Second))
	if got := strings.Join(sendAll(t, s, at.Add(6*time.Second)), "|"); got != "请现在打120" {
		t.Errorf("sent %q", got)
	}
	cases, err := s.Cases(t.Context(), storetest.Hospital, false)
	if err != nil || len(cases) != 1 || cases[0].Level != bot.LevelEmergency || cases[0].Conversation != r.Conversation.ID {
		t.Fatalf("cases %+v, %v", cases, err)
	}
	emergency(t, s, "m4", at.Add(15*time.Minute))
	if got := sendAll(t, s, at.Add(16*time.Minute)); len(got) != 1 {
		t.Errorf("after ten minutes the text is said again, got %v", got)
	}
}

func addStaff(t *testing.T, s *store.Store, login string) bot.Staff {
	t.Helper()
	staff := bot.Staff{Institution: storetest.Hospital, Login: login, Name: bot.T("张敏 " + login), Role: bot.RoleClinician}
	id, err := s.AddStaff(t.Context(), bot.Actor{Kind: "operator"}, staff, "a long enough sentence", storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	staff.ID = id
	return staff
}

func TestOfTwoWhoRaceForACaseOneWinsAndTheOtherSeesWho(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	emergency(t, s, "m1", storetest.Now)
	cases, err := s.Cases(t.Context(), storetest.Hospital, false)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	won, told := 0, 0
	var group sync.WaitGroup
	for i := range 4 {
		staff := addStaff(t, s, fmt.Sprintf("staff%d", i))
		group.Go(func() {
			err := s.Claim(t.Context(), storetest.Hospital, cases[0].ID, staff, bot.T("张敏来看您的报告了"), storetest.Now)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case bot.KindOf(err) == bot.KindConflict && strings.Contains(err.(*bot.Error).Person, "张敏 staff"):
				told++
			default:
				t.Errorf("claim: %v", err)
			}
		})
	}
	group.Wait()
	if won != 1 || told != 3 {
		t.Errorf("%d won, %d were told", won, told)
	}
}

func TestAHumanOwnedConversationIsStoredAndNotAnsweredByTheAssistant(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	at := storetest.Now
	r := receive(t, s, inbound("anna", "m1", "我要找人工"), at)
	if err := s.RequestHuman(t.Context(), storetest.Hospital, r.Conversation.ID, bot.T("已经转给值班人员"), at); err != nil {
		t.Fatal(err)
	}
	staff := addStaff(t, s, "zhang")
	cases, _ := s.Cases(t.Context(), storetest.Hospital, false)
	if err := s.Claim(t.Context(), storetest.Hospital, cases[0].ID, staff, bot.T("健康管理师来了"), at); err != nil {
		t.Fatal(err)
	}
	receive(t, s, inbound("anna", "m2", "在吗"), at.Add(time.Second))
	if claim(t, s, at.Add(time.Minute)) != nil {
		t.Error("the assistant took a turn of a person's conversation")
	}
	if err := s.Reply(t.Context(), storetest.Hospital, r.Conversation.ID, staff, bot.T("在的"), "k1", 2, bot.Text{}, at); bot.KindOf(err) != bot.KindConflict {
		t.Errorf("a reply to an outdated conversation: %v", err)
	}
	for range 2 {
		if err := s.Reply(t.Context(), storetest.Hospital, r.Conversation.ID, staff, bot.T("在的"), "k1", 9, bot.Text{}, at); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(sendAll(t, s, at.Add(time.Minute)), "|"); got != "已经转给值班人员|在的" {
		t.Errorf("sent %q", got)
	}
	if err := s.GiveBack(t.Context(), storetest.Hospital, cases[0].ID, staff, bot.T("助手接着回答您"), at); err != nil {
		t.Fatal(err)
	}
	receive(t, s, inbound("anna", "m3", "谢谢"), at.Add(2*time.Minute))
	if claim(t, s, at.Add(3*time.Minute)) == nil {
		t.Error("the assistant does not answer after the conversation was given back")
	}
}

func TestAnEmergencyCannotBeGivenBackAndItsLevelFallsWhenItIsClosed(t *testing.T) {
	t.Parallel()
	s, _ := storetest.New(t)
	at := storetest.Now
	r := emergency(t, s, "m1", at)
	staff := addStaff(t, s, "zhang")
	cases, _ := s.Cases(t.Context(), storetest.Hospital, false)
	if err := s.GiveBack(t.Context(), storetest.Hospital, cases[0].ID, staff, bot.Text{}, at); bot.KindOf(err) != bot.KindConflict {
		t.Fatalf("given back: %v", err)
	}
	if err := s.Close(t.Context(), storetest.Hospital, cases[0].ID, staff, "reached", bot.T("这件事已经处理好了"), at); err != nil {
		t.Fatal(err)
	}
	line, err := s.Timeline(t.Context(), storetest.Hospital, r.Conversation.ID, 0, 10)
	if err != nil || line.Conversation.Level != bot.LevelNone || !line.Conversation.Owner.Bot() {
		t.Errorf("after closing: %+v, %v", line.Conversation, err)
	}
}

func TestASendThatDiedIsRepeatedOnlyWhereItShowsOnce(t *testing.T) {
	t.Parallel()
	for again, want := range map[bool]int{true: 1, false: 0} {
		s, _ := storetest.New(t)
		at := storetest.Now
		receive(t, s, inbound("anna", "m1", "血钾高吗"), at)
		if _, err := s.Finish(t.Context(), claim(t, s, at.Add(3*time.Second)), explain("不高"), at); err != nil {
			t.Fatal(err)
		}
		senders := []store.Sender{{Channel: "webchat", Again: again}}
		if out, err := s.ClaimSend(t.Context(), senders, "dies", at, lease); err != nil || out == nil {
			t.Fatalf("%v, %v", out, err)
		}
		sent := 0
		for range 3 {
			out, err := s.ClaimSend(t.Context(), senders, "lives", at.Add(time.Minute), lease)
			if err != nil {
				t.Fatal(err)
			}
			if out != nil {
				sent++
				if err := s.Sent(t.Context(), out, at); err != nil {
					t.Fatal(err)
				}
			}
		}
		if sent != want {
			t.Errorf("with again=%v it was sent %d times after the crash, want %d", again, sent, want)
		}
	}
}

func TestNamesPhonesAndOpenidsAreSealed(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	receive(t, s, inbound("openid-of-anna", "m1", "hello"), storetest.Now)
	addStaff(t, s, "zhang")
	err := db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		for _, sql := range []string{`select external_enc || external_hash from accounts`, `select name_enc from staff`} {
			var raw []byte
			if err := tx.QueryRow(t.Context(), sql).Scan(&raw); err != nil {
				return err
			}
			if strings.Contains(string(raw), "anna") || strings.Contains(string(raw), "张敏") {
				t.Errorf("%s shows plain text", sql)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	other := storetest.On(t, db, storetest.Keys(t))
	if _, err := other.StaffNames(t.Context(), storetest.Hospital); err == nil || !strings.Contains(err.Error(), "decrypt staff.name") {
		t.Errorf("another key file opened the names: %v", err)
	}
}
