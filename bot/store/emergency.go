package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// repeatUrgentAfter is how long an emergency text is not repeated.
const repeatUrgentAfter = 10 * time.Minute

// emergency raises the conversation and puts the reviewed text into the outbox:
// once for a danger, again for a higher one or after ten minutes. It returns what
// it put there.
func (s *Store) emergency(ctx context.Context, tx pgx.Tx, c *thread, why bot.CaseReason, inbox bot.MessageID, texts []bot.Text, now time.Time) (told []bot.Text, err error) {
	t := why.Trigger
	fresh := c.urgentAt == nil || t.Level > c.Level || now.Sub(*c.urgentAt) >= repeatUrgentAfter
	c.Level = max(c.Level, t.Level)
	c.Epoch++
	b := &pgx.Batch{}
	b.Queue(`update conversations set level = $2, epoch = $3, urgent_text_at = case when $4 then $5 else urgent_text_at end where id = $1`,
		int64(c.ID), c.Level.String(), c.Epoch, fresh && len(texts) > 0, now)
	b.Queue(`update outbox set state = 'suppressed' where conversation_id = $1 and state in ('queued', 'held') and author = 'assistant'`, int64(c.ID))
	if fresh && len(texts) > 0 {
		told = texts
		// The text is the answer to all that was not answered: no turn follows it.
		decision, err := insertDecision(ctx, tx, *c, bot.Decision{
			Kind: bot.AnswerSafety, Level: c.Level, Tier: bot.TierNow, Trigger: &t, Verdict: bot.VerdictSafety, Language: c.Language, Parts: texts, DecidedAt: now,
		})
		if err != nil {
			return nil, err
		}
		queueOutbox(b, *c, outgoing{key: urgentKey(inbox, why.Result), author: bot.AuthorSystem, decision: decision, texts: texts, urgent: true}, now)
		if why.Result != 0 {
			queueUsed(b, *c, decision, []int64{int64(why.Result)})
		}
		b.Queue(`update inbox set decision_id = $2 where conversation_id = $1 and decision_id is null`, int64(c.ID), int64(decision))
		b.Queue(`update turn_queue set due = null, holder = null, until = null where institution_id = $1 and conversation_id = $2`, string(c.Institution), int64(c.ID))
	}
	if err := send(ctx, tx, b); err != nil {
		return nil, fmt.Errorf("store: emergency in conversation %d: %w", c.ID, err)
	}
	return told, s.openCase(ctx, tx, c, why, inbox, now)
}

// urgentKey names the text of one danger: the message it answers, or the result.
func urgentKey(inbox bot.MessageID, result bot.ResultID) string {
	if inbox == 0 {
		return "critical/" + strconv.FormatInt(int64(result), 10)
	}
	return "urgent/" + strconv.FormatInt(int64(inbox), 10)
}

// unsentUrgent are the texts of the danger in a message that was stored before,
// as long as nobody knows that they arrived: saying them twice is right.
func unsentUrgent(ctx context.Context, tx pgx.Tx, c thread, in bot.Inbound) ([]bot.Text, error) {
	rows, err := tx.Query(ctx, `select o.text from inbox i join outbox o on o.institution_id = i.institution_id and o.conversation_id = i.conversation_id
			and o.turn_key = 'urgent/' || i.id and o.urgent and o.state <> 'sent'
		where i.channel = $1 and i.conversation_id = $2 and i.provider_id = $3 order by o.part`, in.Channel, int64(c.ID), in.ProviderID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[bot.Text])
}
