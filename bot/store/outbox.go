package store

import (
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// outgoing are the parts of one reply on their way to the outbox.
type outgoing struct {
	key      string // unique in the conversation: the same key is the same reply
	author   bot.Author
	staff    bot.StaffID
	decision bot.DecisionID
	texts    []bot.Text
	verdict  bot.Verdict // of the assistant's texts, with the hashes it covers
	released []bot.Hash
	ai       bool
	urgent   bool
	atOnce   int // parts that leave now, the others wait for the patient's next message; 0: all
}

// fit cuts a reply into parts of the channel's size, each released as the text it
// was cut from, and says how many of an answer leave at once. A cut that would
// change the text is not made.
func (s *Store) fit(c thread, o outgoing) outgoing {
	rules := s.Channels[c.Channel]
	if o.author == bot.AuthorAssistant {
		o.atOnce = rules.Parts
	}
	if rules.Split == nil {
		return o
	}
	var parts []bot.Text
	for _, text := range o.texts {
		cut := rules.Split(text)
		if joined(cut) != text {
			cut = []bot.Text{text}
		}
		parts = append(parts, cut...)
	}
	if o.author == bot.AuthorAssistant {
		o.released = slices.Clone(o.released)
		for _, part := range parts {
			o.released = append(o.released, bot.HashOf(part))
		}
	}
	o.texts = parts
	return o
}

func joined(parts []bot.Text) bot.Text {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Plain())
	}
	return bot.T(b.String())
}

// queueOutbox adds the parts and makes the conversation due for sending. The
// terminal has no sender: its parts are there as soon as they are written.
func queueOutbox(b *pgx.Batch, c thread, o outgoing, now time.Time) {
	queueReleases(b, c, o, now)
	for i, text := range o.texts {
		sum := bot.HashOf(text)
		state := bot.DeliveryQueued
		switch {
		case c.Channel == OperatorChannel:
			state = bot.DeliverySent
		case o.atOnce > 0 && i >= o.atOnce:
			state = bot.DeliveryHeld
		}
		b.Queue(`insert into outbox (institution_id, conversation_id, turn_key, part, author, staff_id, decision_id, epoch, text, text_hash, ai, state, urgent, due, queued_at, sent_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, case when $12 = 'sent' then $14::timestamptz end)
			on conflict (institution_id, conversation_id, turn_key, part) do nothing`,
			string(c.Institution), int64(c.ID), o.key, i+1, string(o.author), orNull(int64(o.staff)), orNull(int64(o.decision)), c.Epoch, text, sum[:], o.ai, string(state), o.urgent, now)
	}
	if c.Channel == OperatorChannel || len(o.texts) == 0 {
		return
	}
	queueSends(b, c, now)
}

// queueSends makes a conversation due for sending and wakes who sends.
func queueSends(b *pgx.Batch, c thread, now time.Time) {
	b.Queue(`insert into send_queue (institution_id, conversation_id, channel, due) values ($1, $2, $3, $4)
		on conflict (institution_id, conversation_id) do update set due = least(coalesce(send_queue.due, excluded.due), excluded.due)`,
		string(c.Institution), int64(c.ID), c.Channel, now)
	b.Queue(`select pg_notify('careline_sends', '')`)
}
