package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/inbox"
	"careline/bot/jobs"
	"careline/bot/llm"
	"careline/bot/llm/llmtest"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/channels"
	"careline/retrieval/labs"
)

// shelf is a channel whose patients sent these files, by media id.
type shelf struct {
	mu    sync.Mutex
	files map[string]string
	fails []error // of the next fetches, in order
	asked int
}

func (*shelf) Name() string            { return "webchat" }
func (*shelf) Limits() channels.Limits { return channels.Limits{MediaBytes: 10 << 20} }

func (*shelf) Send(context.Context, bot.Outbound) error { return nil }

func (s *shelf) Fetch(_ context.Context, media string, limit int64) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if len(s.fails) > 0 {
		err := s.fails[0]
		s.fails = s.fails[1:]
		return nil, err
	}
	file, ok := s.files[media]
	if !ok {
		return nil, &channels.SendError{Kind: channels.Never, Err: errors.New("40007")}
	}
	return io.NopCloser(io.LimitReader(strings.NewReader(file), limit)), nil
}

// sending is a hospital whose patients send pictures and voice.
type sending struct {
	*jobs.Media
	db      *postgres.DB
	shelf   *shelf
	receive *inbox.Receiver
	now     time.Time
	sent    int
}

// known is what triage knows; loaded reads it once for all tests.
type known struct {
	guard     *guard.Guard
	catalogue *labs.Catalogue
}

var loaded = sync.OnceValues(func() (k known, err error) {
	if k.guard, err = guard.Load(); err == nil {
		k.catalogue, err = labs.LoadCatalogue()
	}
	return k, err
})

func newSending(t *testing.T, script ...llmtest.Reply) *sending {
	t.Helper()
	s, db := storetest.New(t)
	s.Timing.VoiceWait = 10 * time.Second
	k, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	w := &sending{db: db, shelf: &shelf{files: map[string]string{}}, now: storetest.Now,
		receive: &inbox.Receiver{Store: s, Guard: k.guard, Stated: k.catalogue.Stated, Critical: s.CriticalTable}}
	w.Media = &jobs.Media{Store: s, Heard: w.receive.Heard, Now: func() time.Time { return w.now }}
	if len(script) > 0 {
		listener, err := llm.NewTranscriber(llm.ModelConfig{BaseURL: llmtest.New(t, script...).URL, Model: "listener"})
		if err != nil {
			t.Fatal(err)
		}
		w.Transcribe = listener.Transcribe
	}
	return w
}

// from is a message of somebody's with this file behind it.
func (w *sending) from(t *testing.T, who, kind, file string) (store.FetchMedia, store.Received) {
	t.Helper()
	w.sent++
	media := fmt.Sprintf("media-%d", w.sent)
	if file != "" {
		w.shelf.files[media] = file
	}
	r, err := w.receive.Receive(t.Context(), bot.Inbound{Institution: storetest.Hospital, Channel: "webchat", ExternalID: bot.T(who), ProviderID: media, Kind: kind, Media: media}, w.now)
	if err != nil {
		t.Fatal(err)
	}
	return store.FetchMedia{Institution: storetest.Hospital, Inbox: r.Inbox}, r
}

func (w *sending) agrees(t *testing.T, who string, purposes ...bot.Purpose) {
	t.Helper()
	c, err := w.Store.Account(t.Context(), storetest.Hospital, "webchat", bot.T(who), bot.Chinese, w.now)
	for _, purpose := range purposes {
		err = errors.Join(err, w.Store.Consent(t.Context(), storetest.Hospital, c.Account, purpose, "1", w.now))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (w *sending) take(t *testing.T, job store.FetchMedia) error {
	t.Helper()
	return w.Take(t.Context(), []channels.Adapter{w.shelf}, job, false)
}

func (w *sending) state(t *testing.T, job store.FetchMedia) store.Unfetched {
	t.Helper()
	p, err := w.Store.PendingAttachment(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// due is the turn that can be claimed now, nil if none.
func (w *sending) due(t *testing.T) *bot.Turn {
	t.Helper()
	turn, err := w.Store.ClaimTurn(t.Context(), "worker", w.now, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

// queued are the texts on their way to a conversation.
func (w *sending) queued(t *testing.T, c bot.ConversationID) (texts []string) {
	t.Helper()
	parts, err := w.Store.Unsent(t.Context(), storetest.Hospital, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		texts = append(texts, p.Text.Plain())
	}
	return texts
}

const (
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF"
	amr  = "#!AMR\n"
)

func TestOnlyPicturesAndVoiceAreKeptByWhatTheirBytesSay(t *testing.T) {
	t.Parallel()
	w := newSending(t)
	cases := map[string]struct {
		kind, file, mediaType string
		want                  store.AttachmentState
	}{
		"jpeg":                  {bot.MessageImage, jpeg, "image/jpeg", store.AttachmentKept},
		"png":                   {bot.MessageImage, "\x89PNG\r\n\x1a\n", "image/png", store.AttachmentKept},
		"webp":                  {bot.MessageImage, "RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", store.AttachmentKept},
		"gif":                   {bot.MessageImage, "GIF89a", "image/gif", store.AttachmentKept},
		"amr":                   {bot.MessageVoice, amr, "audio/amr", store.AttachmentKept},
		"mp3":                   {bot.MessageVoice, "ID3\x03\x00\x00\x00\x00\x00\x0a" + strings.Repeat("x", 16), "audio/mpeg", store.AttachmentKept},
		"m4a":                   {bot.MessageVoice, "\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00", "audio/x-m4a", store.AttachmentKept},
		"ogg":                   {bot.MessageVoice, "OggS\x00" + strings.Repeat("\x00", 23) + "OpusHead" + strings.Repeat("\x00", 11), "audio/ogg", store.AttachmentKept},
		"wav":                   {bot.MessageVoice, "RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav", store.AttachmentKept},
		"a picture of 20 MiB":   {bot.MessageImage, jpeg + strings.Repeat("x", 20<<20), "", store.AttachmentRefused},
		"a page as a picture":   {bot.MessageImage, "<!DOCTYPE html><script>alert(1)</script>", "", store.AttachmentRefused},
		"a drawing with script": {bot.MessageImage, `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>`, "", store.AttachmentRefused},
		"a document":            {bot.MessageImage, "%PDF-1.7", "", store.AttachmentRefused},
		"voice as a picture":    {bot.MessageImage, amr, "", store.AttachmentRefused},
		"a picture as voice":    {bot.MessageVoice, jpeg, "", store.AttachmentRefused},
		"not there any more":    {bot.MessageImage, "", "", store.AttachmentGone},
	}
	for name, c := range cases {
		job, _ := w.from(t, name, c.kind, c.file)
		for range 2 {
			if err := w.take(t, job); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		p := w.state(t, job)
		if p.State != c.want || p.MediaType != c.mediaType || p.State == store.AttachmentKept && string(p.Content) != c.file || p.State != store.AttachmentKept && len(p.Content) > 0 {
			t.Errorf("%s: %s, %q, %d bytes; want %s, %q", name, p.State, p.MediaType, len(p.Content), c.want, c.mediaType)
		}
	}
	if w.shelf.asked != len(cases) {
		t.Errorf("%d fetches for %d files", w.shelf.asked, len(cases))
	}
}

func TestAPictureThatCannotBeFetchedYetIsTriedAgainAndCountsAsGoneInTheEnd(t *testing.T) {
	t.Parallel()
	w := newSending(t)
	down := &channels.SendError{Kind: channels.Retry, Err: errors.New("-1")}
	w.shelf.fails = []error{down, io.ErrUnexpectedEOF, down}
	job, _ := w.from(t, "anna", bot.MessageImage, jpeg)
	for range 2 {
		if err := w.take(t, job); err == nil || w.state(t, job).State != store.AttachmentWaiting {
			t.Fatalf("%v, %s", err, w.state(t, job).State)
		}
	}
	if err := w.Take(t.Context(), []channels.Adapter{w.shelf}, job, true); err == nil || w.state(t, job).State != store.AttachmentGone {
		t.Errorf("after the last try: %v, %s", err, w.state(t, job).State)
	}
	again, _ := w.from(t, "anna", bot.MessageImage, jpeg)
	if err := w.take(t, again); err != nil || w.state(t, again).State != store.AttachmentKept {
		t.Errorf("back again: %v", err)
	}
}

func TestTheWordsOfAVoiceMessageAreShownBackAndAnsweredInItsTurn(t *testing.T) {
	t.Parallel()
	w := newSending(t, llmtest.Words("血钾有点高\n要紧吗"))
	w.agrees(t, "anna", bot.PurposeReadReports)
	job, r := w.from(t, "anna", bot.MessageVoice, amr)
	w.now = w.now.Add(9 * time.Second)
	if w.due(t) != nil {
		t.Fatal("the turn does not wait for the words")
	}
	for range 2 {
		if err := w.take(t, job); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.queued(t, r.Conversation.ID); len(got) != 1 || !strings.Contains(got[0], "我听到的是：“血钾有点高 要紧吗”") {
		t.Errorf("shown back: %q", got)
	}
	turn := w.due(t)
	if turn == nil || len(turn.Messages) != 1 || turn.Messages[0].Text.Plain() != "血钾有点高\n要紧吗" {
		t.Fatalf("the turn is %+v", turn)
	}
}

func TestADangerSaidInAVoiceMessageIsAnEmergency(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"in time": false, "after the turn was answered": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSending(t, llmtest.Words("我现在胸口疼得厉害喘不上气"))
			w.agrees(t, "anna", bot.PurposeReadReports)
			job, r := w.from(t, "anna", bot.MessageVoice, amr)
			w.now = w.now.Add(11 * time.Second)
			if late {
				answerDue(t, w)
			}
			for range 2 {
				if err := w.take(t, job); err != nil {
					t.Fatal(err)
				}
			}
			texts := w.queued(t, r.Conversation.ID)
			if len(texts) == 0 || !strings.Contains(texts[len(texts)-1], "请现在就打120") || strings.Contains(strings.Join(texts, ""), "我听到的是") {
				t.Errorf("queued %q", texts)
			}
			open, err := w.Store.Cases(t.Context(), storetest.Hospital, false)
			if err != nil || len(open) != 1 || open[0].Level != bot.LevelEmergency || !strings.Contains(open[0].Words.Plain(), "胸口疼") {
				t.Errorf("cases %+v, %v", open, err)
			}
			if w.due(t) != nil {
				t.Error("a turn follows the reviewed text")
			}
		})
	}
}

// answerDue answers the turn that is due as if nothing had been heard.
func answerDue(t *testing.T, w *sending) {
	t.Helper()
	turn := w.due(t)
	if turn == nil {
		t.Fatal("no turn is due")
	}
	d := bot.Decision{Kind: bot.AnswerNotice, Author: bot.AuthorSystem, Parts: []bot.Text{bot.T("请打字")}, Language: bot.Chinese, Verdict: bot.VerdictSafety, DecidedAt: w.now}
	if _, err := w.Store.Finish(t.Context(), turn, d, w.now); err != nil {
		t.Fatal(err)
	}
}

func TestAVoiceMessageThatIsNotHeardMakesNobodyWait(t *testing.T) {
	t.Parallel()
	down := &channels.SendError{Kind: channels.Retry, Err: errors.New("-1")}
	cases := map[string]struct {
		reply   llmtest.Reply
		agreed  []bot.Purpose
		outside bool
		fails   []error
		again   bool // it is tried again
	}{
		"no consent":                   {reply: llmtest.Words("marker")},
		"no consent to one outside":    {reply: llmtest.Words("marker"), agreed: []bot.Purpose{bot.PurposeReadReports}, outside: true},
		"silence":                      {reply: llmtest.Words(" "), agreed: []bot.Purpose{bot.PurposeReadReports}, again: true},
		"the endpoint is down":         {reply: llmtest.Status(503), agreed: []bot.Purpose{bot.PurposeReadReports, bot.PurposeExternalModel}, outside: true, again: true},
		"the channel is down":          {reply: llmtest.Words("marker"), agreed: []bot.Purpose{bot.PurposeReadReports}, fails: []error{down}, again: true},
		"the channel no longer has it": {reply: llmtest.Words("marker"), agreed: []bot.Purpose{bot.PurposeReadReports}, fails: []error{&channels.SendError{Kind: channels.Never, Err: errors.New("40007")}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSending(t, c.reply)
			w.agrees(t, "anna", c.agreed...)
			w.Outside, w.shelf.fails = c.outside, c.fails
			job, r := w.from(t, "anna", bot.MessageVoice, amr)
			w.now = w.now.Add(time.Second)
			if err := w.take(t, job); (err != nil) != c.again {
				t.Errorf("taken: %v", err)
			}
			if turn := w.due(t); turn == nil || !turn.Messages[0].Text.Empty() {
				t.Errorf("the turn is %+v", turn)
			}
			if got := w.queued(t, r.Conversation.ID); len(got) != 0 {
				t.Errorf("queued %q", got)
			}
		})
	}
}

func TestATurnDecidedWithoutTheWordsOfItsVoiceMessageLosesAndIsDecidedAgain(t *testing.T) {
	t.Parallel()
	w := newSending(t, llmtest.Words("血钾高吗"), llmtest.Words("还有尿酸"))
	w.agrees(t, "anna", bot.PurposeReadReports)
	first, _ := w.from(t, "anna", bot.MessageVoice, amr)
	second, _ := w.from(t, "anna", bot.MessageVoice, amr)
	if err := w.take(t, first); err != nil || w.due(t) != nil {
		t.Fatalf("the turn does not wait for the second message: %v", err)
	}
	w.now = w.now.Add(10 * time.Second)
	deaf := w.due(t)
	if deaf == nil || len(deaf.Messages) != 2 {
		t.Fatalf("late: %+v", deaf)
	}
	if err := w.take(t, second); err != nil {
		t.Fatal(err)
	}
	d := bot.Decision{Kind: bot.AnswerNotice, Author: bot.AuthorSystem, Parts: []bot.Text{bot.T("请打字")}, Language: bot.Chinese, Verdict: bot.VerdictSafety, DecidedAt: w.now}
	if _, err := w.Store.Finish(t.Context(), deaf, d, w.now); bot.KindOf(err) != bot.KindConflict {
		t.Errorf("the deaf turn ended with %v", err)
	}
	if turn := w.due(t); turn == nil || turn.Messages[1].Text.Plain() != "还有尿酸" {
		t.Errorf("the turn is %+v", turn)
	}
}

// TestDyingAtAnyStepLosesNothing stops a job after each of its steps and takes it
// again: it is fetched once, heard, and its words count once.
func TestDyingAtAnyStepLosesNothing(t *testing.T) {
	t.Parallel()
	died := errors.New("died")
	for _, step := range []string{"fetching", "writing down", "taking in", "after taking in"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			w := newSending(t, llmtest.Words("我现在胸口疼得厉害喘不上气"))
			w.agrees(t, "anna", bot.PurposeReadReports)
			job, r := w.from(t, "anna", bot.MessageVoice, amr)
			real, listen := w.Heard, w.Transcribe
			switch step {
			case "fetching":
				w.shelf.fails = []error{died}
			case "writing down":
				w.Transcribe = func(context.Context, string, []byte) (bot.Text, error) { return bot.Text{}, died }
			case "taking in":
				w.Heard = func(context.Context, store.FetchMedia, bot.Text, time.Time) error { return died }
			case "after taking in":
				w.Heard = func(ctx context.Context, job store.FetchMedia, words bot.Text, now time.Time) error {
					return errors.Join(real(ctx, job, words, now), died)
				}
			}
			if err := w.take(t, job); !errors.Is(err, died) {
				t.Fatalf("first: %v", err)
			}
			w.Heard, w.Transcribe = real, listen
			if err := w.take(t, job); err != nil {
				t.Fatal(err)
			}
			if texts := w.queued(t, r.Conversation.ID); len(texts) != 1 || !strings.Contains(texts[0], "请现在就打120") {
				t.Errorf("queued %q", texts)
			}
			if p := w.state(t, job); p.State != store.AttachmentKept || !p.Heard {
				t.Errorf("left %+v", p.Attachment)
			}
		})
	}
}

// TestWhatPatientsSendIsInNoLogAndNoJob runs the real background with a channel and
// an endpoint that repeat what they are sent in their errors.
func TestWhatPatientsSendIsInNoLogAndNoJob(t *testing.T) {
	t.Parallel()
	const marker = "marker-of-the-patient"
	w := newSending(t, llmtest.Status(500), llmtest.Status(500), llmtest.Words(marker+" 血钾高吗"))
	w.agrees(t, "anna", bot.PurposeReadReports)
	w.Now = nil
	w.now = time.Now().UTC()
	picture, _ := w.from(t, "anna", bot.MessageImage, jpeg+marker)
	spoken, _ := w.from(t, "anna", bot.MessageVoice, amr+marker)
	var log sharedBuffer
	runner := jobs.New(jobs.Config{
		DB: w.db, Store: w.Store, Adapters: []channels.Adapter{w.shelf}, Media: w.Media, Decider: echo{},
		Triage: func(context.Context, store.TriageReport, time.Time) error { return nil }, Log: slog.New(slog.NewJSONHandler(&log, nil)),
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	until := time.Now().Add(20 * time.Second)
	for (w.state(t, picture).State != store.AttachmentKept || !w.state(t, spoken).Heard) && time.Now().Before(until) {
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if p := w.state(t, spoken); !p.Heard {
		t.Errorf("not heard: %s", p.State)
	}
	rows := rivers(t, w.db)
	if !strings.Contains(rows, "fetch_media") || !strings.Contains(rows, "llm: model listener: status") {
		t.Errorf("jobs are %s", rows)
	}
	for where, text := range map[string]string{"log": log.String(), "jobs": rows} {
		if strings.Contains(text, marker) || strings.Contains(text, "media-") {
			t.Errorf("in the %s: %s", where, text)
		}
	}
	var raw []byte
	err := w.db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select string_agg(content_enc, ''::bytea) from attachments`).Scan(&raw)
	})
	if err != nil || len(raw) == 0 || bytes.Contains(raw, []byte(marker)) {
		t.Errorf("stored in the clear: %d bytes, %v", len(raw), err)
	}
}

// sharedBuffer is a log that may be read while it is written.
type sharedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *sharedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// rivers are all rows of River's jobs as text.
func rivers(t *testing.T, db *postgres.DB) (rows string) {
	t.Helper()
	if err := db.Pool.QueryRow(t.Context(), `select coalesce(string_agg(j::text, ' '), '') from `+postgres.RiverSchema+`.river_job j`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
