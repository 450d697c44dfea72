package store

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"careline/bot"
)

// person is a patient the chunk is about, as known so far.
type person struct {
	id          bot.PatientID
	sex         bot.Sex
	born        bot.Date
	mergedInto  bot.PatientID // 0: a patient of their own
	named       bool
	isNew       bool
	completed   bool     // something was learned of a known one
	name, phone bot.Text // to set
	pregnant    bool
	identifiers []bot.Identifier // to add
}

// partialDate is what the table accepts of a birth date.
var partialDate = regexp.MustCompile(`^(\d{4}(-\d\d(-\d\d)?)?)?$`)

// unfit says why a record cannot be stored whatever is known.
func unfit(r bot.ImportRecord) string {
	switch {
	case len(usable(r.Patient.Identifiers)) == 0:
		return "the patient has no identifier"
	case !partialDate.MatchString(string(r.Patient.BirthDate)):
		return "the birth date is not a date"
	case r.Report.Number == "" && len(r.Report.Results) > 0:
		return "the report has no number"
	case !storable(r.Patient.Name.Plain(), r.Patient.Phone.Plain(), r.Report.System, r.Report.Number, r.Report.Title, string(r.Report.Status), r.Report.Laboratory):
		return "a text holds characters that cannot be stored"
	}
	for _, i := range r.Patient.Identifiers {
		if !storable(i.System, i.Type, i.Value) {
			return "a text holds characters that cannot be stored"
		}
	}
	for _, x := range r.Report.Results {
		if refuse := unfitResult(x); refuse != "" {
			return refuse
		}
	}
	return ""
}

func unfitResult(x bot.Result) string {
	switch x.Value.Comparator {
	case "", "<", ">", "<=", ">=":
	default:
		return "a comparator is none we know"
	}
	if x.SourceID == "" {
		return "a result has no id of its own"
	}
	if !storable(x.SourceID, x.ParentID, x.Name, x.Code, string(x.Analyte), string(x.Specimen), x.Method, x.Value.Printed, x.Value.Unit, x.Value.UCUM,
		x.Interval.Printed, x.Flag, string(x.Status), x.AbsentReason, x.Note, x.Laboratory) {
		return "a text holds characters that cannot be stored"
	}
	return ""
}

// storable reports whether PostgreSQL takes the texts: UTF-8 without the zero character.
func storable(texts ...string) bool {
	for _, t := range texts {
		if strings.IndexByte(t, 0) >= 0 || !utf8.ValidString(t) {
			return false
		}
	}
	return true
}

func usable(all []bot.Identifier) (some []bot.Identifier) {
	for _, i := range all {
		if i.Value != "" {
			some = append(some, i)
		}
	}
	return some
}

// match finds the patient of the identifiers, making one if none is known.
// Identifiers that belong to different patients, or a known patient with another
// birth date or sex, match nobody. Names are never looked at.
func (k *known) match(p bot.Patient) (who *person, refuse string) {
	for _, i := range usable(p.Identifiers) {
		switch found := k.people[i]; {
		case found == nil:
		case who == nil:
			who = found
		case who != found:
			return nil, "the identifiers belong to different patients"
		}
	}
	switch {
	case who == nil:
		return &person{id: k.nextPatient(), isNew: true, sex: bot.SexUnknown, pregnant: p.Pregnant}, ""
	case !agree(who.born, p.BirthDate):
		return nil, "the identifier is known with another birth date"
	case statedSex(p.Sex) && statedSex(who.sex) && p.Sex != who.sex:
		return nil, "the identifier is known with another sex"
	}
	return who, ""
}

// agree reports whether two birth dates may be the same day: a partial one
// agrees with those it is the beginning of.
func agree(a, b bot.Date) bool {
	return strings.HasPrefix(string(a), string(b)) || strings.HasPrefix(string(b), string(a))
}

func statedSex(s bot.Sex) bool { return s == bot.SexFemale || s == bot.SexMale }

// complete adds identifiers and what was not known before; what is known stays.
func (p *plan) complete(who *person, from bot.Patient) {
	if who.isNew && len(who.identifiers) == 0 {
		p.newcomers = append(p.newcomers, who)
	}
	for _, i := range usable(from.Identifiers) {
		if p.people[i] == nil {
			p.people[i] = who
			who.identifiers = append(who.identifiers, i)
			p.identified = append(p.identified, identified{i, who.id})
		}
	}
	learned := false
	if statedSex(from.Sex) && !statedSex(who.sex) || from.Sex == bot.SexOther && who.sex == bot.SexUnknown {
		who.sex, learned = from.Sex, true
	}
	if len(from.BirthDate) > len(who.born) {
		who.born, learned = from.BirthDate, true
	}
	if !who.named && !from.Name.Empty() {
		who.named, who.name, learned = true, from.Name, true
	}
	if who.phone.Empty() {
		who.phone = from.Phone
	}
	if learned && !who.isNew && !who.completed {
		who.completed = true
		p.learned = append(p.learned, who)
	}
}
