package labs

import (
	"slices"

	"careline/bot"
)

// Systems and codes of FHIR R4's required and extensible bindings that an export
// writes (hl7.org/fhir/R4/terminologies-valuesets.html).
const (
	categorySystem = "http://terminology.hl7.org/CodeSystem/observation-category"
	flagSystem     = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
	absentSystem   = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
	typeSystem     = "http://terminology.hl7.org/CodeSystem/v2-0203"
)

func flagCode(s string) bool {
	return slices.Contains([]string{"H", "L", "HH", "LL", "N", "A", "AA", "HU", "LU", "POS", "NEG", "IND", "S", "R", "I", "<", ">"}, s)
}

func absentCode(s string) bool {
	return slices.Contains([]string{
		"unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked", "not-applicable", "unsupported", "as-text", "error", "not-a-number",
		"negative-infinity", "positive-infinity", "not-performed", "not-permitted",
	}, s)
}

func identifierType(s string) bool {
	return slices.Contains([]string{"MR", "PI", "PN", "PT", "SS", "NI", "PPN", "DL", "VN", "AN", "HC", "JHN", "NH", "NIIP", "MC", "U"}, s)
}

func resultStatusCode(s bot.ResultStatus) bool {
	return slices.Contains([]bot.ResultStatus{
		bot.StatusRegistered, bot.StatusPreliminary, bot.StatusFinal, bot.StatusAmended, bot.StatusCorrected, bot.StatusCancelled, bot.StatusError, bot.StatusUnknown,
	}, s)
}

func reportStatusCode(s bot.ResultStatus) bool {
	return s == "partial" || s == "appended" || resultStatusCode(s)
}
