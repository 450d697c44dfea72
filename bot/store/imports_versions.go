package store

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strconv"
	"time"

	"careline/bot"
)

// rank orders statuses: what is not released yet comes before what is, and of the
// released a later step of the result's life wins.
func rank(s bot.ResultStatus) (released bool, step int) {
	step = slices.Index([]bot.ResultStatus{bot.StatusFinal, bot.StatusAmended, bot.StatusCorrected, bot.StatusCancelled, bot.StatusError}, s)
	return step >= 0, max(step, 0)
}

// compareVersions says which of two versions of a result or a header is current:
// +1 the first, -1 the second, 0 the one that arrives later. A released one beats
// one that is not; then the later release, where unknown is earliest; then the
// status. So the order in which files arrive does not matter.
func compareVersions(status bot.ResultStatus, at time.Time, otherStatus bot.ResultStatus, otherAt time.Time) int {
	released, step := rank(status)
	otherReleased, otherStep := rank(otherStatus)
	if released != otherReleased {
		if released {
			return 1
		}
		return -1
	}
	return cmp.Or(at.Compare(otherAt), cmp.Compare(step, otherStep))
}

// versionDigest names what was printed: two versions with the same digest are the
// same. What the catalogue makes of it is not part: the analyte, the specimen it
// settles, the unit's code, the direction and the problems, and the bounds where
// they are read from a printed interval.
func versionDigest(r bot.Result) (sum [16]byte) {
	raw := make([]byte, 0, 256)
	for _, text := range []string{
		r.ParentID, r.Name, r.Code, r.Method, r.Value.Printed, r.Value.Number.String(), r.Value.Comparator, r.Value.Unit,
		r.Interval.Printed, r.Flag, string(r.Status), r.AbsentReason, r.Note, r.Laboratory,
	} {
		raw = strconv.AppendInt(raw, int64(len(text)), 10)
		raw = append(append(raw, ':'), text...)
	}
	if r.Interval.Printed == "" {
		raw = append(append(append(raw, r.Interval.Low.String()...), ' '), r.Interval.High.String()...)
		raw = strconv.AppendBool(strconv.AppendBool(raw, r.Interval.LowOpen), r.Interval.HighOpen)
	}
	raw = strconv.AppendInt(append(raw, ' '), r.EffectiveAt.UnixMicro(), 10)
	raw = strconv.AppendInt(append(raw, ' '), r.IssuedAt.UnixMicro(), 10)
	whole := sha256.Sum256(raw)
	return [16]byte(whole[:16])
}

// mapping is what the catalogue makes of a printed result.
type mapping struct {
	analyte                   bot.AnalyteID
	specimen                  bot.Specimen
	ucum                      string
	low, high                 bot.Decimal
	lowOpen, highOpen         bool
	direction                 bot.Direction
	flagConflict, unitProblem bool
}

func mappingOf(r bot.Result) mapping {
	return mapping{r.Analyte, r.Specimen, r.Value.UCUM, r.Interval.Low, r.Interval.High, r.Interval.LowOpen, r.Interval.HighOpen, r.Direction, r.FlagConflict, r.UnitProblem}
}

// sameSpecimen holds where one of them is not known: mapping settles it.
func sameSpecimen(a, b bot.Result) bool {
	return a.Specimen == b.Specimen || a.Specimen == bot.SpecimenUnknown || b.Specimen == bot.SpecimenUnknown
}

// corrects reports whether a result that an answer may have stated says something
// else now, or nothing.
func corrects(before, now bot.Result) bool {
	if !before.Status.Usable() || before.Value.Printed == "" {
		return false
	}
	return before.Status != now.Status || before.Value.Printed != now.Value.Printed || before.Value.Comparator != now.Value.Comparator ||
		before.Value.Unit != now.Value.Unit || before.Interval.Printed != now.Interval.Printed ||
		now.Interval.Printed == "" && (before.Interval.Low != now.Interval.Low || before.Interval.High != now.Interval.High)
}
