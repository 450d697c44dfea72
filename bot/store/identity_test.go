package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// hospital is a store with people, their reports and their accounts.
type hospital struct {
	*store.Store
	db *postgres.DB
}

func newHospital(t *testing.T) hospital {
	t.Helper()
	s, db := storetest.New(t)
	return hospital{s, db}
}

func someone(number, born string, sex bot.Sex) bot.Patient {
	return bot.Patient{Identifiers: identifiers(number), BirthDate: bot.Date(born), Sex: sex}
}

func identifiers(numbers ...string) (all []bot.Identifier) {
	for _, n := range numbers {
		all = append(all, bot.Identifier{System: "his", Type: "MR", Value: n})
	}
	return all
}

// potassium is a report with one result.
func potassium(number, value string, status bot.ResultStatus) bot.Report {
	return bot.Report{
		System: "lis", Number: number, Status: status, IssuedAt: storetest.Now.Add(-time.Hour), CollectedAt: storetest.Now.Add(-2 * time.Hour),
		Results: []bot.Result{{
			SourceID: "K", Name: "钾", Analyte: "K", Specimen: bot.SpecimenBlood, Status: status, Direction: bot.DirectionWithin,
			Value: bot.Value{Printed: value, Number: bot.MustDecimal(value), Unit: "mmol/L", UCUM: "mmol/L"}, Interval: bot.Interval{Printed: "3.5-5.3"},
		}},
	}
}

func (h hospital) load(t *testing.T, at time.Time, p bot.Patient, reports ...bot.Report) store.ImportSummary {
	t.Helper()
	return h.file(t, at, bot.ImportFile{Patients: []bot.ImportPatient{{Patient: p, Reports: reports}}})
}

func (h hospital) file(t *testing.T, at time.Time, file bot.ImportFile) store.ImportSummary {
	t.Helper()
	file.Format = "hl7"
	summary, err := h.SaveImport(t.Context(), storetest.Hospital, operator, file, at)
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

func (h hospital) patient(t *testing.T, number string) bot.PatientID {
	t.Helper()
	p, err := h.FindPatient(t.Context(), storetest.Hospital, number)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ids reads numbers.
func (h hospital) ids(t *testing.T, sql string, args ...any) (all []int64) {
	t.Helper()
	err := h.db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), sql, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (h hospital) number(t *testing.T, sql string, args ...any) int64 {
	t.Helper()
	all := h.ids(t, sql, args...)
	if len(all) != 1 {
		t.Fatalf("%s: %d rows", sql, len(all))
	}
	return all[0]
}

// owner is whose a report is; its results must agree.
func (h hospital) owner(t *testing.T, report string) bot.PatientID {
	t.Helper()
	return bot.PatientID(h.number(t, `select distinct x.patient_id from reports r join results x on x.report_id = r.id and x.patient_id = r.patient_id where r.number = $1`, report))
}

// bind binds an account, which agrees to have reports read.
func (h hospital) bind(t *testing.T, who string, patient bot.PatientID, at time.Time) bot.Conversation {
	t.Helper()
	c, err := h.Account(t.Context(), storetest.Hospital, "webchat", bot.T(who), bot.Chinese, at)
	if err != nil {
		t.Fatal(err)
	}
	code, factor, _, err := h.MakeBindCode(t.Context(), storetest.Hospital, operator, patient, store.CodeOptions{Valid: time.Minute}, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Bind(t.Context(), storetest.Hospital, c.Account, code, factor, bot.RelationSelf, at); err != nil {
		t.Fatal(err)
	}
	if err := h.Consent(t.Context(), storetest.Hospital, c.Account, bot.PurposeReadReports, "1", at); err != nil {
		t.Fatal(err)
	}
	return c
}

func (h hospital) bound(t *testing.T, c bot.Conversation) (patients []bot.PatientID) {
	t.Helper()
	all, err := h.Bindings(t.Context(), storetest.Hospital, c.Account)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		patients = append(patients, b.Patient)
	}
	return patients
}

// explained sends an answer about a report's result in the account's conversation.
func (h hospital) explained(t *testing.T, who, message, report string, at time.Time) {
	t.Helper()
	receive(t, h.Store, inbound(who, message, "血钾高吗"), at)
	turn := claim(t, h.Store, at.Add(3*time.Second))
	d := explain("在参考范围内")
	d.Patient = h.owner(t, report)
	d.Evidence.Facts = []bot.Fact{h.fact(t, report)}
	if _, err := h.Finish(t.Context(), turn, d, at); err != nil {
		t.Fatal(err)
	}
	sendAll(t, h.Store, at.Add(4*time.Second))
}

func (h hospital) fact(t *testing.T, report string) bot.Fact {
	t.Helper()
	f := bot.Fact{Kind: bot.FactResult, Analyte: "K", Direction: bot.DirectionWithin, At: storetest.Now.Add(-2 * time.Hour)}
	f.Result = bot.ResultID(h.number(t, `select x.id from results x join reports r on r.id = x.report_id where r.number = $1`, report))
	err := h.db.In(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select value_printed, unit_printed, range_printed, effective_at from results where id = $1`, int64(f.Result)).
			Scan(&f.Value.Printed, &f.Value.Unit, &f.Interval.Printed, &f.At)
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// jobs counts the jobs of a kind that were enqueued.
func (h hospital) jobs(t *testing.T, kind string) int64 {
	t.Helper()
	return h.number(t, `select count(*) from river.river_job where kind = $1`, kind)
}
