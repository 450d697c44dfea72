package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// BenchmarkImport imports 100,000 results in 10,000 reports of 5,000 patients, and
// compares that with the same rows through bare staging tables into the same
// tables ("of_staging": 1 would be as fast).
func BenchmarkImport(b *testing.B) {
	const reports = 10_000
	for b.Loop() {
		b.StopTimer()
		records := make([]bot.ImportRecord, reports)
		for i := range records {
			records[i] = benchRecord(i/2, i)
		}
		s, db := storetest.New(b)
		bare := staged(b, db, records)
		b.StartTimer()
		began := time.Now()
		importAll(b, s, records)
		took := time.Since(began)
		b.ReportMetric(reports*10/took.Seconds(), "results/s")
		b.ReportMetric(bare.Seconds()/took.Seconds(), "of_staging")
		began = time.Now()
		importAll(b, s, records)
		b.ReportMetric(reports*10/time.Since(began).Seconds(), "again_results/s")
	}
}

// BenchmarkImportSmall imports messages of one report with 10 results over 16
// goroutines, a transaction each.
func BenchmarkImportSmall(b *testing.B) {
	s, _ := storetest.New(b)
	next := make(chan int)
	var group sync.WaitGroup
	b.ResetTimer()
	for range 16 {
		group.Go(func() {
			for i := range next {
				importAll(b, s, []bot.ImportRecord{benchRecord(i, i)})
			}
		})
	}
	for i := range b.N {
		next <- i
	}
	close(next)
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func importAll(t testing.TB, s *store.Store, records []bot.ImportRecord) {
	_, err := s.Import(context.Background(), storetest.Hospital, bot.Actor{Kind: "operator"}, store.ImportOptions{}, storetest.Now, func(to bot.ImportSink) (bot.ImportHead, error) {
		for _, r := range records {
			if err := to.Record(r); err != nil {
				return bot.ImportHead{}, err
			}
		}
		return bot.ImportHead{Format: "hl7"}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

func benchRecord(patient, report int) bot.ImportRecord {
	at := storetest.Now.Add(time.Duration(report) * time.Second)
	r := bot.ImportRecord{
		Patient: bot.Patient{Identifiers: []bot.Identifier{{System: "hospital", Type: "MR", Value: fmt.Sprintf("P-%d", patient)}}, Name: bot.T(fmt.Sprintf("Patient %d", patient)), Sex: bot.SexFemale, BirthDate: "1980-03-05"},
		Report:  bot.Report{System: "lab", Number: fmt.Sprintf("R-%d", report), Title: "血常规", Status: bot.StatusFinal, Laboratory: "Central", CollectedAt: at, IssuedAt: at},
	}
	for i := range 10 {
		r.Report.Results = append(r.Report.Results, bot.Result{
			SourceID: fmt.Sprint(i), Name: fmt.Sprintf("Item %d", i), Code: "718-7", Analyte: bot.AnalyteID(fmt.Sprintf("A%d", i)), Specimen: bot.SpecimenBlood,
			Value:    bot.Value{Printed: fmt.Sprintf("1%d.%d", i, report%10), Number: bot.MustDecimal(fmt.Sprintf("1%d.%d", i, report%10)), Unit: "g/L", UCUM: "g/L"},
			Interval: bot.Interval{Printed: "3.5-20", Low: bot.MustDecimal("3.5"), High: bot.MustDecimal("20")}, Direction: bot.DirectionWithin, Status: bot.StatusFinal, EffectiveAt: at,
		})
	}
	return r
}

var errUndo = errors.New("undo")

// names are the columns' names of a table's definition.
func names(columns string) (all []string) {
	for c := range strings.SplitSeq(columns, ", ") {
		name, _, _ := strings.Cut(c, " ")
		all = append(all, name)
	}
	return all
}

// staged copies the rows into temporary tables and from there into the real
// ones, undone at the end.
func staged(b *testing.B, db *postgres.DB, records []bot.ImportRecord) (took time.Duration) {
	b.Helper()
	ctx := b.Context()
	var people, reports, results [][]any
	for i, r := range records {
		if i%2 == 0 {
			people = append(people, []any{int64(i/2 + 1), r.Patient.Identifiers[0].Value, make([]byte, 60), make([]byte, 32)})
		}
		reports = append(reports, []any{int64(i + 1), int64(i/2 + 1), r.Report.Number, r.Report.Title, r.Report.IssuedAt})
		for _, x := range r.Report.Results {
			results = append(results, []any{int64(i + 1), int64(i/2 + 1), x.SourceID, x.Name, x.Code, string(x.Analyte), string(x.Specimen), x.Value.Printed, x.Value.Number.String(), x.Value.Unit,
				x.Interval.Printed, x.Interval.Low.String(), x.Interval.High.String(), x.EffectiveAt})
		}
	}
	err := db.In(ctx, storetest.Hospital, func(tx pgx.Tx) error {
		began := time.Now()
		defer func() { took = time.Since(began) }()
		for _, t := range []struct {
			table, columns string
			rows           [][]any
			into           string
		}{
			{"s_people", "id bigint, value text, name bytea, hash bytea", people, `insert into patients (institution_id, id, name_enc, name_hash, created_at) overriding system value select 'hospital', id, name, hash, now() from s_people`},
			{"s_ids", "id bigint, value text, name bytea, hash bytea", people, `insert into patient_identifiers select 'hospital', 'hospital', 'MR', value, id from s_ids`},
			{"s_reports", "id bigint, patient bigint, number text, title text, issued timestamptz", reports,
				`insert into reports (institution_id, id, patient_id, system, number, title, status, collected_at, issued_at, created_at, updated_at) overriding system value select 'hospital', id, patient, 'lab', number, title, 'final', issued, issued, now(), now() from s_reports`},
			{"s_results", "report bigint, patient bigint, source text, name text, code text, analyte text, specimen text, value text, number text, unit text, range text, low text, high text, at timestamptz", results,
				`insert into results (institution_id, report_id, patient_id, source_id, name, code, analyte_id, specimen, value_printed, value_number, unit_printed, unit_ucum, range_printed, range_low, range_high, direction, status, effective_at, released_at)
					select 'hospital', report, patient, source, name, code, analyte, specimen, value, number, unit, unit, range, low, high, 'within', 'final', at, at from s_results`},
		} {
			if _, err := tx.Exec(ctx, `create temporary table `+t.table+` (`+t.columns+`) on commit drop`); err != nil {
				return err
			}
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, names(t.columns), pgx.CopyFromRows(t.rows)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, t.into); err != nil {
				return err
			}
		}
		return errUndo
	})
	if err != errUndo {
		b.Fatal(err)
	}
	return took
}
