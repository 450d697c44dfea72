package store

import (
	"context"
	"encoding/json"
	"fmt"
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
	Language bot.Language
	Facts    []bot.Fact
	Passages []bot.Passage
	Checks   []bot.Violation
	Full     bot.Text
	TookMS   int
	At       time.Time
	Text     bot.Text // of the part asked for
}

// Answer is the record behind one outbound message of a conversation.
func (s *Store) Answer(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, message bot.MessageID) (a Answer, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		var level, tier string
		var facts, passages, checks []byte
		err := tx.QueryRow(ctx, `select d.id, coalesce(d.patient_id, 0), d.kind, d.level, d.tier, d.rule, d.verdict, d.composed, d.model, d.language,
				d.facts, d.passages, d.checks, d.full_text, d.took_ms, d.at, o.text
			from outbox o join decisions d on d.institution_id = o.institution_id and d.id = o.decision_id
			where o.conversation_id = $1 and o.id = $2`, int64(conversation), int64(message)).
			Scan((*int64)(&a.Decision), (*int64)(&a.Patient), (*string)(&a.Kind), &level, &tier, &a.Rule, (*string)(&a.Verdict), &a.Composed, &a.Model, (*string)(&a.Language),
				&facts, &passages, &checks, &a.Full, &a.TookMS, &a.At, &a.Text)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "这条消息没有依据可看。 This message has no evidence to show.", "store: no decision behind message %d", message)
		}
		if err != nil {
			return err
		}
		return a.decode(level, tier, facts, passages, checks)
	})
	return a, unavailable(err)
}

func (a *Answer) decode(level, tier string, facts, passages, checks []byte) (err error) {
	if a.Level, err = bot.ParseLevel(level); err != nil {
		return err
	}
	if a.Tier, err = bot.ParseTier(tier); err != nil {
		return err
	}
	for _, part := range []struct {
		raw  []byte
		into any
	}{{facts, &a.Facts}, {passages, &a.Passages}, {checks, &a.Checks}} {
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			return fmt.Errorf("store: decision %d: %w", a.Decision, err)
		}
	}
	return nil
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
		var a Answer
		var level, tier string
		var facts, passages, checks []byte
		err := tx.QueryRow(ctx, `select id, kind, level, tier, verdict, composed, model, language, facts, passages, checks, full_text, at
			from decisions where conversation_id = $1 order by id desc limit 1`, int64(conversation)).
			Scan((*int64)(&a.Decision), (*string)(&a.Kind), &level, &tier, (*string)(&a.Verdict), &a.Composed, &a.Model, (*string)(&a.Language), &facts, &passages, &checks, &a.Full, &a.At)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "还没有回答。 There is no answer yet.", "store: conversation %d has no decision", conversation)
		}
		if err != nil {
			return err
		}
		if err := a.decode(level, tier, facts, passages, checks); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select text, author from outbox where decision_id = $1 order by part`, int64(a.Decision))
		if err != nil {
			return err
		}
		d = bot.Decision{Kind: a.Kind, Level: a.Level, Tier: a.Tier, Verdict: a.Verdict, Composed: a.Composed, Model: a.Model, Language: a.Language,
			Full: a.Full, Checks: a.Checks, Evidence: bot.Evidence{Facts: a.Facts, Passages: a.Passages}, DecidedAt: a.At}
		for _, p := range a.Passages {
			d.Cited = append(d.Cited, p.ID)
		}
		var text bot.Text
		_, err = pgx.ForEachRow(rows, []any{&text, (*string)(&d.Author)}, func() error { d.Parts = append(d.Parts, text); return nil })
		return err
	})
	return d, unavailable(err)
}
