package labs

import (
	"fmt"

	"careline/bot"
)

// collector puts records together again by patient and report.
type collector struct {
	file     bot.ImportFile
	patients map[string]int
	reports  map[string]int
}

// Record adds a record's results to its patient's report.
func (c *collector) Record(r bot.ImportRecord) error {
	key := fmt.Sprintf("%q", r.Patient.Identifiers)
	i, known := c.patients[key]
	if !known {
		i = len(c.file.Patients)
		c.patients[key] = i
		c.file.Patients = append(c.file.Patients, bot.ImportPatient{Patient: r.Patient})
	}
	p := &c.file.Patients[i]
	if r.Report.Number == "" {
		return nil
	}
	key = fmt.Sprintf("%d %q %q", i, r.Report.System, r.Report.Number)
	n, known := c.reports[key]
	if !known {
		c.reports[key] = len(p.Reports)
		p.Reports = append(p.Reports, r.Report)
		return nil
	}
	p.Reports[n].Results = append(p.Reports[n].Results, r.Report.Results...)
	return nil
}

// Quarantine keeps an item.
func (c *collector) Quarantine(q bot.Quarantined) error {
	c.file.Quarantine = append(c.file.Quarantine, q)
	return nil
}

// Merge keeps a merge.
func (c *collector) Merge(m bot.Merge) error {
	c.file.Merges = append(c.file.Merges, m)
	return nil
}
