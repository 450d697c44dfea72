package store

import (
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// followed holds for a binding "b" whose account can be written to: an unfollow
// suspends what an account may read until it follows again.
const followed = `not exists (select from accounts f where f.institution_id = b.institution_id and f.id = b.account_id and f.unfollowed_at is not null)`

// queueFollow restores what an unfollow suspended.
func queueFollow(b *pgx.Batch, c thread, now time.Time) {
	b.Queue(`with back as (
			update accounts set unfollowed_at = null where id = $4 and unfollowed_at is not null and `+isNew+` returning id
		)
		insert into audit (institution_id, at, actor_kind, actor_id, action, subject_kind, subject_id)
		select $1, $5, 'account', id, 'account.follow', 'account', id from back`,
		string(c.Institution), int64(c.ID), c.inboxSeq+1, int64(c.Account), now)
}

// waiting counts parts that a person must know of when they cannot arrive.
type waiting struct{ urgent, staff int }

// queueUnfollow suspends the account, closes its windows and stops its turn. What
// waits for it is parked until it follows again, but not a text about a danger:
// that must not come when the danger is over. An unfollow that comes later than
// what was done after it has no effect.
func queueUnfollow(b *pgx.Batch, c thread, in bot.Inbound, now time.Time, left *waiting) {
	b.Queue(`with gone as (
			update accounts set unfollowed_at = $5 where id = $4 and `+isNew+`
				and not exists (select from conversation_windows w where w.conversation_id = $2 and w.opened_at > $5) returning id
		), closed as (
			update conversation_windows set closes_at = least(closes_at, $5) where conversation_id = $2 and exists (select from gone)
		), stopped as (
			update turn_queue set due = null, holder = null, until = null where institution_id = $1 and conversation_id = $2 and exists (select from gone)
		), recorded as (
			insert into audit (institution_id, at, actor_kind, actor_id, action, subject_kind, subject_id)
			select $1, $6, 'account', id, 'account.unfollow', 'account', id from gone
		), parked as (
			update outbox set state = case when urgent then 'failed' else 'held' end, error = 'unfollowed'
			where conversation_id = $2 and state in ('queued', 'held') and exists (select from gone) returning urgent, author
		)
		select count(*) filter (where urgent), count(*) filter (where author = 'staff') from parked`,
		string(c.Institution), int64(c.ID), c.inboxSeq+1, int64(c.Account), sentAt(in, now), now).
		QueryRow(func(row pgx.Row) error { return row.Scan(&left.urgent, &left.staff) })
}
