package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"careline/bot"
	"careline/bot/store"
	"careline/channels"
)

// Media fetches the pictures and voice that patients send, and has voice written
// down. Each step is stored before the next begins, so a job that died goes on where
// it was.
type Media struct {
	Store *store.Store
	// Transcribe writes down a file of speech; nil: nobody does, patients are asked to
	// type. Outside: it stands outside the institution and needs the patient's consent.
	Transcribe func(ctx context.Context, name string, sound []byte) (bot.Text, error)
	Outside    bool
	// Heard takes in the words of a voice message.
	Heard func(context.Context, store.FetchMedia, bot.Text, time.Time) error
	// Now is the clock; nil: the machine's.
	Now func() time.Time
}

// fetchWithin is how long a channel may take to hand over a file.
const fetchWithin = 20 * time.Second

// shelf is where a channel's files come from, and how large one may be.
type shelf struct {
	channels.Library
	limit int64
}

// shelfOf finds the library of a channel whose patients send pictures and voice.
func shelfOf(adapters []channels.Adapter, channel string) (shelf, bool) {
	for _, a := range adapters {
		if l, ok := a.(channels.Library); ok && a.Name() == channel {
			return shelf{l, a.Limits().MediaBytes}, true
		}
	}
	return shelf{}, false
}

// Take takes one attachment as far as it goes: fetched, kept, written down. An error
// means that it must be tried again; last says that it will not be.
func (m *Media) Take(ctx context.Context, from []channels.Adapter, job store.FetchMedia, last bool) error {
	p, err := m.Store.PendingAttachment(ctx, job)
	if err != nil {
		return err
	}
	if p.State == store.AttachmentWaiting {
		if err = m.fetch(ctx, from, job, &p); err != nil && last {
			err = errors.Join(err, m.settle(ctx, job, &p, store.AttachmentGone))
		}
	}
	if p.Kind != bot.MessageVoice || p.Heard {
		return err
	}
	if err == nil && m.mayListen(p) {
		if err = m.listen(ctx, job, p); err == nil {
			return nil
		}
	}
	// Nothing was heard, this time at least: the patient is asked to type, and does not
	// wait for another try. What is heard later is still triaged.
	return errors.Join(err, m.Store.Unheard(ctx, job, m.now()))
}

func (m *Media) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now().UTC()
}

// fetch asks the channel for a file and keeps it, or says why not.
func (m *Media) fetch(ctx context.Context, from []channels.Adapter, job store.FetchMedia, p *store.Unfetched) error {
	library, ok := shelfOf(from, p.Channel)
	if !ok {
		return fmt.Errorf("jobs: no library of channel %s for message %d", p.Channel, job.Inbox)
	}
	content, err := library.read(ctx, p.Media)
	if failure, ok := errors.AsType[*channels.SendError](err); ok && failure.Kind == channels.Never {
		return m.settle(ctx, job, p, store.AttachmentGone)
	}
	if err != nil {
		return fmt.Errorf("jobs: fetch the attachment of message %d: %w", job.Inbox, err)
	}
	mediaType, ok := sniff(p.Kind, content)
	if !ok || int64(len(content)) > library.limit {
		return m.settle(ctx, job, p, store.AttachmentRefused)
	}
	p.MediaType, p.Content = mediaType, content
	return m.settle(ctx, job, p, store.AttachmentKept)
}

// read is the whole file, or one byte more than may be kept.
func (s shelf) read(ctx context.Context, media string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	file, err := s.Fetch(ctx, media, s.limit+1)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, s.limit+1))
}

func (m *Media) settle(ctx context.Context, job store.FetchMedia, p *store.Unfetched, state store.AttachmentState) error {
	p.State = state
	return m.Store.SettleAttachment(ctx, job, state, p.MediaType, p.Content)
}

// mayListen reports whether the voice may be written down: as for a model, only with
// consent, and outside the institution only with consent to that.
func (m *Media) mayListen(p store.Unfetched) bool {
	return m.Transcribe != nil && p.State == store.AttachmentKept && p.Consented && (p.Agreed || !m.Outside)
}

// errSilence is a voice message without a word in it.
var errSilence = errors.New("jobs: nothing is said")

// listen has the voice written down and takes its words in.
func (m *Media) listen(ctx context.Context, job store.FetchMedia, p store.Unfetched) error {
	words, err := m.Transcribe(ctx, "voice"+mediaTypes[p.Kind][p.MediaType], p.Content)
	if err == nil && strings.TrimSpace(words.Plain()) == "" {
		err = errSilence
	}
	if err != nil {
		return fmt.Errorf("jobs: words of message %d: %w", job.Inbox, err)
	}
	return m.Heard(ctx, job, words, m.now())
}

type mediaWorker struct {
	river.WorkerDefaults[store.FetchMedia]
	runner *Runner
}

// Work takes one attachment a step further.
func (w *mediaWorker) Work(ctx context.Context, job *river.Job[store.FetchMedia]) error {
	err := w.runner.Media.Take(ctx, w.runner.Adapters, job.Args, job.Attempt >= job.MaxAttempts)
	if errors.Is(err, errSilence) {
		return river.JobCancel(errSilence)
	}
	return err
}
