package labs

import (
	"fmt"

	"careline/bot"
)

// gather collects patients and their reports in the order of the file.
type gather struct {
	catalogue *Catalogue
	file      bot.ImportFile
	patients  map[string]int
	reports   map[string][2]int // patient and report index
}

func newGather(c *Catalogue, format string) *gather {
	return &gather{catalogue: c, file: bot.ImportFile{ImportHead: bot.ImportHead{Format: format}}, patients: map[string]int{}, reports: map[string][2]int{}}
}

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
	g.file.Quarantine = append(g.file.Quarantine, bot.Quarantined{Position: position, Reason: reason, Format: g.file.Format, Payload: bot.T(payload)})
}
