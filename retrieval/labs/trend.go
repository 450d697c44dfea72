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
		Changed: changedGround(latest, earlier),
	}
	p.Same = len(p.Changed) == 0
	if p.Same && a.Variation != nil && !latest.UnitProblem && !earlier.UnitProblem {
		p.Move = a.Variation.move(earlier.Value, latest.Value)
	}
	return p
}

// changedGround is what two results of an item do not share.
func changedGround(a, b bot.Result) (changed []bot.Ground) {
	if a.Laboratory != b.Laboratory {
		changed = append(changed, bot.GroundLaboratory)
	}
	if a.Method != b.Method {
		changed = append(changed, bot.GroundMethod)
	}
	if !sameUnit(a.Value, b.Value) {
		changed = append(changed, bot.GroundUnit)
	}
	return changed
}

// bothSides is the standard normal deviate that leaves 5 % outside, on both sides.
const bothSides = 1.96

// ReferenceChange is the reference change value: the difference between two
// results, in percent of the first, that a steady person's values pass only one
// time in twenty: √2 · 1.96 · √(CVA² + CVI²) (Fraser, Biological Variation: From
// Principles to Practice, 2001).
func (v Variation) ReferenceChange() float64 {
	return math.Sqrt2 * bothSides * math.Hypot(v.Analytical.Float(), v.Within.Float())
}

// move compares two values in the same unit; one that is only known by a bound, or
// is nothing, compares with none.
func (v Variation) move(from, to bot.Value) bot.Move {
	if !from.Number.Valid() || !to.Number.Valid() || from.Comparator != "" || to.Comparator != "" || from.Number.Float() <= 0 {
		return bot.MoveUnknown
	}
	percent := 100 * math.Abs(to.Number.Float()-from.Number.Float()) / from.Number.Float()
	if percent > v.ReferenceChange() {
		return bot.MoveBeyond
	}
	return bot.MoveWithin
}
