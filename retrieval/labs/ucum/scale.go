package ucum

import (
	"math"
	"math/big"
)

// scale is how a special unit's value is read off a linear quantity (UCUM §22):
// a temperature's zero, a logarithm, a tangent. by is what prefixes and numbers
// multiply the unit with: 0.1 in dB.
type scale struct {
	name string
	by   *big.Rat
}

// zeros are where temperature scales begin, in their own degrees: absolute zero
// is -273.15 Cel.
var zeros = map[string]*big.Rat{
	"Cel":   big.NewRat(27315, 100),
	"degF":  big.NewRat(45967, 100),
	"degRe": big.NewRat(21852, 100),
}

func (s *scale) affine() bool { return zeros[s.name] != nil }

// curve is a scale and its inverse.
type curve struct{ read, linear func(float64) float64 }

// curves are the scales that no rational arithmetic can express, by the names of
// the specification's functions.
var curves = map[string]curve{
	"lg":          {math.Log10, func(y float64) float64 { return math.Pow(10, y) }},
	"lgTimes2":    {func(x float64) float64 { return 2 * math.Log10(x) }, func(y float64) float64 { return math.Pow(10, y/2) }},
	"ln":          {math.Log, math.Exp},
	"ld":          {math.Log2, math.Exp2},
	"pH":          {func(x float64) float64 { return -math.Log10(x) }, func(y float64) float64 { return math.Pow(10, -y) }},
	"tanTimes100": {func(x float64) float64 { return 100 * math.Tan(x) }, func(y float64) float64 { return math.Atan(y / 100) }},
	"sqrt":        {math.Sqrt, func(y float64) float64 { return y * y }},
	"hpX":         dilution(10),
	"hpC":         dilution(100),
	"hpM":         dilution(1000),
	"hpQ":         dilution(50000),
}

// dilution counts the steps of a homeopathic series.
func dilution(step float64) curve {
	return curve{
		func(x float64) float64 { return -math.Log(x) / math.Log(step) },
		func(y float64) float64 { return math.Pow(step, -y) },
	}
}

// linear is a value on the scale as a multiple of the scale's unit.
func (s *scale) linear(value *big.Rat) (*big.Rat, error) {
	value = new(big.Rat).Mul(value, s.by)
	if zero := zeros[s.name]; zero != nil {
		return value.Add(value, zero), nil
	}
	return float(curves[s.name].linear, value)
}

// read is a multiple of the scale's unit as a value on the scale.
func (s *scale) read(linear *big.Rat) (*big.Rat, error) {
	if zero := zeros[s.name]; zero != nil {
		linear = new(big.Rat).Sub(linear, zero)
		return linear.Quo(linear, s.by), nil
	}
	value, err := float(curves[s.name].read, linear)
	if err != nil {
		return nil, err
	}
	return value.Quo(value, s.by), nil
}

// float applies a function in floating point; a result that is no number is
// outside the scale.
func float(f func(float64) float64, x *big.Rat) (*big.Rat, error) {
	near, _ := x.Float64()
	y := new(big.Rat).SetFloat64(f(near))
	if y == nil {
		return nil, ErrRange
	}
	return y, nil
}
