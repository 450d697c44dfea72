// Package ucum reads units in the Unified Code for Units of Measure
// (https://ucum.org, case-sensitive codes), compares them and converts values
// between them in exact rational arithmetic. Only logarithmic, tangent and root
// scales (pH, B, Np, [p'diop] …) are computed in floating point.
package ucum

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// The ways a code or a conversion fails; errors.Is finds them.
var (
	ErrSyntax       = errors.New("ucum: the code does not follow the grammar")
	ErrUnknown      = errors.New("ucum: the code names no unit")
	ErrTooLarge     = errors.New("ucum: the code is too long, nested too deep or its numbers are too large")
	ErrNotRatio     = errors.New("ucum: a unit with a scale of its own cannot be multiplied, divided or raised")
	ErrIncomparable = errors.New("ucum: the units measure different things")
	ErrRange        = errors.New("ucum: the value lies outside what the unit's scale can express")
)

// Unit is a parsed code. The zero value is not a unit; Parse("") is the unity.
type Unit struct {
	code        string
	factor      *big.Rat // to the base units
	powers      powers   // of base and arbitrary units, without zeros
	over, under powers   // the same as written, not cancelled, with the units that count as their own kind
	scale       *scale   // nil where a value is a plain multiple of the unit
	annotations []string
}

// powers are exponents of base units by code.
type powers map[string]int

func unity() Unit { return Unit{factor: big.NewRat(1, 1)} }

// String is the code as it was written.
func (u Unit) String() string { return u.code }

// Annotations are the texts in braces, in the order written. They do not change
// what a unit is to UCUM; a reader may know that they do: g{FEU} and g{DDU}.
func (u Unit) Annotations() []string { return slices.Clone(u.annotations) }

// Comparable reports whether values of the two units convert into each other:
// the same base units to the same powers, and the same arbitrary units. The mole
// is a pure number to UCUM; Kind keeps it apart.
func (u Unit) Comparable(o Unit) bool { return maps.Equal(u.powers, o.powers) }

// Kind names the kind of quantity as it is written, finer than Comparable: powers
// over and under the line are not cancelled (L/L is not g/g), and mole, equivalent,
// osmole and field of view count as kinds of their own, as do scales that are no
// temperature. Units of one Kind are comparable.
func (u Unit) Kind() string {
	kind := u.over.String() + "/" + u.under.String()
	if u.scale != nil && !u.scale.affine() {
		kind += " " + u.scale.name + " " + u.factor.RatString()
	}
	return kind
}

// Canonical is the unit as a factor and base units in alphabetical order; equal
// units have equal canonical forms.
func (u Unit) Canonical() string {
	parts := []string{u.factor.RatString()}
	if base := u.powers.String(); base != "" {
		parts = append(parts, base)
	}
	form := strings.Join(parts, " ")
	if u.scale != nil {
		form = u.scale.name + "(" + u.scale.by.RatString() + ", " + form + ")"
	}
	return form
}

// String lists the powers in alphabetical order: "g.m-1.s-2".
func (p powers) String() string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(p)) {
		if n := p[code]; n != 1 {
			code += strconv.Itoa(n)
		}
		parts = append(parts, code)
	}
	return strings.Join(parts, ".")
}

// plus adds times the powers of o.
func (p powers) plus(o powers, times int) powers {
	sum := powers{}
	maps.Copy(sum, p)
	for code, n := range o {
		if sum[code] += n * times; sum[code] == 0 {
			delete(sum, code)
		}
	}
	return sum
}

// Multiply is the product of two units.
func (u Unit) Multiply(o Unit) (Unit, error) {
	product, err := u.times(o, 1)
	product.code = join(u.code, ".", o.code)
	return product, err
}

// Divide is the quotient of two units.
func (u Unit) Divide(o Unit) (Unit, error) {
	quotient, err := u.times(o, -1)
	quotient.code = join(u.code, "/", o.code)
	return quotient, err
}

func join(a, sign, b string) string {
	if strings.ContainsAny(b, "./") {
		b = "(" + b + ")"
	}
	if sign == "." && (a == "" || b == "") {
		return a + b
	}
	return a + sign + b
}

// times is u by a power of o.
func (u Unit) times(o Unit, power int) (Unit, error) {
	if power == 0 {
		power, o = 1, unity()
	}
	if u.scale != nil || o.scale != nil {
		return u.scaled(o, power)
	}
	factor, err := raise(o.factor, power)
	if err != nil {
		return Unit{}, err
	}
	product := Unit{factor: factor.Mul(factor, u.factor), powers: u.powers.plus(o.powers, power)}
	if tooLarge(product.factor) {
		return Unit{}, ErrTooLarge
	}
	if power > 0 {
		product.over, product.under = u.over.plus(o.over, power), u.under.plus(o.under, power)
	} else {
		product.over, product.under = u.over.plus(o.under, -power), u.under.plus(o.over, -power)
	}
	product.annotations = slices.Concat(u.annotations, o.annotations)
	return product, nil
}

// scaled is a product with a unit that has a scale of its own, which may only be
// by a number.
func (u Unit) scaled(o Unit, power int) (Unit, error) {
	number := o
	if u.scale == nil {
		if power != 1 {
			return Unit{}, ErrNotRatio
		}
		u, number = o, u
	}
	if number.scale != nil || len(number.over)+len(number.under) > 0 {
		return Unit{}, ErrNotRatio
	}
	by, err := raise(number.factor, power)
	if err != nil {
		return Unit{}, err
	}
	if by.Mul(by, u.scale.by); tooLarge(by) {
		return Unit{}, ErrTooLarge
	}
	u.scale = &scale{name: u.scale.name, by: by}
	u.annotations = slices.Concat(u.annotations, number.annotations)
	return u, nil
}

// mostBits bounds numerators and denominators.
const mostBits = 8192

func tooLarge(r *big.Rat) bool { return r.Num().BitLen() > mostBits || r.Denom().BitLen() > mostBits }

// raise is a factor to a power.
func raise(r *big.Rat, power int) (*big.Rat, error) {
	n := max(power, -power)
	if max(r.Num().BitLen(), r.Denom().BitLen())*n > 8*mostBits {
		return nil, ErrTooLarge
	}
	exponent := big.NewInt(int64(n))
	raised := new(big.Rat).SetFrac(new(big.Int).Exp(r.Num(), exponent, nil), new(big.Int).Exp(r.Denom(), exponent, nil))
	if power < 0 {
		raised.Inv(raised)
	}
	return raised, nil
}

// Convert gives the value that has the same meaning in another unit, exactly
// where both scales are linear. It refuses units that are not comparable.
func Convert(value *big.Rat, from, to Unit) (*big.Rat, error) {
	if value == nil || from.factor == nil || to.factor == nil {
		return nil, fmt.Errorf("%w: no value or no unit", ErrRange)
	}
	if !from.Comparable(to) {
		return nil, fmt.Errorf("%w: %q and %q", ErrIncomparable, from.code, to.code)
	}
	if from.sameScale(to) {
		return new(big.Rat).Mul(value, new(big.Rat).Quo(from.scale.by, to.scale.by)), nil
	}
	base := new(big.Rat).Set(value)
	var err error
	if from.scale != nil {
		if base, err = from.scale.linear(value); err != nil {
			return nil, fmt.Errorf("%w: %q", err, from.code)
		}
	}
	base.Mul(base, from.factor).Quo(base, to.factor)
	if to.scale == nil {
		return base, nil
	}
	if base, err = to.scale.read(base); err != nil {
		return nil, fmt.Errorf("%w: %q", err, to.code)
	}
	return base, nil
}

func (u Unit) sameScale(o Unit) bool {
	return u.scale != nil && o.scale != nil && u.scale.name == o.scale.name && u.factor.Cmp(o.factor) == 0
}
