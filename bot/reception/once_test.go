package reception_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/jobs"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// binding is a whole binding and its end, a line a turn; $F stands for the factor,
// $W for a wrong one.
var binding = []struct {
	kind, text string
	step       store.Step
}{
	{bot.MessageFollow, "", store.StepRelation},
	{bot.MessageText, "5", store.StepFactor},
	{bot.MessageText, "1", store.StepFactor},
	{bot.MessageText, "$W", store.StepRefused},
	{bot.MessageText, "$F", store.StepConsent},
	{bot.MessageText, "1 2", store.StepDone},
	{bot.MessageText, "解绑", store.StepConfirm},
	{bot.MessageText, "确认解绑", store.StepUnbound},
}

// TestADecisionThatIsLostIsMadeAgainAndNothingTwice: the process dies after what the
// desk wrote and before the decision is kept, at every message, and once more in the
// next process. What the person reads, and what is stored, is as if it had not died.
func TestADecisionThatIsLostIsMadeAgainAndNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	calm, calmState := w.take(t, "anna", 0)
	restless, restlessState := w.take(t, "ben", 2)
	if diff := cmp.Diff(calm, restless); diff != "" {
		t.Errorf("said (-calm +restless)\n%s", diff)
	}
	if diff := cmp.Diff(calmState, restlessState); diff != "" {
		t.Errorf("stored (-calm +restless)\n%s", diff)
	}
	if len(calm) != len(binding) {
		t.Errorf("%d answers to %d messages: %q", len(calm), len(binding), calm)
	}
}

// errDied stands for a process that ends before Finish.
var errDied = errors.New("died")

// dying decides and dies.
type dying struct{ jobs.Decider }

func (d dying) Decide(ctx context.Context, t *bot.Turn, now time.Time) (bot.Decision, error) {
	if _, err := d.Decider.Decide(ctx, t, now); err != nil {
		return bot.Decision{}, err
	}
	return bot.Decision{}, errDied
}

// take goes through the binding; the process dies some times at each message.
func (w *world) take(t *testing.T, who string, deaths int) (said []string, state string) {
	t.Helper()
	w.code(t, who, "ANNA", store.CodeOptions{Printed: true})
	wrong := "000000"
	if w.codes[who][1] == wrong {
		wrong = "000001"
	}
	var c bot.Conversation
	for i, m := range binding {
		text, code := m.text, ""
		switch {
		case i == 0:
			code = w.codes[who][0]
		case text == "$F":
			text = w.codes[who][1]
		case text == "$W":
			text = wrong
		}
		c = w.inbound(t, who, m.kind, text, code)
		for range deaths {
			if _, err := jobs.AnswerNow(t.Context(), w.store, dying{w.desk}, storetest.Hospital, c.ID, w.now); !errors.Is(err, errDied) {
				t.Fatal(err)
			}
			w.now = w.now.Add(2 * time.Minute) // the dead worker's lease ends
		}
		w.answer(t, c)
		p, err := w.store.Pending(t.Context(), storetest.Hospital, c.Account)
		if err != nil || p.Step != m.step {
			t.Fatalf("%s after %q: at step %s, want %s, %v", who, m.text, p.Step, m.step, err)
		}
		for _, out := range w.sent(t) {
			said = append(said, out[len(who):])
		}
		w.now = w.now.Add(time.Second)
	}
	return said, w.state(t, c.Account)
}

// state counts what the account left behind.
func (w *world) state(t *testing.T, account bot.AccountID) string {
	t.Helper()
	var bindings, ended, consents, failures, tries int
	err := w.db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select (select count(*) from bindings where account_id = $1), (select count(*) from bindings where account_id = $1 and ended_at is not null),
			(select count(*) from consents where account_id = $1), (select count(*) from audit where actor_id = $1 and action = 'binding.refused'),
			(select tries_left from bind_codes k join pending_bindings p on p.code_hash = k.code_hash and p.account_id = $1)`, int64(account)).
			Scan(&bindings, &ended, &consents, &failures, &tries)
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d bindings, %d ended, %d consents, %d failures, %d tries left", bindings, ended, consents, failures, tries)
}
