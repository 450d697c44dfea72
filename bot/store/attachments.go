package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"careline/bot"
)

// MediaQueue is River's queue of pictures and voice: a slow channel holds up no
// other job.
const MediaQueue = "media"

// FetchMedia is the job of fetching what a patient sent besides text, and of having
// a voice message written down. Ids only.
type FetchMedia struct {
	Institution bot.InstitutionID `json:"institution"`
	Inbox       bot.MessageID     `json:"inbox"`
}

// Kind names the job in River's table.
func (FetchMedia) Kind() string { return "fetch_media" }

// InsertOpts tries for about two and a half days with River's back-off; channels keep
// what patients send for three.
func (FetchMedia) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: MediaQueue, MaxAttempts: 16}
}

// AttachmentState says what became of what a patient sent besides text.
type AttachmentState string

// The states of an attachment.
const (
	AttachmentWaiting AttachmentState = "waiting" // not fetched yet
	AttachmentKept    AttachmentState = "kept"
	AttachmentGone    AttachmentState = "gone"    // the channel no longer has it
	AttachmentRefused AttachmentState = "refused" // too large, or not what it says it is
)

// Attachment is what a patient sent besides text.
type Attachment struct {
	ID        bot.AttachmentID // 0 where nothing is fetched: a video, a location
	Inbox     bot.MessageID
	Kind      string // of the message: bot.MessageImage …
	State     AttachmentState
	MediaType string // as its bytes say; of one that is kept
	Content   []byte // only where it is opened
}

func attachmentContent(id bot.InstitutionID) field { return field{"attachments", "content", id} }

// keepMedia makes the place for a picture or a voice message and the job that fills
// it, within the transaction that stores the message. A turn waits for the words of
// a voice message, where they are written down.
func (s *Store) keepMedia(ctx context.Context, tx pgx.Tx, c thread, in bot.Inbound, inbox bot.MessageID, now time.Time) error {
	if in.Media == "" || in.Kind != bot.MessageImage && in.Kind != bot.MessageVoice {
		return nil
	}
	listening := in.Kind == bot.MessageVoice && in.Text.Empty() && s.Timing.VoiceWait > 0
	b := &pgx.Batch{}
	b.Queue(`insert into attachments (institution_id, conversation_id, inbox_id, kind, listening, at) values ($1, $2, $3, $4, $5, $6)`,
		string(c.Institution), int64(c.ID), int64(inbox), in.Kind, listening, now)
	if listening {
		b.Queue(`update turn_queue set due = greatest(due, $3) where institution_id = $1 and conversation_id = $2 and due is not null`,
			string(c.Institution), int64(c.ID), now.Add(s.Timing.VoiceWait))
	}
	if err := send(ctx, tx, b); err != nil {
		return fmt.Errorf("store: attachment of message %d: %w", inbox, err)
	}
	return s.enqueue(ctx, tx, FetchMedia{Institution: c.Institution, Inbox: inbox}, time.Time{})
}

// Unfetched is an attachment as the job that fetches it sees it.
type Unfetched struct {
	Attachment
	Channel   string
	Media     string // the channel's id of it
	Heard     bool   // its words are known
	Consented bool   // consent to read reports stands
	Agreed    bool   // consent to an external model stands
}

// PendingAttachment reads the attachment a job is about, with its bytes where they
// are there already.
func (s *Store) PendingAttachment(ctx context.Context, job FetchMedia) (p Unfetched, err error) {
	err = s.db.InRead(ctx, job.Institution, func(tx pgx.Tx) error {
		var sealed []byte
		err := tx.QueryRow(ctx, `select a.id, a.inbox_id, a.kind, a.state, a.media_type, a.content_enc, i.channel, i.media_id, i.text <> '',
				exists (select from consents x where x.account_id = c.account_id and x.purpose = $2 and x.withdrawn_at is null),
				exists (select from consents x where x.account_id = c.account_id and x.purpose = $3 and x.withdrawn_at is null)
			from attachments a join inbox i on i.institution_id = a.institution_id and i.id = a.inbox_id
			join conversations c on c.institution_id = a.institution_id and c.id = a.conversation_id where a.inbox_id = $1`,
			int64(job.Inbox), string(bot.PurposeReadReports), string(bot.PurposeExternalModel)).
			Scan((*int64)(&p.ID), (*int64)(&p.Inbox), &p.Kind, (*string)(&p.State), &p.MediaType, &sealed, &p.Channel, &p.Media, &p.Heard, &p.Consented, &p.Agreed)
		if err != nil {
			return fmt.Errorf("store: attachment of message %d: %w", job.Inbox, err)
		}
		p.Content, err = s.unseal(job.Institution, p.ID, sealed)
		return err
	})
	return p, unavailable(err)
}

// SettleAttachment says what became of an attachment that waits; one that is settled
// stays as it is. Content is stored encrypted.
func (s *Store) SettleAttachment(ctx context.Context, job FetchMedia, state AttachmentState, mediaType string, content []byte) error {
	var sealed []byte
	if len(content) > 0 {
		var err error
		if sealed, err = s.vault.seal.Encrypt(content, attachmentContent(job.Institution).associated()); err != nil {
			return fmt.Errorf("store: encrypt the attachment of message %d: %w", job.Inbox, err)
		}
	}
	return unavailable(s.db.In(ctx, job.Institution, func(tx pgx.Tx) error {
		var conversation int64
		err := tx.QueryRow(ctx, `update attachments set state = $2, media_type = $3, content_enc = $4 where inbox_id = $1 and state = 'waiting' returning conversation_id`,
			int64(job.Inbox), string(state), mediaType, sealed).Scan(&conversation)
		if noRows(err) {
			return nil
		}
		if err == nil {
			_, err = tx.Exec(ctx, `select pg_notify('careline_events', $1)`, string(job.Institution)+"/"+strconv.FormatInt(conversation, 10))
		}
		return err
	}))
}

// BesidesText are the messages of a conversation that came as something else than
// text, by their id.
func (s *Store) BesidesText(ctx context.Context, id bot.InstitutionID, conversation bot.ConversationID) (all map[bot.MessageID]Attachment, err error) {
	all = map[bot.MessageID]Attachment{}
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select coalesce(a.id, 0), i.id, i.kind, coalesce(a.state, ''), coalesce(a.media_type, '')
			from inbox i left join attachments a on a.institution_id = i.institution_id and a.inbox_id = i.id
			where i.conversation_id = $1 and i.kind in ('image', 'voice', 'video', 'location', 'link', 'other', 'follow', 'scan', 'unfollow')`, int64(conversation))
		if err != nil {
			return err
		}
		var a Attachment
		_, err = pgx.ForEachRow(rows, []any{(*int64)(&a.ID), (*int64)(&a.Inbox), &a.Kind, (*string)(&a.State), &a.MediaType}, func() error {
			all[a.Inbox] = a
			return nil
		})
		return err
	})
	return all, unavailable(err)
}

// OpenAttachment is one attachment that is kept, with its bytes. That somebody
// opened it is recorded.
func (s *Store) OpenAttachment(ctx context.Context, id bot.InstitutionID, by bot.Actor, number bot.AttachmentID, now time.Time) (a Attachment, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		var sealed []byte
		err := tx.QueryRow(ctx, `select id, inbox_id, kind, state, media_type, content_enc from attachments where id = $1 and state = 'kept'`, int64(number)).
			Scan((*int64)(&a.ID), (*int64)(&a.Inbox), &a.Kind, (*string)(&a.State), &a.MediaType, &sealed)
		if noRows(err) {
			return bot.Errorf(bot.KindNotFound, "没有这个附件。 There is no such attachment.", "store: attachment %d is not kept", number)
		}
		if err != nil {
			return err
		}
		if a.Content, err = s.unseal(id, number, sealed); err != nil {
			return err
		}
		return audit(ctx, tx, id, now, by, "attachment.view", subject{"attachment", int64(number)})
	})
	return a, unavailable(err)
}

func (s *Store) unseal(id bot.InstitutionID, number bot.AttachmentID, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	content, err := s.vault.seal.Decrypt(sealed, attachmentContent(id).associated())
	if err != nil {
		return nil, bot.Errorf(bot.KindUnavailable, "The key file does not belong to this database; restore the right one.", "store: decrypt attachment %d: %w", number, err)
	}
	return content, nil
}
