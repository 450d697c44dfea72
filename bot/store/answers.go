package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Answer is what an answer rests on, as it was when it was given.
type Answer struct {
	Decision bot.DecisionID
	Patient  bot.PatientID
	Kind     bot.AnswerKind
	Level    bot.Level
	Tier     bot.Tier
	Rule     string
	Verdict  bot.Verdict
	Composed bool
	Model    string
	Prompt   string
	Language bot.Language
	Facts    []bot.Fact
	Passages []bot.Passage
	Checks   []bot.Violation
	Attempts []bot.Attempt // every draft, for staff: what failed never left
	Full     bot.Text
	TookMS   int
	At       time.Time
	Text     bot.Text // of the part asked for
}

// Answer is the record behind one outbound message of a conversation. A longer
// text is there only as the review let it go.
func (s *Store) Answer(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, message bot.MessageID) (a Answer, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		number, d, err := scanDecision(tx.QueryRow(ctx, selectDecision+`, o.text from outbox o join decisions d on d.institution_id = o.institution_id and d.id = o.decision_id
			where o.conversation_id = $1 and o.id = $2`, int64(conversation), int64(message)), &a.Text)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "这条消息没有依据可看。 This message has no evidence to show.", "store: no decision behind message %d", message)
		}
		if err != nil {
			return err
		}
		a = Answer{
			Decision: number, Patient: d.Patient, Kind: d.Kind, Level: d.Level, Tier: d.Tier, Verdict: d.Verdict, Composed: d.Composed, Model: d.Model, Prompt: d.Prompt,
			Language: d.Language, Facts: d.Evidence.Facts, Passages: d.Evidence.Passages, Checks: d.Checks, Attempts: d.Attempts, TookMS: d.TookMS, At: d.DecidedAt, Text: a.Text,
		}
		if d.Trigger != nil {
			a.Rule = d.Trigger.Rule
		}
		if slices.Contains(d.Released, bot.HashOf(d.Full)) {
			a.Full = d.Full
		}
		return nil
	})
	return a, unavailable(err)
}

// Feedback keeps a thumb, up or down, on a message of the account's own
// conversation; a second one replaces the first.
func (s *Store) Feedback(ctx context.Context, id bot.InstitutionID, account bot.AccountID, message bot.MessageID, helpful bool, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into feedback (institution_id, outbox_id, account_id, helpful, at)
			select $1, o.id, $3, $4, $5 from outbox o join conversations c on c.institution_id = o.institution_id and c.id = o.conversation_id
			where o.id = $2 and c.account_id = $3
			on conflict (institution_id, outbox_id, account_id) do update set helpful = excluded.helpful, at = excluded.at`,
			string(id), int64(message), int64(account), helpful, now)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return bot.Errorf(bot.KindNotFound, "没有这条消息。 There is no such message.", "store: feedback on message %d", message)
		}
		return nil
	}))
}

// LastDecision is the newest decision of a conversation with the texts that left.
func (s *Store) LastDecision(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID) (d bot.Decision, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		var number bot.DecisionID
		var err error
		number, d, err = scanDecision(tx.QueryRow(ctx, selectDecision+` from decisions d where d.conversation_id = $1 order by d.id desc limit 1`, int64(conversation)))
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "还没有回答。 There is no answer yet.", "store: conversation %d has no decision", conversation)
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select text, author from outbox where decision_id = $1 order by part`, int64(number))
		if err != nil {
			return err
		}
		var text bot.Text
		_, err = pgx.ForEachRow(rows, []any{&text, (*string)(&d.Author)}, func() error { d.Parts = append(d.Parts, text); return nil })
		return err
	})
	return d, unavailable(err)
}
