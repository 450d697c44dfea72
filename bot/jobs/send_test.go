package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/postgres"
	"careline/bot/store/storetest"
	"careline/channels"
)

// line is a channel whose fate the test decides.
type line struct {
	limits channels.Limits
	fails  func(bot.Outbound) error
	came   []string
}

func (l *line) Name() string            { return "wechat" }
func (l *line) Limits() channels.Limits { return l.limits }
func (l *line) Send(_ context.Context, out bot.Outbound) error {
	if err := l.fails(out); err != nil {
		return err
	}
	l.came = append(l.came, out.Text.Plain())
	return nil
}

// office is a runner that is moved by hand, on a clock of its own.
type office struct {
	*jobs.Runner
	t   *testing.T
	db  *postgres.DB
	at  time.Time
	log bytes.Buffer
}

func newOffice(t *testing.T, adapter channels.Adapter, d jobs.Decider) *office {
	t.Helper()
	s, db := storetest.New(t)
	s.Channels = jobs.ChannelRules([]channels.Adapter{adapter})
	o := &office{t: t, db: db, at: storetest.Now}
	o.Runner = jobs.New(jobs.Config{DB: db, Store: s, Decider: d, Adapters: []channels.Adapter{adapter},
		Now: func() time.Time { return o.at }, Log: slog.New(slog.NewTextHandler(&o.log, nil))})
	return o
}

func (o *office) receive(who, provider, text string, level bot.Level) {
	o.t.Helper()
	in := bot.Inbound{Institution: storetest.Hospital, Channel: "wechat", ExternalID: bot.T(who), ProviderID: provider, Kind: bot.MessageText, Text: bot.T(text), Opens: bot.OpenedByWriting}
	var urgent []bot.Text
	if level.Urgent() {
		urgent = []bot.Text{bot.T("请现在打120")}
	}
	if _, err := o.Store.Receive(o.t.Context(), in, bot.Trigger{Level: level, Rule: "T0"}, urgent, o.at); err != nil {
		o.t.Fatal(err)
	}
}

// work lets the time pass second by second.
func (o *office) work(over time.Duration) {
	o.t.Helper()
	for end := o.at.Add(over); o.at.Before(end); o.at = o.at.Add(time.Second) {
		for _, one := range []func(context.Context) (bool, error){o.AnswerOne, o.SendOne} {
			for worked := true; worked; {
				var err error
				if worked, err = one(o.t.Context()); err != nil {
					o.t.Fatal(err)
				}
			}
		}
	}
}

func (o *office) read(sql string) (all []string) {
	o.t.Helper()
	err := o.db.InRead(o.t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		rows, err := tx.Query(o.t.Context(), sql)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// twoDays are the windows of a message.
var twoDays = []bot.Window{{Opening: bot.OpenedByWriting, For: 48 * time.Hour, Messages: 5, ForStaff: 2, ForSafety: 1}}

func TestWhatASendErrorDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		urgent bool
		tries  int    // within a minute
		state  string // after it
		case_  string
	}{
		"retry backs off":                        {&channels.SendError{Kind: channels.Retry}, false, 4, "queued", ""},
		"later waits":                            {&channels.SendError{Kind: channels.Later, After: 40 * time.Second}, false, 2, "queued", ""},
		"never is told to staff":                 {&channels.SendError{Kind: channels.Never}, false, 1, "failed", "review undelivered"},
		"hold parks":                             {&channels.SendError{Kind: channels.Hold}, false, 1, "held", ""},
		"a closed window is told to staff":       {&channels.SendError{Kind: channels.Hold, Closed: true}, false, 1, "held", "review undelivered"},
		"unknown is not sent again":              {&channels.SendError{Kind: channels.Unknown}, false, 1, "unknown", ""},
		"another error is unknown":               {errors.New("cut off"), false, 1, "unknown", ""},
		"a danger is sent again when unknown":    {&channels.SendError{Kind: channels.Unknown}, true, 3, "held", "emergency undelivered"},
		"a danger that cannot be sent is a case": {&channels.SendError{Kind: channels.Never}, true, 1, "failed", "emergency undelivered"},
		"the operator's fault rests the channel": {&channels.SendError{Kind: channels.Retry, Operator: true, After: time.Hour, Err: errors.New("48001")}, false, 1, "queued", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			l := &line{fails: func(bot.Outbound) error { tries++; return c.err }}
			l.limits.Windows = []bot.Window{{Opening: bot.OpenedByWriting, For: 48 * time.Hour, Messages: 3, ForStaff: 1, ForSafety: 1}}
			o := newOffice(t, l, echo{})
			level := bot.LevelNone
			if c.urgent {
				level = bot.LevelEmergency
			}
			o.receive("anna", "m1", "血钾高吗", level)
			o.work(time.Minute)
			if got := strings.Join(o.read(`select state from outbox`), ","); tries != c.tries || got != c.state {
				t.Errorf("%d tries, then %s; want %d, then %s", tries, got, c.tries, c.state)
			}
			got := o.read(`select k.level || ' ' || e.rule from cases k join case_events e on e.case_id = k.id order by e.id desc limit 1`)
			if strings.Join(got, ",") != c.case_ {
				t.Errorf("case %q, want %q", got, c.case_)
			}
			if alarm := strings.Contains(o.log.String(), "level=ERROR"); alarm != strings.HasPrefix(name, "the operator") {
				t.Errorf("log %s", o.log.String())
			}
		})
	}
}

func TestNothingIsLostWhileAChannelIsDownForAnHour(t *testing.T) {
	t.Parallel()
	l := &line{limits: channels.Limits{Windows: twoDays}}
	o := newOffice(t, l, echo{})
	up := o.at.Add(time.Hour)
	l.fails = func(bot.Outbound) error {
		if o.at.Before(up) {
			return &channels.SendError{Kind: channels.Retry, Err: errors.New("refused")}
		}
		return nil
	}
	o.receive("anna", "m1", "一", bot.LevelNone)
	o.work(10 * time.Second)
	o.receive("anna", "m2", "二", bot.LevelNone)
	o.receive("bert", "m1", "胸口疼", bot.LevelEmergency)
	o.work(10 * time.Second)
	o.at = up.Add(-time.Second)
	o.work(9 * time.Minute)
	if got := strings.Join(l.came, "|"); strings.Index(got, "一") > strings.Index(got, "二") || len(l.came) != 3 {
		t.Errorf("came %q", got)
	}
	if used := o.read(`select w.used::text from conversation_windows w order by conversation_id`); strings.Join(used, ",") != "2,1" {
		t.Errorf("used %q: what was refused costs nothing", used)
	}
}

func TestWhatWasAcceptedBeforeARestartIsSentAfterIt(t *testing.T) {
	t.Parallel()
	l := &line{limits: channels.Limits{Windows: twoDays}, fails: func(bot.Outbound) error { return nil }}
	first := newOffice(t, l, echo{})
	first.receive("anna", "m1", "血钾高吗", bot.LevelNone)
	first.receive("bert", "m1", "胸口疼", bot.LevelEmergency)
	first.at = first.at.Add(10 * time.Second)
	if _, err := first.AnswerOne(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := &office{t: t, db: first.db, at: first.at}
	second.Runner = jobs.New(jobs.Config{DB: first.db, Store: first.Store, Decider: echo{}, Adapters: []channels.Adapter{l}, Now: func() time.Time { return second.at }})
	second.work(2 * time.Second)
	if got := strings.Join(l.came, "|"); got != "请现在打120|血钾高吗" {
		t.Errorf("came %q", got)
	}
}
