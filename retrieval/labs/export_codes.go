package labs

import "careline/bot"

// Systems and codes of FHIR R4's required and extensible bindings that an export
// writes (hl7.org/fhir/R4/terminologies-valuesets.html).
const (
	categorySystem = "http://terminology.hl7.org/CodeSystem/observation-category"
	flagSystem     = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
	absentSystem   = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
	typeSystem     = "http://terminology.hl7.org/CodeSystem/v2-0203"
)

var (
	flagCodes              = oneOf("H", "L", "HH", "LL", "N", "A", "AA", "HU", "LU", "POS", "NEG", "IND", "S", "R", "I", "<", ">")
	absentCodes            = oneOf("unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked", "not-applicable", "unsupported", "as-text", "error", "not-a-number", "negative-infinity", "positive-infinity", "not-performed", "not-permitted")
	patientIdentifierTypes = oneOf("MR", "PI", "PN", "PT", "SS", "NI", "PPN", "DL", "VN", "AN", "HC", "JHN", "NH", "NIIP", "MC", "U")
	resultStatuses         = oneOf(bot.StatusRegistered, bot.StatusPreliminary, bot.StatusFinal, bot.StatusAmended, bot.StatusCorrected, bot.StatusCancelled, bot.StatusError, bot.StatusUnknown)
	reportStatuses         = oneOf(bot.StatusRegistered, "partial", bot.StatusPreliminary, bot.StatusFinal, bot.StatusAmended, bot.StatusCorrected, "appended", bot.StatusCancelled, bot.StatusError, bot.StatusUnknown)
)

func oneOf[T comparable](values ...T) map[T]bool {
	all := map[T]bool{}
	for _, v := range values {
		all[v] = true
	}
	return all
}
