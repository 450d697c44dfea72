package labs_test

import (
	"bytes"
	"flag"
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

var update = flag.Bool("update", false, "write the golden files anew")

// summary says what was read of a file, a line for each item.
func hl7Summary(f bot.ImportFile, err error) string {
	var b strings.Builder
	say := func(indent, name string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "{}" {
			fmt.Fprintf(&b, "%s%s: %s\n", indent, name, strings.ReplaceAll(s, "\n", " / "))
		}
	}
	if err != nil {
		say("", "refused", err.(*bot.Error).Person)
	}
	for _, p := range f.Patients {
		say("", "patient", p.Patient.Identifiers)
		say("  ", "born", strings.TrimSpace(string(p.Patient.Sex)+" "+string(p.Patient.BirthDate)))
		for _, r := range p.Reports {
			say("  ", "report", r.System+" "+r.Number)
			say("    ", "title", r.Title)
			say("    ", "status", r.Status)
			say("    ", "laboratory", r.Laboratory)
			say("    ", "collected", instant(r.CollectedAt))
			say("    ", "issued", instant(r.IssuedAt))
			for _, x := range r.Results {
				say("    ", "result", x.SourceID)
				sayResult(say, x)
			}
		}
	}
	for _, m := range f.Merges {
		say("", "merge", fmt.Sprint(m.Retired, " into ", m.Survivor.Identifiers))
	}
	for _, q := range f.Quarantine {
		say("", "quarantined", q.Position+": "+q.Reason)
	}
	return b.String()
}

func sayResult(say func(indent, name string, value any), x bot.Result) {
	for _, fact := range []struct {
		name  string
		value any
	}{
		{"name", x.Name}, {"code", x.Code}, {"part of", x.ParentID}, {"specimen", x.Specimen}, {"method", x.Method}, {"value", x.Value.Shown()}, {"number", x.Value.Number},
		{"unit", x.Value.Unit}, {"interval", x.Interval.Printed}, {"low", x.Interval.Low}, {"high", x.Interval.High}, {"flag", x.Flag}, {"status", x.Status},
		{"absent", x.AbsentReason}, {"note", x.Note}, {"at", instant(x.EffectiveAt)}, {"released", instant(x.IssuedAt)}, {"made by", x.Laboratory},
	} {
		say("      ", fact.name, fact.value)
	}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// shortNotes are the comments of files that are not ours, which a golden file only
// needs the beginning of.
func shortNotes(f *bot.ImportFile) {
	for _, p := range f.Patients {
		for _, r := range p.Reports {
			for i := range r.Results {
				if note := []rune(r.Results[i].Note); len(note) > 20 {
					r.Results[i].Note = fmt.Sprintf("%s … (%d characters)", string(note[:20]), len(note))
				}
			}
		}
	}
}

// golden compares what was read of a file with testdata/hl7/golden/<name>.txt.
func golden(t *testing.T, path string, ours bool) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(filepath.Base(path), ".hl7")
	f, err := labs.Parse(catalogue(t), name, bytes.NewReader(raw), shanghai(t))
	trusted(t, f, err)
	if !ours {
		shortNotes(&f)
	}
	got, file := hl7Summary(f, err), filepath.Join("testdata", "hl7", "golden", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// The facts of Microsoft's sample messages (MIT licence, see SOURCE.txt beside
// them) are in testdata/hl7/golden in our own words.
func TestRealHL7MessagesReadAsTheGoldenFilesSay(t *testing.T) {
	t.Parallel()
	folder := shared(t, "hl7v2")
	if folder == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.hl7"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		golden(t, path, false)
	}
}

// Messages as Chinese laboratory systems write them, of invented people.
func TestChineseMessagesReadAsTheGoldenFilesSay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "hl7", "*.hl7"))
	if err != nil || len(files) < 7 {
		t.Fatal("files are missing", err)
	}
	for _, path := range files {
		golden(t, path, true)
	}
}
