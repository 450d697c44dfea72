package reception_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/inbox"
	"careline/bot/jobs"
	"careline/bot/postgres"
	"careline/bot/reception"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/bot/turn"
	"careline/retrieval/embed"
	"careline/retrieval/knowledge"
	"careline/retrieval/labs"
)

// people are everybody's reports. Each chat begins with nobody bound.
const people = `病历号,姓名,性别,出生日期,报告单号,报告名称,报告时间,项目名称,结果,单位,参考范围,提示
ANNA,王小雨,女,1980-03-05,R-1,健康体检,2026-11-20 01:00,谷丙转氨酶(ALT),87,U/L,7-40,↑
MOTHER,李秀英,女,1954-01-01,R-2,肝功能,2026-11-21 01:00,谷丙转氨酶(ALT),31,U/L,7-40,
FATHER,王大山,男,,R-3,肝功能,2026-11-21 01:00,谷丙转氨酶(ALT),33,U/L,7-40,
OLDER,王大宝,男,2015-04-01,R-4,血常规,2026-11-21 01:00,血红蛋白,131,g/L,115-150,
YOUNGER,王小宝,男,2019-04-01,R-5,血常规,2026-11-21 01:00,血红蛋白,121,g/L,115-150,
`

const channel = "wechat"

// world is one hospital with its engine; chats in it follow each other.
type world struct {
	store   *store.Store
	db      *postgres.DB
	receive *inbox.Receiver
	notices *jobs.Notices
	desk    *reception.Desk
	now     time.Time
	number  int
	codes   map[string][2]string // by the name a chat gives them: code and second factor
}

// newWorld makes one; read fills the library, which takes seconds and which only
// answers to questions need.
func newWorld(t *testing.T, read bool) *world {
	t.Helper()
	s, db := storetest.New(t)
	g, err := guard.Load()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := labs.LoadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	embedder := embed.BuiltIn(catalogue.Synonyms())
	library := knowledge.New(db, embedder)
	if read {
		if _, err := library.IndexEmbedded(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := labs.SeedNames(t.Context(), db, catalogue, embedder); err != nil {
			t.Fatal(err)
		}
	}
	engine, err := turn.New(turn.Config{
		Guard: g, Catalogue: catalogue, Finder: labs.NewFinder(db, catalogue, embedder), Library: library,
		Institution: s.Institution, Critical: s.CriticalTable, OnShift: s.OnShift,
	})
	if err != nil {
		t.Fatal(err)
	}
	desk, err := reception.New(reception.Config{Store: s, Guard: g, Next: engine, Channels: []string{channel}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: s, db: db, desk: desk, notices: &jobs.Notices{Store: s, Guard: g}, now: storetest.Now, codes: map[string][2]string{},
		receive: &inbox.Receiver{Store: s, Guard: g, Stated: catalogue.Stated, Critical: s.CriticalTable}}
	parsed, err := labs.Parse(catalogue, "people.csv", strings.NewReader(people), labs.Options{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveImport(t.Context(), storetest.Hospital, operator, parsed, w.now); err != nil {
		t.Fatal(err)
	}
	w.jobs(t)
	return w
}

var operator = bot.Actor{Kind: "operator"}

// code makes a code for a patient under a name.
func (w *world) code(t *testing.T, name, patient string, o store.CodeOptions) {
	t.Helper()
	id, err := w.store.FindPatient(t.Context(), storetest.Hospital, patient)
	if err != nil {
		t.Fatal(err)
	}
	code, factor, _, err := w.store.MakeBindCode(t.Context(), storetest.Hospital, operator, id, o, w.now)
	if err != nil {
		t.Fatal(err)
	}
	w.codes[name] = [2]string{code, factor}
}

// inbound stores what somebody did in the channel.
func (w *world) inbound(t *testing.T, who, kind, text, code string) bot.Conversation {
	t.Helper()
	w.number++
	in := bot.Inbound{Institution: storetest.Hospital, Channel: channel, ExternalID: bot.T(who), ProviderID: fmt.Sprint(w.number), Kind: kind, Text: bot.T(text), Scene: bot.T(code)}
	r, err := w.receive.Receive(t.Context(), in, w.now)
	if err != nil {
		t.Fatal(err)
	}
	if code != "" {
		if err := w.store.BeginBinding(t.Context(), storetest.Hospital, r.Conversation.Account, code, r.Seq, w.now); err != nil {
			t.Fatal(err)
		}
	}
	return r.Conversation
}

// jobs runs the notices that wait.
func (w *world) jobs(t *testing.T) {
	t.Helper()
	var waiting []store.ChatNotice
	err := w.db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `with done as (delete from river.river_job returning id, kind, args) select args from done where kind = 'chat_notice' order by id`)
		if err != nil {
			return err
		}
		waiting, err = pgx.CollectRows(rows, pgx.RowTo[store.ChatNotice])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range waiting {
		if told, err := w.notices.Chat(t.Context(), job, w.now); err != nil || !told {
			t.Fatalf("told %v, %v", told, err)
		}
	}
}

// sent delivers what waits and returns it: who got what.
func (w *world) sent(t *testing.T) (all []string) {
	t.Helper()
	for {
		out, err := w.store.ClaimSend(t.Context(), []store.Sender{{Channel: channel, Again: true}}, "sender", w.now, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if out == nil {
			return all
		}
		if err := w.store.Sent(t.Context(), out, w.now); err != nil {
			t.Fatal(err)
		}
		all = append(all, out.ExternalID.Plain()+" <- "+out.Text.Plain())
	}
}

// answer takes the conversation's turn to its end.
func (w *world) answer(t *testing.T, c bot.Conversation) {
	t.Helper()
	if _, err := jobs.AnswerNow(t.Context(), w.store, w.desk, storetest.Hospital, c.ID, w.now); err != nil {
		t.Fatal(err)
	}
}

// bind binds an account without the chat.
func (w *world) bind(t *testing.T, who, patient string, relation bot.Relation) bot.Conversation {
	t.Helper()
	c, err := w.store.Account(t.Context(), storetest.Hospital, channel, bot.T(who), bot.Chinese, w.now)
	if err != nil {
		t.Fatal(err)
	}
	w.code(t, who, patient, store.CodeOptions{PatientAgreed: true})
	if _, err := w.store.Bind(t.Context(), storetest.Hospital, c.Account, w.codes[who][0], w.codes[who][1], relation, w.now); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Consent(t.Context(), storetest.Hospital, c.Account, bot.PurposeReadReports, "1", w.now); err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	err := w.db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
