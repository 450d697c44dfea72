package labs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"careline/bot"
)

// csvSystem is the system of identifiers and report numbers that a sheet gives.
const csvSystem = "csv"

// identifierColumn is a column that identifies the patient. Numbers of different
// columns come from different series, so that each has a system of its own.
type identifierColumn struct {
	column string
	series string // behind the system's name
	kind   string // HL7 table 0203
}

// identifierColumns in the order of their use: the first that is filled in names
// the patient. A visit's number is last, it changes each time.
var identifierColumns = []identifierColumn{
	{"patient", "", "MR"}, {"card", "/card", "HC"}, {"national_id", "/national-id", "NI"}, {"inpatient", "/inpatient", "VN"},
	{"outpatient", "/outpatient", "VN"}, {"examination", "/examination", "VN"}, {"visit", "/visit", "VN"},
}

// lostDigits is a long number as a spreadsheet writes it that took it for a quantity.
var lostDigits = regexp.MustCompile(`^\d(?:\.\d+)?[eE]\+\d+$`)

// identifiers are those a line gives; the second result says why it cannot be trusted.
func (r sheetEntry) identifiers() ([]bot.Identifier, string) {
	system := cmp.Or(r.constant("identifier_system", r.sheetFile.columns.Constants.IdentifierSystem), csvSystem)
	all := make([]bot.Identifier, 0, 1)
	for _, i := range identifierColumns {
		value := r.said(i.column)
		if value == "" {
			continue
		}
		if lostDigits.MatchString(value) {
			return nil, "a spreadsheet has made a number of the identifier and cut its digits"
		}
		if i.kind == "NI" {
			value = strings.ToUpper(value)
		}
		all = append(all, bot.Identifier{System: system + i.series, Type: i.kind, Value: value})
	}
	if len(all) == 0 {
		return nil, "no patient identifier"
	}
	return all, ""
}

// reportNumber is the report's own number; where a sheet gives none, the patient
// and the time, with the sample's number of that day.
func (r sheetEntry) reportNumber() string {
	if number := r.said("report"); number != "" {
		return number
	}
	first := r.patient.Identifiers[0]
	number := first.Value
	if first.Type == "NI" {
		// A report's number is shown and logged; a national number must not be.
		sum := sha256.Sum256([]byte(first.Value))
		number = hex.EncodeToString(sum[:8])
	}
	number += "/" + r.reported.Format(time.RFC3339)
	if sample := r.said("sample"); sample != "" {
		number += "/" + sample
	}
	return number
}

// people are the identifiers of a file with the birth date and sex they came with,
// as 64-bit hashes: two that collide can at worst quarantine a line.
type people map[uint64]seenPerson

type seenPerson struct {
	born int32 // 19800305, 0 if unknown
	sex  uint8
}

var sexNumbers = map[bot.Sex]uint8{bot.SexFemale: 1, bot.SexMale: 2, bot.SexOther: 3}

// anotherPerson is why an item is refused whose patient was somebody else before.
const anotherPerson = "the identifier stands in the file with another birth date or sex"

// same reports whether none of a patient's identifiers stood before with another
// birth date or sex, and keeps what it says.
func (p people) same(patient bot.Patient) bool {
	now := seenPerson{sex: sexNumbers[patient.Sex]}
	if n, err := strconv.ParseInt(strings.ReplaceAll(string(patient.BirthDate), "-", ""), 10, 32); err == nil {
		now.born = int32(n)
	}
	for _, i := range patient.Identifiers {
		before := p[identifierHash(i)]
		if before.born != 0 && now.born != 0 && before.born != now.born || before.sex != 0 && now.sex != 0 && before.sex != now.sex {
			return false
		}
	}
	for _, i := range patient.Identifiers {
		key := identifierHash(i)
		kept := p[key]
		if kept.born == 0 {
			kept.born = now.born
		}
		if kept.sex == 0 {
			kept.sex = now.sex
		}
		p[key] = kept
	}
	return true
}

func identifierHash(i bot.Identifier) uint64 { return hashOf(i.System, i.Type, i.Value) }

// hashOf is the same in every process, so that a file's names do not change.
func hashOf(parts ...string) uint64 {
	d := xxhash.New()
	for _, p := range parts {
		_, _ = d.WriteString(p)
		_, _ = d.WriteString("\x00")
	}
	return d.Sum64()
}
