package store

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"careline/bot"
)

// A chunk is saved when it holds this much: enough that a statement's cost
// vanishes among its rows, little enough to bound the memory of any file.
const (
	chunkResults = 2000
	chunkRecords = 1000
	chunkBytes   = 4 << 20 // of quarantined payloads
)

// chunk is what was read and not saved yet.
type chunk struct {
	records     []bot.ImportRecord
	results     int
	quarantined []bot.Quarantined
	bytes       int // of quarantined payloads
}

func (c *chunk) add(r bot.ImportRecord) {
	c.records = append(c.records, r)
	c.results += len(r.Report.Results)
}

func (c *chunk) addQuarantined(q bot.Quarantined) {
	c.quarantined = append(c.quarantined, q)
	c.bytes += len(q.Payload.Plain())
}

func (c *chunk) full() bool {
	return c.results >= chunkResults || len(c.records) >= chunkRecords || len(c.quarantined) >= chunkRecords || c.bytes >= chunkBytes
}

// mostTries bounds how often a chunk is worked out anew because another import
// stored the same patient or report in between.
const mostTries = 10

// flush saves the chunk: one round trip to read what is known of its patients,
// reports and results, one to write what it changes. When another import made
// one of them meanwhile, the chunk goes back to its savepoint and sees it then.
func (m *importing) flush(ctx context.Context) error {
	if m.number != 0 && len(m.next.records) == 0 && len(m.next.quarantined) == 0 {
		return nil
	}
	for range mostTries {
		known, err := m.look(ctx)
		if err != nil {
			return fmt.Errorf("store: look up a chunk of import %d: %w", m.number, err)
		}
		p := m.plan(known)
		saved, err := m.save(ctx, p)
		if err != nil {
			return fmt.Errorf("store: save a chunk of import %d: %w", m.number, err)
		}
		if saved {
			m.count(p)
			m.next = chunk{}
			return nil
		}
		if _, err := m.tx.Exec(ctx, `rollback to savepoint chunk`); err != nil {
			return err
		}
	}
	return bot.Errorf(bot.KindUnavailable, "同一批结果正在从别处导入，请稍后再试。 The same results are being imported elsewhere; please try again in a moment.", "store: a chunk of import %d met other imports %d times", m.number, mostTries)
}

// plan decides record by record, in the file's order, what the chunk writes.
func (m *importing) plan(k *known) *plan {
	p := &plan{known: k, importing: m}
	for _, q := range m.next.quarantined {
		p.quarantine(q)
	}
	for _, r := range m.next.records {
		if refuse := p.record(r); refuse != "" {
			p.quarantine(bot.Quarantined{Position: r.Position, Reason: refuse, Format: RecordFormat, Payload: recordPayload(r)})
		}
	}
	return p
}

// plan is what a chunk writes.
type plan struct {
	*known
	importing   *importing
	quarantined []quarantineRow
	touched     []bot.PatientID
}

func (p *plan) quarantine(q bot.Quarantined) {
	p.quarantined = append(p.quarantined, quarantineOf(q, p.importing.Source))
}

// record takes in one record, or says why it cannot be trusted; then nothing of
// it is taken in.
func (p *plan) record(r bot.ImportRecord) (refuse string) {
	if refuse := unfit(r); refuse != "" {
		return refuse
	}
	who, refuse := p.match(r.Patient)
	if refuse != "" {
		return refuse
	}
	if r.Report.Number != "" {
		if known := p.reports[keyOf(r.Report)]; known != nil && known.owner != who {
			return "the report number is known for another patient"
		}
	}
	p.complete(who, r.Patient)
	p.touched = append(p.touched, who.id)
	if r.Report.Number == "" {
		return ""
	}
	report := p.report(who, r.Report)
	for _, x := range r.Report.Results {
		p.result(report, normal(x, r.Report))
	}
	return ""
}

// count adds a saved chunk to the summary.
func (m *importing) count(p *plan) {
	for _, r := range m.next.records {
		if r.Report.Number != "" {
			m.reports[maphash.Comparable(m.seed, keyOf(r.Report))] = true
		}
		m.summary.Results += len(r.Report.Results)
		for _, x := range r.Report.Results {
			if x.Analyte == "" {
				m.summary.Unmapped++
			}
		}
	}
	for _, who := range p.touched {
		m.people[who] = true
	}
	for _, r := range p.headers {
		m.noteReady(r)
	}
	for _, x := range p.written {
		m.summary.Changed += x.changes
		if x.changes > 0 {
			m.triage[x.now.Report] = x.now.Patient
		}
		if x.stored && corrects(x.before, x.now) {
			m.changed = append(m.changed, resultChange{Result: x.now.ID, Patient: x.now.Patient, Report: x.now.Report})
		}
	}
	for _, q := range p.quarantined {
		m.summary.Quarantined++
		m.reason = q.Reason
	}
}

// missingReport is PostgreSQL's code for a foreign key without its row: results
// of a report that another import added first, under its own id.
const missingReport = "23503"

// save writes the plan in one round trip. It says no when a patient, an
// identifier or a report turned out to be known by now.
func (m *importing) save(ctx context.Context, p *plan) (saved bool, err error) {
	b := &pgx.Batch{}
	saved = true
	expect := func(sql string, rows int, args ...any) {
		b.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error {
			saved = saved && tag.RowsAffected() == int64(rows)
			return nil
		})
	}
	if err := p.queuePeople(b, expect); err != nil {
		return false, err
	}
	p.queueReports(expect)
	p.queueResults(b)
	p.queueQuarantine(b)
	err = send(ctx, m.tx, b)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == missingReport {
		return false, nil
	}
	return saved, err
}
