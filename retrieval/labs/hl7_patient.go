package labs

import (
	"strings"
	"unicode"

	"careline/bot"
)

// patient reads a PID segment. A newborn's mother (PID-21) is somebody else.
func (m *hl7Message) patient(pid hl7Segment) bot.Patient {
	p := bot.Patient{
		Identifiers: m.identifiers(pid.field(3), ""), Name: bot.T(m.personName(pid.field(5))), Sex: m.sex(pid.field(8)),
		BirthDate: m.birthDay(pid.field(7)), Phone: bot.T(m.phone(pid.field(13))),
	}
	if m.before("2.3.1") || len(p.Identifiers) == 0 {
		p.Identifiers = append(p.Identifiers, m.identifiers(pid.field(2), externalID)...)
		p.Identifiers = append(p.Identifiers, m.identifiers(pid.field(4), alternateID)...)
	}
	return p
}

// The types of the identifiers in PID-2 (table 0203) and PID-4, which name none.
const (
	externalID  = "PT"
	alternateID = "alternate"
)

// before reports whether the message is of a version of HL7 before another.
func (m *hl7Message) before(version string) bool {
	stated := m.said(m.part(m.header(12), 1), mostName)
	return strings.HasPrefix(stated, "2.") && stated < version
}

// identifiers reads a field of type CX: id ^ check digit ^ scheme ^ authority ^ type.
// One without an authority is the sending facility's.
func (m *hl7Message) identifiers(field, kind string) []bot.Identifier {
	var all []bot.Identifier
	for _, s := range m.repeats(field) {
		i := bot.Identifier{Value: m.key(m.part(s, 1)), System: m.authority(m.part(s, 4)), Type: m.key(m.part(s, 5))}
		if i.Type == "" {
			i.Type = kind
		}
		if strings.Trim(i.Value, "0") != "" {
			all = append(all, i)
		}
	}
	return all
}

// authority is the namespace of an HD whose parts are subcomponents, else its
// universal id, else the sender.
func (m *hl7Message) authority(hd string) string {
	for n := range 2 {
		if name := m.key(m.subpart(hd, n+1)); name != "" {
			return name
		}
	}
	return m.sender()
}

// sender names the sending facility, else the sending application.
func (m *hl7Message) sender() string {
	for _, field := range []string{m.header(4), m.header(3)} {
		for n := range 2 {
			if name := m.key(m.part(field, n+1)); name != "" {
				return name
			}
		}
	}
	return hl7Format
}

// personName is a name as it is written: Chinese names family name first, without
// a space.
func (m *hl7Message) personName(field string) string {
	for _, s := range m.repeats(field) {
		family, given, middle := m.said(m.subpart(m.part(s, 1), 1), mostName), m.said(m.part(s, 2), mostName), m.said(m.part(s, 3), mostName)
		name := strings.Join(strings.Fields(given+" "+middle+" "+family), " ")
		if strings.ContainsFunc(family, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			name = family + given + middle
		}
		if name != "" {
			return readable(name, mostName)
		}
	}
	return ""
}

// sex reads table 0001.
func (m *hl7Message) sex(field string) bot.Sex {
	return m.catalogue.words.sexOf(m.said(m.part(field, 1), mostName))
}

// phone is the first telephone number of a field of type XTN: as one text, or its
// parts.
func (m *hl7Message) phone(field string) string {
	for _, s := range m.repeats(field) {
		if kind := m.part(s, 3); kind == "Internet" || kind == "X.400" {
			continue
		}
		for _, text := range []string{m.part(s, 1), m.part(s, 12), m.part(s, 6) + m.part(s, 7)} {
			if number := m.said(text, mostName); number != "" {
				return number
			}
		}
	}
	return ""
}

// Why a patient's part of a message is not taken.
const (
	noIdentifier = "the patient has no identifier (PID-3)"
	noRetired    = "the merge names no identifier to retire (MRG-1), or the survivor's own"
)

// merge reads the pairs of PID and MRG of a merge.
func (m *hl7Message) merge() {
	var pid hl7Segment
	for _, s := range m.segments[1:] {
		switch {
		case s.id == "PID":
			if pid.id != "" {
				m.refuse(m.position, noRetired, m.segments[0], pid)
			}
			pid = s
		case s.id == "MRG" && pid.id == "":
			m.distrust("a merge (MRG) without the patient who stays (PID)")
		case s.id == "MRG":
			m.mergeOf(pid, s)
			pid = hl7Segment{}
		}
	}
	if pid.id != "" || len(m.merges)+len(m.quarantine) == 0 {
		m.distrust(noRetired)
	}
}

func (m *hl7Message) mergeOf(pid, mrg hl7Segment) {
	survivor, retired := m.patient(pid), m.identifiers(mrg.field(1), "")
	own := len(retired) == 0
	for _, i := range survivor.Identifiers {
		for _, r := range retired {
			own = own || i == r
		}
	}
	switch {
	case len(survivor.Identifiers) == 0:
		m.refuse(m.position, noIdentifier, m.segments[0], pid, mrg)
	case own:
		m.refuse(m.position, noRetired, m.segments[0], pid, mrg)
	default:
		m.merges = append(m.merges, bot.Merge{Survivor: survivor, Retired: retired, Position: m.position})
	}
}
