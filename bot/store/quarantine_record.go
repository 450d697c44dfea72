package store

import (
	"encoding/json"

	"careline/bot"
)

// RecordFormat is the quarantine's format of a record as the parser handed it on;
// RecordOf reads it.
const RecordFormat = "record"

// plainRecord is a record whole, with the texts that print as redacted elsewhere.
type plainRecord struct {
	Identifiers []bot.Identifier
	Name        string
	Phone       string
	Sex         bot.Sex
	BirthDate   bot.Date
	Pregnant    bool
	Report      bot.Report
	Position    string
}

func recordPayload(r bot.ImportRecord) bot.Text {
	p := r.Patient
	// A struct of texts, numbers and times always encodes.
	whole, _ := json.Marshal(plainRecord{p.Identifiers, p.Name.Plain(), p.Phone.Plain(), p.Sex, p.BirthDate, p.Pregnant, r.Report, r.Position})
	return bot.T(string(whole))
}

// RecordOf reads a quarantined record back, as it was handed to the store.
func RecordOf(payload bot.Text) (bot.ImportRecord, error) {
	var p plainRecord
	if err := json.Unmarshal([]byte(payload.Plain()), &p); err != nil {
		// The decoder's own error quotes what it read.
		return bot.ImportRecord{}, bot.Errorf(bot.KindInvalid, "This item is not a record that can be read again.", "store: a quarantined record does not decode")
	}
	patient := bot.Patient{Identifiers: p.Identifiers, Name: bot.T(p.Name), Phone: bot.T(p.Phone), Sex: p.Sex, BirthDate: p.BirthDate, Pregnant: p.Pregnant}
	return bot.ImportRecord{Patient: patient, Report: p.Report, Position: p.Position}, nil
}
