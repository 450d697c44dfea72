package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// BoundConversation is a conversation whose account may read a patient's results
// and agreed to it.
type BoundConversation struct {
	ID       bot.ConversationID
	Language bot.Language
	Relation bot.Relation
	Sex      bot.Sex // the patient's
}

// BoundConversations are the conversations in which a patient's results may be
// spoken of, oldest first; the terminal's are not among them.
func (s *Store) BoundConversations(ctx context.Context, id bot.InstitutionID, patient bot.PatientID) (all []BoundConversation, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select c.id, a.language, b.relation, p.sex
			from bindings b join conversations c on c.institution_id = b.institution_id and c.account_id = b.account_id
			join patients p on p.institution_id = b.institution_id and p.id = b.patient_id
			join accounts a on a.institution_id = b.institution_id and a.id = b.account_id
			where b.patient_id = $1 and b.ended_at is null and a.unfollowed_at is null and c.channel <> $2
				and exists (select from consents x where x.institution_id = b.institution_id and x.account_id = b.account_id and x.purpose = $3 and x.withdrawn_at is null)
			order by c.id`, int64(patient), OperatorChannel, string(bot.PurposeReadReports))
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (b BoundConversation, err error) {
			err = row.Scan((*int64)(&b.ID), (*string)(&b.Language), (*string)(&b.Relation), (*string)(&b.Sex))
			return b, err
		})
		return err
	})
	return all, unavailable(err)
}

// CriticalResult raises a conversation because a critical result came in: level,
// case, epoch + 1 and the reviewed text in one transaction, once for a result.
func (s *Store) CriticalResult(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, why bot.CaseReason, text bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		c, err := lockThread(ctx, tx, conversation)
		if err != nil {
			return err
		}
		var told bool
		err = tx.QueryRow(ctx, `select exists (select from outbox where conversation_id = $1 and turn_key = $2)
			or exists (select from cases where conversation_id = $1 and result_id = $3 and closed_at is null)`,
			int64(c.ID), urgentKey(0, why.Result), int64(why.Result)).Scan(&told)
		if err != nil {
			return fmt.Errorf("store: critical result %d: %w", why.Result, err)
		}
		if told {
			return nil
		}
		_, err = s.emergency(ctx, tx, &c, why, 0, []bot.Text{text}, now)
		return err
	}))
}
