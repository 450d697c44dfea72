package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// ImportSummary says what an import did. People, reports and results are what
// was read, quarantined ones too; people and reports count once however often
// they come.
type ImportSummary struct {
	Import      int64  `json:"import"` // 0 for a dry run
	Format      string `json:"format"`
	Patients    int    `json:"patients"`
	Reports     int    `json:"reports"`
	Results     int    `json:"results"`
	Changed     int    `json:"changed"`  // results added or replaced now; 0 when the file brought nothing new
	Unmapped    int    `json:"unmapped"` // results whose name the catalogue does not know
	Quarantined int    `json:"quarantined"`
	Notices     int    `json:"notices,omitempty"` // reports whose patients, or who acts for them, will be told
}

// ImportOptions for Import.
type ImportOptions struct {
	Source string // the feed it came by: a folder's, a key's or a connection's name; "" by hand
	DryRun bool   // undo everything at the end
	Notify bool   // tell who is bound and agreed that a new report is there
	Arrival
}

// SaveImport is Import for a small file.
func (s *Store) SaveImport(ctx context.Context, id bot.InstitutionID, by bot.Actor, file bot.ImportFile, now time.Time) (ImportSummary, error) {
	return s.Import(ctx, id, by, ImportOptions{}, now, func(to bot.ImportSink) (bot.ImportHead, error) { return file.ImportHead, file.Send(to) })
}

// errDryRun undoes a dry run's transaction.
var errDryRun = errors.New("store: dry run")

// Import stores what read hands on in one transaction: patients matched by
// identifier, reports, results, the versions a correction replaced or came too
// late for, the quarantine, and a triage job for each report with something new.
// An error of read undoes all. The same file twice changes nothing. A dry run
// counts the same and leaves nothing.
func (s *Store) Import(ctx context.Context, id bot.InstitutionID, by bot.Actor, o ImportOptions, now time.Time, read func(bot.ImportSink) (bot.ImportHead, error)) (summary ImportSummary, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		m := s.importing(tx, id, o, now)
		if err := m.run(ctx, by, read); err != nil {
			return err
		}
		summary = m.summary
		if o.DryRun {
			summary.Import = 0
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return summary, unavailable(err)
}

// importing is one import on its way. Beside the chunk it keeps ids only.
type importing struct {
	*Store
	ImportOptions
	tx      pgx.Tx
	id      bot.InstitutionID
	now     time.Time
	number  int64 // of the import, 0 until the first chunk
	summary ImportSummary
	next    chunk
	people  map[bot.PatientID]bool
	seed    maphash.Seed
	reports map[uint64]bool                // hashed by seed, so that no text of the file is held
	triage  map[bot.ReportID]bot.PatientID // reports with something new
	ready   map[bot.ReportID]bool          // reports that are there for their patients since now
	changed []resultChange
	again   bool   // a quarantined item is imported again
	reason  string // why the last item was quarantined
}

func (s *Store) importing(tx pgx.Tx, id bot.InstitutionID, o ImportOptions, now time.Time) *importing {
	return &importing{Store: s, tx: tx, id: id, ImportOptions: o, now: now, seed: maphash.MakeSeed(),
		people: map[bot.PatientID]bool{}, reports: map[uint64]bool{}, triage: map[bot.ReportID]bot.PatientID{}, ready: map[bot.ReportID]bool{}}
}

// run takes an import from its first record to its audit row.
func (m *importing) run(ctx context.Context, by bot.Actor, read func(bot.ImportSink) (bot.ImportHead, error)) error {
	head, err := read(sink{ctx, m})
	if err != nil {
		return err
	}
	if err := m.flush(ctx); err != nil {
		return err
	}
	if len(m.changed) > 0 {
		if err := m.corrected(ctx, m.changed); err != nil {
			return err
		}
	}
	if err := m.enqueueTriage(ctx, m.tx, m.id, m.triage); err != nil {
		return err
	}
	if err := m.enqueueNotices(ctx); err != nil {
		return err
	}
	m.summary.Import, m.summary.Format = m.number, head.Format
	m.summary.Patients, m.summary.Reports = len(m.people), len(m.reports)
	b := &pgx.Batch{}
	b.Queue(`update imports set format = $2, digest = $3, patients = $4, reports = $5, results = $6, quarantined = $7, unmapped = $8, changed = $9, kind = $10, sent_at = $11 where id = $1`,
		m.number, head.Format, head.Digest, m.summary.Patients, m.summary.Reports, m.summary.Results, m.summary.Quarantined, m.summary.Unmapped, m.summary.Changed,
		cmp.Or(string(m.Way), string(ByHand)), orNullTime(m.SentAt))
	if err := m.reply(b); err != nil {
		return err
	}
	queueAudit(b, m.id, m.now, by, "results.import", subject{"import", m.number})
	if err := send(ctx, m.tx, b); err != nil {
		return fmt.Errorf("store: import %d: %w", m.number, err)
	}
	return nil
}

// sink gathers what a parser hands on into chunks.
type sink struct {
	ctx context.Context
	m   *importing
}

func (s sink) Record(r bot.ImportRecord) error {
	s.m.next.add(r)
	return s.flushWhenFull()
}

// Merge comes after the records before it and before those after it.
func (s sink) Merge(merge bot.Merge) error {
	if err := s.m.flush(s.ctx); err != nil {
		return err
	}
	return s.m.merge(s.ctx, merge)
}

func (s sink) Quarantine(q bot.Quarantined) error { return s.m.quarantine(s.ctx, q) }

func (s sink) flushWhenFull() error {
	if s.m.next.full() {
		return s.m.flush(s.ctx)
	}
	return nil
}

// quarantine keeps an item with the next chunk.
func (m *importing) quarantine(ctx context.Context, q bot.Quarantined) error {
	m.next.addQuarantined(q)
	return sink{ctx, m}.flushWhenFull()
}
