package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Claim makes a staff member the owner of a case and its conversation. Of two who
// race one wins; the other gets KindConflict naming who has it.
func (s *Store) Claim(ctx context.Context, id bot.InstitutionID, number bot.CaseID, staff bot.Staff, notice bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		k, c, err := s.lockCase(ctx, tx, number)
		if err != nil {
			return err
		}
		if k.Owner.Staff == staff.ID {
			return nil
		}
		if k.Owner.Staff != 0 {
			return s.taken(ctx, tx, k)
		}
		b := &pgx.Batch{}
		b.Queue(`update cases set owner_staff_id = $2, claimed_at = $3 where id = $1`, int64(k.ID), int64(staff.ID), now)
		queueCaseEvent(b, id, k.ID, now, actor(staff), "claimed", k.Level, "")
		queueAudit(b, id, now, actor(staff), "case.claim", subject{"case", int64(k.ID)})
		if c != nil {
			takeOver(b, c, staff.ID)
			queueState(b, c, notice, now)
		}
		return send(ctx, tx, b)
	}))
}

func actor(staff bot.Staff) bot.Actor { return bot.Actor{Kind: "staff", ID: int64(staff.ID)} }

// lockCase locks the conversation first, as everybody does, then the case.
func (s *Store) lockCase(ctx context.Context, tx pgx.Tx, number bot.CaseID) (bot.Case, *thread, error) {
	k, err := caseRow(ctx, tx, number)
	if err != nil {
		return k, nil, err
	}
	var c *thread
	if k.Conversation != 0 {
		t, err := lockThread(ctx, tx, k.Conversation)
		if err != nil {
			return k, nil, err
		}
		c = &t
	}
	if _, err := tx.Exec(ctx, `select from cases where id = $1 for update`, int64(number)); err != nil {
		return k, nil, err
	}
	if k, err = caseRow(ctx, tx, number); err != nil {
		return k, nil, err
	}
	if !k.ClosedAt.IsZero() {
		return k, c, bot.Errorf(bot.KindConflict, "这个个案已经结束了。 This case is closed.", "store: case %d is closed", number)
	}
	return k, c, nil
}

func (s *Store) taken(ctx context.Context, tx pgx.Tx, k bot.Case) error {
	var name []byte
	if err := tx.QueryRow(ctx, `select name_enc from staff where id = $1`, int64(k.Owner.Staff)).Scan(&name); err != nil {
		return err
	}
	who, err := s.vault.decrypt(staffName(k.Institution), name)
	if err != nil {
		return err
	}
	return bot.Errorf(bot.KindConflict, fmt.Sprintf("%s 已经接手了。 %s has taken this case.", who.Plain(), who.Plain()), "store: case %d belongs to staff %d", k.ID, k.Owner.Staff)
}

// takeOver changes the owner and raises the epoch: answers computed before are
// suppressed, turns stop.
func takeOver(b *pgx.Batch, c *thread, staff bot.StaffID) {
	c.Owner.Staff = staff
	c.Epoch++
	b.Queue(`update conversations set owner_staff_id = $2, epoch = $3 where id = $1`, int64(c.ID), orNull(int64(staff)), c.Epoch)
	queueSilence(b, c)
}

// queueSilence ends what the assistant was about to say.
func queueSilence(b *pgx.Batch, c *thread) {
	b.Queue(`update outbox set state = 'suppressed' where conversation_id = $1 and author = 'assistant' and state in ('queued', 'held')`, int64(c.ID))
	b.Queue(`update turn_queue set due = null, holder = null, until = null where institution_id = $1 and conversation_id = $2`, string(c.Institution), int64(c.ID))
}

// queueState writes a notice of who answers now into the conversation itself: it
// is seen there and costs no message of the channel.
func queueState(b *pgx.Batch, c *thread, notice bot.Text, now time.Time) {
	if notice.Empty() {
		return
	}
	c.counter++
	b.Queue(`insert into events (institution_id, conversation_id, number, kind, detail, at) values ($1, $2, $3, 'state', $4, $5)`,
		string(c.Institution), int64(c.ID), c.counter, notice, now)
	b.Queue(`update conversations set counter = $2 where id = $1`, int64(c.ID), c.counter)
	b.Queue(`select pg_notify('careline_events', $1)`, string(c.Institution)+"/"+strconv.FormatInt(int64(c.ID), 10))
}

// Reply puts a staff member's text into the outbox. Any human text makes the
// conversation human-owned in the same transaction; a conversation that belongs
// to somebody else is refused. The same key is the same reply. The notice tells
// the patient who answers, when that changes.
func (s *Store) Reply(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID, staff bot.Staff, text bot.Text, key string, seen int64, notice bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		c, err := lockThread(ctx, tx, conversation)
		if err != nil {
			return err
		}
		var newest int64
		if err := tx.QueryRow(ctx, `select coalesce(max(number), 0) from events where conversation_id = $1 and kind = 'inbound'`, int64(c.ID)).Scan(&newest); err != nil {
			return err
		}
		if newest > seen {
			return bot.Errorf(bot.KindConflict, "患者刚刚又发来消息，请先看一下再回复。 The patient has just written again; please read it before you reply.", "store: reply in conversation %d is stale", c.ID)
		}
		if c.Owner.Staff != 0 && c.Owner.Staff != staff.ID {
			return s.taken(ctx, tx, bot.Case{ID: c.Case, Institution: id, Owner: c.Owner})
		}
		b := &pgx.Batch{}
		if c.Owner.Staff == 0 {
			takeOver(b, &c, staff.ID)
			queueState(b, &c, notice, now)
		}
		b.Queue(`update cases set owner_staff_id = coalesce(owner_staff_id, $2), claimed_at = coalesce(claimed_at, $3), first_reply_at = coalesce(first_reply_at, $3)
			where conversation_id = $1 and closed_at is null`, int64(c.ID), int64(staff.ID), now)
		// What the patient wrote so far has a person's answer now.
		decision, err := insertDecision(ctx, tx, c, bot.Decision{Kind: bot.AnswerStaff, Level: c.Level, Verdict: bot.VerdictAccepted, Language: c.Language, Parts: []bot.Text{text}, DecidedAt: now})
		if err != nil {
			return err
		}
		b.Queue(`update inbox set decision_id = $2 where conversation_id = $1 and decision_id is null`, int64(c.ID), int64(decision))
		queueOutbox(b, c, s.fit(c, outgoing{key: "staff/" + key, author: bot.AuthorStaff, staff: staff.ID, decision: decision, texts: []bot.Text{text}}), now)
		if c.Case != 0 {
			queueCaseEvent(b, id, c.Case, now, actor(staff), "replied", c.Level, "")
		}
		queueAudit(b, id, now, actor(staff), "conversation.reply", subject{"conversation", int64(c.ID)})
		return send(ctx, tx, b)
	}))
}

// GiveBack returns a conversation to the assistant. Never under an open emergency
// or crisis: that needs a person until it is closed.
func (s *Store) GiveBack(ctx context.Context, id bot.InstitutionID, number bot.CaseID, staff bot.Staff, notice bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		k, c, err := s.lockCase(ctx, tx, number)
		if err != nil {
			return err
		}
		if k.Level.Urgent() {
			return bot.Errorf(bot.KindConflict, "紧急个案不能交还给助手，请先处理并结束它。 An emergency cannot be given back; deal with it and close it.", "store: case %d is urgent", number)
		}
		if k.Owner.Staff != 0 && k.Owner.Staff != staff.ID {
			return s.taken(ctx, tx, k)
		}
		b := &pgx.Batch{}
		b.Queue(`update cases set owner_staff_id = null, claimed_at = null where id = $1`, int64(k.ID))
		queueCaseEvent(b, id, k.ID, now, actor(staff), "given_back", k.Level, "")
		queueAudit(b, id, now, actor(staff), "case.give_back", subject{"case", int64(k.ID)})
		if c != nil {
			returnToBot(b, c, now)
			queueState(b, c, notice, now)
		}
		return send(ctx, tx, b)
	}))
}

// returnToBot makes the assistant the owner; messages nobody answered are due.
func returnToBot(b *pgx.Batch, c *thread, now time.Time) {
	c.Owner.Staff = 0
	c.Epoch++
	b.Queue(`update conversations set owner_staff_id = null, epoch = $2 where id = $1`, int64(c.ID), c.Epoch)
	queueUnanswered(b, c, now)
}

// queueUnanswered makes the messages nobody answered due, if the assistant is to.
func queueUnanswered(b *pgx.Batch, c *thread, now time.Time) {
	if !c.Owner.Bot() {
		return
	}
	b.Queue(`update turn_queue set due = $3, first_at = $3, holder = null, until = null where institution_id = $1 and conversation_id = $2
		and exists (select from inbox where conversation_id = $2 and decision_id is null and kind <> 'unfollow')`, string(c.Institution), int64(c.ID), now)
}

// Close ends a case with its outcome; the conversation returns to the assistant
// and its level falls: the one place where it does. A critical result behind the
// case counts as dealt with.
func (s *Store) Close(ctx context.Context, id bot.InstitutionID, number bot.CaseID, staff bot.Staff, outcome string, notice bot.Text, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		k, c, err := s.lockCase(ctx, tx, number)
		if err != nil {
			return err
		}
		if k.Owner.Staff != 0 && k.Owner.Staff != staff.ID {
			return s.taken(ctx, tx, k)
		}
		b := &pgx.Batch{}
		b.Queue(`update cases set closed_at = $2, outcome = $3, owner_staff_id = coalesce(owner_staff_id, $4) where id = $1`, int64(k.ID), now, outcome, int64(staff.ID))
		if k.Level.Urgent() && k.Patient != 0 {
			b.Queue(`update results set cleared_at = $2, cleared_by = $3 where patient_id = $1 and cleared_at is null and effective_at <= $4`, int64(k.Patient), now, int64(staff.ID), now)
		}
		queueCaseEvent(b, id, k.ID, now, actor(staff), "closed", k.Level, "")
		queueAudit(b, id, now, actor(staff), "case.close", subject{"case", int64(k.ID)})
		if c != nil {
			b.Queue(`update conversations set level = 'none', urgent_text_at = null where id = $1`, int64(c.ID))
			b.Queue(`update turn_queue set level = 'none' where institution_id = $1 and conversation_id = $2`, string(id), int64(c.ID))
			returnToBot(b, c, now)
			queueState(b, c, notice, now)
		}
		return send(ctx, tx, b)
	}))
}
