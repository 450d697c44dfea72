package labs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
	"careline/retrieval/labs"
)

// told is a file's content as a golden file shows it.
func told(f bot.ImportFile) string {
	var b strings.Builder
	fmt.Fprintf(&b, "format %s\n", f.Format)
	for _, p := range f.Patients {
		fmt.Fprintf(&b, "patient %v %q %s born %q phone %q\n", p.Patient.Identifiers, p.Patient.Name.Plain(), p.Patient.Sex, p.Patient.BirthDate, p.Patient.Phone.Plain())
		for _, r := range p.Reports {
			fmt.Fprintf(&b, "  report %s %s %q %s laboratory %q collected %s issued %s\n", r.System, r.Number, r.Title, r.Status, r.Laboratory, toldTime(r.CollectedAt), toldTime(r.IssuedAt))
			for _, x := range r.Results {
				fmt.Fprintf(&b, "    %s = %q number %s%s unit %q (%s) interval %q [%s, %s] flag %q\n", x.SourceID, x.Value.Printed, x.Value.Comparator, x.Value.Number, x.Value.Unit, x.Value.UCUM, x.Interval.Printed, x.Interval.Low, x.Interval.High, x.Flag)
				fmt.Fprintf(&b, "      analyte %q %s code %q specimen %q %s conflict %v problem %v absent %q note %q at %s\n", x.Analyte, x.Direction, x.Code, x.Specimen, x.Status, x.FlagConflict, x.UnitProblem, x.AbsentReason, x.Note, toldTime(x.EffectiveAt))
			}
		}
	}
	for _, q := range f.Quarantine {
		fmt.Fprintf(&b, "quarantine %s: %s (%s)\n    %s\n", q.Position, q.Reason, q.Format, strings.ReplaceAll(strings.TrimSpace(q.Payload.Plain()), "\n", "\n    "))
	}
	return b.String()
}

func toldTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(time.RFC3339)
}

// columnMap is the mapping file beside a sheet, nil if there is none.
func columnMap(t testing.TB, sheet string) *labs.ColumnMap {
	t.Helper()
	raw, err := os.ReadFile(strings.TrimSuffix(sheet, filepath.Ext(sheet)) + ".columns.yaml")
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := labs.ReadColumnMap(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSheetsOfLaboratorySystemsAreReadAsPrinted holds each sheet in
// testdata/sheets against its golden file; -update writes them anew.
func TestSheetsOfLaboratorySystemsAreReadAsPrinted(t *testing.T) {
	t.Parallel()
	sheets, err := filepath.Glob("testdata/sheets/*.[ct][sx][vt]")
	if err != nil || len(sheets) < 12 {
		t.Fatal(sheets, err)
	}
	for _, path := range sheets {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			o := shanghai(t)
			o.Columns = columnMap(t, path)
			f, err := labs.Parse(catalogue(t), filepath.Base(path), bytes.NewReader(raw), o)
			if err != nil {
				t.Fatal(err)
			}
			sameAsGolden(t, path+".golden", told(f))
			quarantineReadsAgain(t, f)
		})
	}
}

func sameAsGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Error(d)
	}
}

// quarantineReadsAgain checks that what was kept of a file is a file itself, and
// that reading it finds the same fault or, without its neighbours, none.
func quarantineReadsAgain(t *testing.T, f bot.ImportFile) {
	t.Helper()
	for _, q := range f.Quarantine {
		if q.Format != "csv" {
			continue
		}
		again, err := labs.Parse(catalogue(t), "again.csv", strings.NewReader(q.Payload.Plain()), shanghai(t))
		if err != nil {
			t.Errorf("%s: %s: %v", q.Position, q.Reason, err)
		}
		if again.Format != "csv" || len(again.Quarantine) == 0 && len(again.Patients) == 0 && !strings.HasPrefix(q.Reason, "column") {
			t.Errorf("%s: nothing is read again of %q", q.Position, q.Payload.Plain())
		}
	}
}
