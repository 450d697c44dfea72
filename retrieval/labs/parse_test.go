package labs_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/retrieval/labs"
)

// theCatalogue is read once: it is read-only.
var theCatalogue = sync.OnceValues(labs.LoadCatalogue)

func catalogue(t testing.TB) *labs.Catalogue {
	t.Helper()
	c, err := theCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shanghai(t testing.TB) labs.Options {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return labs.Options{Location: zone}
}

func parse(t testing.TB, name, content string) (bot.ImportFile, error) {
	t.Helper()
	return labs.Parse(catalogue(t), name, strings.NewReader(content), shanghai(t))
}

// only is the one result of a file.
func only(t testing.TB, f bot.ImportFile, err error) bot.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Patients) != 1 || len(f.Patients[0].Reports) != 1 || len(f.Patients[0].Reports[0].Results) != 1 {
		t.Fatalf("not one result: %+v", f)
	}
	return f.Patients[0].Reports[0].Results[0]
}

func TestAMalformedFileIsRefusedWholeWithOneSentence(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ content, says string }{
		"empty":        {"  \n", "empty"},
		"half JSON":    {`{"resourceType":"Bundle","entry":[`, "broken"},
		"two values":   {`{"resourceType":"Bundle"} {}`, "broken"},
		"other JSON":   {`{"resourceType":"Medication"}`, "FHIR"},
		"deep JSON":    {strings.Repeat(`{"a":[`, 5000), "nested"},
		"a letter":     {"Dear doctor, please find my results attached.", "column"},
		"no item":      {"病历号,结果,报告时间\nT-1,5,2026-11-02\n", "项目名称"},
		"open quote":   {csvHeader + "T-1,\"王", "Line 2"},
		"binary":       {"PK\x03\x04\x00\x00", "UTF-8"},
		"UTF-16":       {"\xff\xfe1\x00", "column"},
		"list of JSON": {`[1,2]`, "broken"},
	}
	for name, c := range cases {
		f, err := parse(t, "file", c.content)
		if bot.KindOf(err) != bot.KindInvalid || !strings.Contains(err.(*bot.Error).Person, c.says) || len(f.Patients) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// shared is the folder of real data, "" when it is not there to be read.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("CARELINE_SHARED")
	if root == "" {
		t.Log("CARELINE_SHARED is not set: the real files were not read")
		return ""
	}
	folder := filepath.Join(append([]string{root, "data"}, parts...)...)
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("CARELINE_SHARED is set and %v", err)
	}
	return folder
}

func TestRealFHIRFilesGoIn(t *testing.T) {
	t.Parallel()
	folder := shared(t, "fhir")
	if folder == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(folder, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := labs.Parse(catalogue(t), filepath.Base(path), bytes.NewReader(raw), shanghai(t))
		if err != nil && bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		results, mapped := 0, 0
		for _, p := range f.Patients {
			for _, r := range p.Reports {
				for _, x := range r.Results {
					results++
					if x.Analyte != "" {
						mapped++
					}
					if x.Value.Printed != "" && !bytes.Contains(raw, []byte(strings.Split(x.Value.Printed, ":")[0])) {
						t.Errorf("%s: the value %q is not in the file", filepath.Base(path), x.Value.Printed)
					}
				}
			}
		}
		if strings.Contains(path, "synthea") && mapped == 0 {
			t.Errorf("%s: %d results, none of them known", filepath.Base(path), results)
		}
		t.Logf("%s: %d results, %d mapped, %d quarantined, %v", filepath.Base(path), results, mapped, len(f.Quarantine), err)
	}
}

func TestAFilesDigestIsThatOfItsBytes(t *testing.T) {
	t.Parallel()
	content := "\ufeff" + csvHeader
	sum := sha256.Sum256([]byte(content))
	if f, err := parse(t, "r.csv", content); err != nil || f.Digest != hex.EncodeToString(sum[:]) {
		t.Errorf("%s, %v", f.Digest, err)
	}
}

func TestAFileBeyondTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	_, err := labs.Parse(catalogue(t), "r.csv", io.LimitReader(endless{}, 1<<40), shanghai(t))
	if bot.KindOf(err) != bot.KindInvalid || !strings.Contains(err.(*bot.Error).Person, "64 MiB") {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
