package labs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"careline/bot"
)

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 64 << 20

// Options for Parse.
type Options struct {
	Location *time.Location // of times without a zone; UTC if nil
}

// Parse reads a file of results: FHIR R4 JSON, else CSV in UTF-8. A malformed
// file is refused whole with KindInvalid; an item that cannot be trusted is
// quarantined and the rest goes in.
func Parse(c *Catalogue, name string, r io.Reader, o Options) (bot.ImportFile, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return bot.ImportFile{}, bot.Errorf(bot.KindInvalid, "The file cannot be read.", "labs: %w", err)
	}
	if len(raw) > MaxFile {
		return bot.ImportFile{}, bot.Errorf(bot.KindInvalid, "The file is larger than 64 MiB; split it.", "labs: file too large")
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	sum := sha256.Sum256(raw)
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if err := checkCharset(raw); err != nil {
		return bot.ImportFile{}, err
	}
	text := bytes.TrimSpace(raw)
	var file bot.ImportFile
	switch {
	case len(text) == 0:
		return file, bot.Errorf(bot.KindInvalid, "The file is empty; export FHIR R4 JSON or CSV in UTF-8.", "labs: empty file")
	case text[0] == '{' || text[0] == '[' || strings.HasSuffix(strings.ToLower(name), ".json"):
		file, err = parseFHIR(c, text, o)
	default:
		file, err = parseCSV(c, raw, o)
	}
	if err != nil {
		return bot.ImportFile{}, err
	}
	file.Digest = hex.EncodeToString(sum[:])
	return file, nil
}

// checkCharset names the encoding that older Chinese systems export, so that the
// operator knows what to change.
func checkCharset(raw []byte) error {
	if utf8.Valid(raw) && bytes.IndexByte(raw, 0) < 0 {
		return nil
	}
	encoding := "not UTF-8"
	if decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw); err == nil && bytes.IndexByte(raw, 0) < 0 && !bytes.Contains(decoded, []byte("\ufffd")) {
		encoding = "GB18030, not UTF-8"
	}
	return bot.Errorf(bot.KindInvalid, fmt.Sprintf("The file is %s; export it as FHIR R4 JSON or CSV in UTF-8.", encoding), "labs: wrong charset")
}

// gather collects patients and their reports in the order of the file.
type gather struct {
	catalogue *Catalogue
	file      bot.ImportFile
	patients  map[string]int
	reports   map[string][2]int // patient and report index
}

func newGather(c *Catalogue, format string) *gather {
	return &gather{catalogue: c, file: bot.ImportFile{Format: format}, patients: map[string]int{}, reports: map[string][2]int{}}
}

// anotherPerson is why an item is refused whose patient was somebody else before.
const anotherPerson = "the identifier stands in the file with another birth date or sex"

// patient is the index of the patient with a key, added on first sight; false
// when the key has been seen with another birth date or sex.
func (g *gather) patient(key string, p bot.Patient) (int, bool) {
	i, known := g.patients[key]
	if !known {
		i = len(g.file.Patients)
		g.patients[key] = i
		g.file.Patients = append(g.file.Patients, bot.ImportPatient{Patient: p})
		return i, true
	}
	first := &g.file.Patients[i].Patient
	if first.BirthDate != "" && p.BirthDate != "" && first.BirthDate != p.BirthDate || first.Sex != bot.SexUnknown && p.Sex != bot.SexUnknown && first.Sex != p.Sex {
		return 0, false
	}
	if first.BirthDate == "" {
		first.BirthDate = p.BirthDate
	}
	if first.Sex == bot.SexUnknown {
		first.Sex = p.Sex
	}
	return i, true
}

// report is the patient's report with a key, added on first sight.
func (g *gather) report(patient int, r bot.Report) *bot.Report {
	key := fmt.Sprintf("%d\x00%s\x00%s", patient, r.System, r.Number)
	at, known := g.reports[key]
	if !known {
		at = [2]int{patient, len(g.file.Patients[patient].Reports)}
		g.reports[key] = at
		g.file.Patients[patient].Reports = append(g.file.Patients[patient].Reports, r)
	}
	return &g.file.Patients[at[0]].Reports[at[1]]
}

func (g *gather) quarantine(position, reason, payload string) {
	g.file.Quarantine = append(g.file.Quarantine, bot.Quarantined{Position: position, Reason: reason, Payload: bot.T(payload)})
}
