package labs

import (
	"strings"

	"careline/bot"
)

// resultStatus reads OBX-11 by HL7 table 0085 (v2.1 to v2.8) as FHIR's observation
// status, by HL7's v2-to-FHIR concept map where that is decided.
func resultStatus(code string) bot.ResultStatus {
	switch code {
	case "F", "U", "V": // final; made final without sending it again; verified
		return bot.StatusFinal
	case "C":
		return bot.StatusCorrected
	case "A", "B": // amended for the patient's data; appended
		return bot.StatusAmended
	case "P", "R", "S": // preliminary; entered, not verified; partial
		return bot.StatusPreliminary
	case "I", "O": // pending; order detail without result
		return bot.StatusRegistered
	case "X", "N": // cannot be obtained; not asked
		return bot.StatusCancelled
	case "W", "D": // wrong, such as another patient's; deleted
		return bot.StatusError
	}
	return bot.StatusUnknown
}

// orderStatus reads OBR-25 by HL7 table 0123.
func orderStatus(code string) bot.ResultStatus {
	switch code {
	case "F":
		return bot.StatusFinal
	case "C":
		return bot.StatusCorrected
	case "P", "R", "A": // A: some of the results are there
		return bot.StatusPreliminary
	case "I", "O", "S":
		return bot.StatusRegistered
	case "X":
		return bot.StatusCancelled
	}
	return bot.StatusUnknown
}

// absence is why a result has no value that counts, in FHIR's codes for it.
func absence(code string) string {
	switch code {
	case "I":
		return "temp-unknown"
	case "X":
		return "not-performed"
	case "N":
		return "not-asked"
	case "O":
		return "not-applicable"
	}
	return "unknown"
}

// valueless reports whether a status says that there is no value yet, or none at
// all: what stands in its place, such as 0, is none.
func valueless(code string) bool { return code != "" && strings.Contains("IXNO", code) }

// statusCode is a status field's letter.
func (m *hl7Message) statusCode(field string) string {
	return strings.ToUpper(m.said(m.part(m.first(field), 1), mostName))
}

// statusIn is a result's status; within an order that was cancelled it is the
// order's, and one that states none has the order's.
func statusIn(code, order string) bot.ResultStatus {
	switch {
	case order == "X" && resultStatus(code) != bot.StatusError:
		return bot.StatusCancelled
	case code == "":
		return orderStatus(order)
	}
	return resultStatus(code)
}

// hl7ReportStatus is what a report's results come to, where its order states nothing:
// withdrawn ones do not count beside others.
func hl7ReportStatus(results []bot.Result) bot.ResultStatus {
	has := map[bot.ResultStatus]bool{}
	for _, r := range results {
		has[r.Status] = true
	}
	for _, status := range []bot.ResultStatus{
		bot.StatusUnknown, bot.StatusPreliminary, bot.StatusCorrected, bot.StatusAmended, bot.StatusFinal, bot.StatusRegistered, bot.StatusCancelled, bot.StatusError,
	} {
		switch {
		case has[status] && status.Usable() && has[bot.StatusRegistered]:
			return bot.StatusPreliminary
		case has[status]:
			return status
		}
	}
	return bot.StatusUnknown
}

// hl7Specimen sorts a specimen by its code in HL7 tables 0070 and 0487 or SNOMED CT.
func hl7Specimen(code string) bot.Specimen {
	switch strings.ToUpper(code) {
	case "BLD", "BLDA", "BLDC", "BLDV", "BLDCO", "CBLD", "WB", "SER", "PLAS", "PLB", "PPP", "PRP", "119297000", "119364003", "119361006":
		return bot.SpecimenBlood
	case "UR", "URC", "URT", "RANDU", "122575003", "278020009":
		return bot.SpecimenUrine
	case "STL", "119339001":
		return bot.SpecimenStool
	}
	return bot.SpecimenUnknown
}
