package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// verdictStaff releases what a staff member wrote: the console has reviewed it.
const verdictStaff bot.Verdict = "staff"

// ruleUnreviewed is the rule of a case about a part that was not sent because its
// text is not the one a review let go.
const ruleUnreviewed = "unreviewed"

// released refuses an answer of the assistant whose bytes are not those that
// passed the review. Texts of the system are reviewed templates.
func released(c bot.ConversationID, d bot.Decision) error {
	if d.Author != bot.AuthorAssistant {
		return nil
	}
	texts := d.Parts
	if !d.Full.Empty() {
		texts = append(slices.Clone(texts), d.Full)
	}
	for _, text := range texts {
		if !slices.Contains(d.Released, bot.HashOf(text)) {
			return fmt.Errorf("store: an answer in conversation %d has not passed the review", c)
		}
	}
	return nil
}

// queueReleases lets texts of these hashes leave in one reply of a conversation.
func queueReleases(b *pgx.Batch, c thread, o outgoing, now time.Time) {
	hashes := o.released
	if o.author != bot.AuthorAssistant {
		for _, text := range o.texts {
			hashes = append(hashes, bot.HashOf(text))
		}
	}
	if len(hashes) == 0 {
		return
	}
	b.Queue(`insert into releases (institution_id, conversation_id, turn_key, text_hash, verdict, decision_id, at)
		select $1, $2, $3, h, $5, $6, $7 from unnest($4::bytea[]) h on conflict do nothing`,
		string(c.Institution), int64(c.ID), o.key, rawHashes(hashes), string(o.releasedAs()), orNull(int64(o.decision)), now)
}

// releasedAs is the verdict under which a reply's texts leave.
func (o outgoing) releasedAs() bot.Verdict {
	switch o.author {
	case bot.AuthorStaff:
		return verdictStaff
	case bot.AuthorAssistant:
		return o.verdict
	}
	return bot.VerdictSafety
}

// isReleased holds for an outbox row "o" whose text, as it stands now, a verdict
// let go.
const isReleased = `o.text_hash = sha256(convert_to(o.text, 'UTF8')) and exists (select from releases r where r.institution_id = o.institution_id
	and r.conversation_id = o.conversation_id and r.turn_key = o.turn_key and r.text_hash = o.text_hash)`

// queueRefused fails the waiting parts nothing has released and collects them.
func queueRefused(b *pgx.Batch, c thread, refused *[]int64) {
	b.Queue(`update outbox o set state = 'failed', error = 'unreviewed' where o.conversation_id = $1 and o.state = 'queued' and not (`+isReleased+`) returning o.id`, int64(c.ID)).
		Query(func(rows pgx.Rows) (err error) {
			*refused, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			return err
		})
}

// reportRefused opens the case about parts that were refused.
func (s *Store) reportRefused(ctx context.Context, tx pgx.Tx, c thread, refused []int64, now time.Time) error {
	trigger := bot.Trigger{Level: bot.LevelReview, Rule: ruleUnreviewed}
	if err := s.openCase(ctx, tx, &c, bot.CaseReason{Level: bot.LevelReview, Trigger: trigger}, 0, now); err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(`update conversations set level = 'review' where id = $1 and level = 'none'`, int64(c.ID))
	for _, part := range refused {
		queueAudit(b, c.Institution, now, bot.Actor{Kind: "system"}, "message.unreviewed", subject{"message", part})
	}
	return send(ctx, tx, b)
}

func rawHashes(all []bot.Hash) [][]byte {
	raw := make([][]byte, len(all))
	for i, h := range all {
		raw[i] = h[:]
	}
	return raw
}
