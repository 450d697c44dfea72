package turn_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/inbox"
	"careline/bot/jobs"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/bot/turn"
	"careline/retrieval/embed"
	"careline/retrieval/knowledge"
	"careline/retrieval/labs"
)

var update = flag.Bool("update", false, "write what was answered into the case files")

// TestAnswers takes each file of testdata/answers through the whole path: results
// are imported, the questions received one by one, and each turn's answer must be
// the one in the file. A file holds results.csv, a section "patient" (relation,
// "unbound" or "no consent"), and sections "ask 1", "answer 1", "ask 2" …
func TestAnswers(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/answers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			file, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c := newCase(t, file)
			for i, f := range file.Files {
				number, asks := strings.CutPrefix(f.Name, "ask ")
				if !asks {
					continue
				}
				got := c.ask(t, strings.TrimSpace(string(f.Data)))
				if *update {
					file = withAnswer(file, i, number, got)
					continue
				}
				if want := section(file, "answer "+number); cmp.Diff(want, got) != "" {
					t.Errorf("ask %s: (-want +got)\n%s", number, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(file), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func withAnswer(a *txtar.Archive, _ int, number, got string) *txtar.Archive {
	for i, f := range a.Files {
		if f.Name == "answer "+number {
			a.Files[i].Data = []byte(got)
		}
	}
	return a
}

// answering is one case's system and person.
type answering struct {
	receive *inbox.Receiver
	engine  *turn.Engine
	who     bot.Text
	now     time.Time
	asked   int
}

func newCase(t *testing.T, file *txtar.Archive) *answering {
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
	if _, err := library.IndexEmbedded(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := labs.SeedNames(t.Context(), db, catalogue, embedder); err != nil {
		t.Fatal(err)
	}
	engine, err := turn.New(turn.Config{
		Guard: g, Catalogue: catalogue, Finder: labs.NewFinder(db, catalogue, embedder), Library: library,
		Institution: s.Institution, Critical: s.CriticalTable, OnShift: s.OnShift,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &answering{engine: engine, who: bot.T("anna"), now: storetest.Now,
		receive: &inbox.Receiver{Store: s, Guard: g, Stated: catalogue.Stated, Critical: s.CriticalTable}}
	conversation, err := s.Account(t.Context(), storetest.Hospital, "webchat", c.who, bot.Chinese, c.now)
	if err != nil {
		t.Fatal(err)
	}
	patient := strings.TrimSpace(section(file, "patient"))
	if patient != "no consent" {
		if err := s.Consent(t.Context(), storetest.Hospital, conversation.Account, bot.PurposeReadReports, "1", c.now); err != nil {
			t.Fatal(err)
		}
	}
	if section(file, "results.csv") == "" {
		return c
	}
	parsed, err := labs.Parse(catalogue, "results.csv", strings.NewReader(section(file, "results.csv")), labs.Options{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveImport(t.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, parsed, c.now); err != nil {
		t.Fatal(err)
	}
	for i, relation := range strings.Fields(strings.TrimPrefix(patient, "no consent")) {
		id, err := s.FindPatient(t.Context(), storetest.Hospital, fmt.Sprintf("T-%d", i+1))
		if err != nil {
			t.Fatal(err)
		}
		code, factor, _, err := s.MakeBindCode(t.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, id, store.CodeOptions{PatientAgreed: true}, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Bind(t.Context(), storetest.Hospital, conversation.Account, code, factor, bot.Relation(relation), c.now); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// decide receives a message and answers its turn at once; lines of the same text
// are messages in a row.
func (c *answering) decide(t *testing.T, text string) bot.Decision {
	t.Helper()
	c.now = c.now.Add(time.Minute)
	var conversation bot.ConversationID
	for _, line := range strings.Split(text, "\n") {
		c.asked++
		r, err := c.receive.Receive(t.Context(), bot.Inbound{Institution: storetest.Hospital, Channel: "webchat", ExternalID: c.who, ProviderID: fmt.Sprint(c.asked), Kind: "text", Text: bot.T(line)}, c.now)
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

// ask is an answer as the case files hold it.
func (c *answering) ask(t *testing.T, text string) string {
	t.Helper()
	d := c.decide(t, text)
	var b strings.Builder
	fmt.Fprintf(&b, "%s, level %s, tier %s, %s\n", d.Kind, d.Level, d.Tier, d.Verdict)
	for _, p := range d.Parts {
		b.WriteString(p.Plain() + "\n")
	}
	if !d.Full.Empty() {
		b.WriteString("--- full text\n" + d.Full.Plain() + "\n")
	}
	for _, v := range d.Checks {
		fmt.Fprintf(&b, "withheld by %s: %s\n", v.Check, v.Why)
	}
	return b.String()
}

// deliver sends what waits, so that the next turn knows what was said.
func (c *answering) deliver(t *testing.T) {
	t.Helper()
	for {
		out, err := c.receive.Store.ClaimSend(t.Context(), []store.Sender{{Channel: "webchat", Again: true}}, "sender", c.now, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if out == nil {
			return
		}
		if err := c.receive.Store.Sent(t.Context(), out, c.now); err != nil {
			t.Fatal(err)
		}
	}
}
