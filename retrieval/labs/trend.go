package labs

import (
	"math"
	"time"

	"careline/bot"
)

// point is an earlier result as part of a later one's trend.
func point(a Analyte, latest, earlier bot.Result, zone *time.Location) bot.Point {
	p := bot.Point{
		Result: earlier.ID, Value: earlier.Value, Interval: earlier.Interval, Direction: usableDirection(earlier), Date: bot.DateOf(earlier.EffectiveAt, zone), At: earlier.EffectiveAt,
		Changed: changedGround(latest, earlier, a.ByMethod),
	}
	p.Same = len(p.Changed) == 0
	if p.Same && a.Variation != nil && !latest.UnitProblem && !earlier.UnitProblem {
		p.Move = a.Variation.move(earlier.Value, latest.Value)
	}
	return p
}

// changedGround is what two results of an item do not share. A laboratory that one
// of them does not name matters where methods differ much.
func changedGround(a, b bot.Result, byMethod bool) (changed []bot.Ground) {
	if a.Laboratory != b.Laboratory && a.Laboratory != "" && b.Laboratory != "" {
		changed = append(changed, bot.GroundLaboratory)
	}
	if a.Method != b.Method {
		changed = append(changed, bot.GroundMethod)
	}
	if !sameUnit(a.Value, b.Value) {
		changed = append(changed, bot.GroundUnit)
	}
	if len(changed) == 0 && byMethod && a.Laboratory != b.Laboratory {
		changed = append(changed, bot.GroundUnsaid)
	}
	return changed
}

// bothSides is the standard normal deviate that leaves 5 % outside, on both sides.
const bothSides = 1.96

// ReferenceChange is the reference change value of rising results, in percent of
// the first: a steady person's values pass it, or its inverse when they fall, only
// one time in twenty. Ratios are compared, so that a fall counts as the rise back
// does: exp(1.96 · √2 · √ln(1 + CVA² + CVI²)) − 1 (Fokkema 2006, Clin Chem 52:1602).
func (v Variation) ReferenceChange() float64 { return 100 * math.Expm1(v.logChange()) }

func (v Variation) logChange() float64 {
	variance := (math.Pow(v.Analytical.Float(), 2) + math.Pow(v.Within.Float(), 2)) / 1e4
	return math.Sqrt2 * bothSides * math.Sqrt(math.Log1p(variance))
}

// move compares two values in the same unit; one that is only known by a bound, or
// is nothing, compares with none.
func (v Variation) move(from, to bot.Value) bot.Move {
	if !from.Number.Valid() || !to.Number.Valid() || from.Comparator != "" || to.Comparator != "" || from.Number.Float() <= 0 || to.Number.Float() <= 0 {
		return bot.MoveUnknown
	}
	if math.Abs(math.Log(to.Number.Float()/from.Number.Float())) > v.logChange() {
		return bot.MoveBeyond
	}
	return bot.MoveWithin
}
