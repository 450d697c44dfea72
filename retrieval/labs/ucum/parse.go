package ucum

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// The bounds of a code.
const (
	mostLength   = 200
	mostDepth    = 16
	mostDigits   = 20 // of a number
	mostExponent = 99
)

// Parse reads a case-sensitive code: terms with "." and "/" from left to right,
// exponents, parentheses, annotations in braces. The empty code is the unity.
func Parse(code string) (Unit, error) {
	known, err := theTable()
	if err != nil {
		return Unit{}, err
	}
	return known.parse(code)
}

func (t *table) parse(code string) (Unit, error) {
	if len(code) > mostLength {
		return Unit{}, ErrTooLarge
	}
	u := unity()
	if code != "" {
		p := parser{table: t, rest: code}
		var err error
		if u, err = p.term(p.takes("/")); err == nil && p.rest != "" {
			err = ErrSyntax
		}
		if err != nil {
			return Unit{}, fmt.Errorf("%w (%d characters before the end)", err, len(p.rest))
		}
	}
	u.code = code
	return u, nil
}

type parser struct {
	table *table
	rest  string
	depth int
}

// takes passes over a sign and reports whether it stood there.
func (p *parser) takes(sign string) bool {
	rest, found := strings.CutPrefix(p.rest, sign)
	p.rest = rest
	return found
}

// term reads components joined by "." and "/", which bind equally and to the left.
func (p *parser) term(divided bool) (Unit, error) {
	u := unity()
	for {
		component, err := p.component()
		if err != nil {
			return Unit{}, err
		}
		power := 1
		if divided {
			power = -1
		}
		if u, err = u.times(component, power); err != nil {
			return Unit{}, err
		}
		if divided = p.takes("/"); !divided && !p.takes(".") {
			return u, nil
		}
	}
}

// component reads what stands between two signs.
func (p *parser) component() (Unit, error) {
	switch {
	case p.takes("("):
		return p.inside()
	case strings.HasPrefix(p.rest, "{"):
		return p.annotated(unity())
	case number(p.rest) != "" && !powerOfTen(p.rest):
		u, err := p.number()
		if err != nil {
			return Unit{}, err
		}
		return p.annotated(u)
	}
	u, err := p.simple()
	if err != nil {
		return Unit{}, err
	}
	return p.annotated(u)
}

func (p *parser) inside() (Unit, error) {
	if p.depth++; p.depth > mostDepth {
		return Unit{}, ErrTooLarge
	}
	u, err := p.term(false)
	if err != nil {
		return Unit{}, err
	}
	p.depth--
	if !p.takes(")") {
		return Unit{}, ErrSyntax
	}
	return u, nil
}

// number reads a positive whole number.
func (p *parser) number() (Unit, error) {
	digits := number(p.rest)
	if len(digits) > mostDigits {
		return Unit{}, ErrTooLarge
	}
	p.rest = p.rest[len(digits):]
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok || n.Sign() == 0 {
		return Unit{}, ErrSyntax
	}
	u := unity()
	u.factor.SetInt(n)
	return u, nil
}

// simple reads a unit with its prefix and exponent.
func (p *parser) simple() (Unit, error) {
	symbol := symbolAt(p.rest)
	u, found := p.table.unit(symbol)
	if !found {
		return Unit{}, ErrUnknown
	}
	p.rest = p.rest[len(symbol):]
	sign := ""
	for _, s := range []string{"+", "-"} {
		if p.takes(s) {
			sign = s
			break
		}
	}
	digits := number(p.rest)
	if digits == "" {
		if sign != "" {
			return Unit{}, ErrSyntax
		}
		return u, nil
	}
	p.rest = p.rest[len(digits):]
	exponent, err := strconv.Atoi(sign + digits)
	if err != nil || exponent < -mostExponent || exponent > mostExponent {
		return Unit{}, ErrTooLarge
	}
	if exponent == 1 {
		return u, nil
	}
	if u.scale != nil {
		return Unit{}, ErrNotRatio
	}
	return unity().times(u, exponent)
}

// annotated reads a text in braces: printable ASCII, which does not change the unit.
func (p *parser) annotated(u Unit) (Unit, error) {
	if !p.takes("{") {
		return u, nil
	}
	text, rest, closed := strings.Cut(p.rest, "}")
	if !closed || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '{' }) {
		return Unit{}, ErrSyntax
	}
	p.rest = rest
	u.annotations = append(u.Annotations(), text)
	return u, nil
}

// number is the digits a text begins with.
func number(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
}

// powerOfTen reports whether the text begins with the unit for powers of ten.
func powerOfTen(text string) bool {
	return strings.HasPrefix(text, "10*") || strings.HasPrefix(text, "10^")
}

// symbolAt is the unit symbol a text begins with; whatever stands in square
// brackets belongs to it.
func symbolAt(text string) string {
	if powerOfTen(text) {
		return text[:len("10*")]
	}
	bracketed := false
	for i := range len(text) {
		switch b := text[i]; {
		case b <= ' ' || b > '~':
			return text[:i]
		case b == '[' || b == ']':
			bracketed = b == '['
		case !bracketed && strings.IndexByte("0123456789+-./(){}\"=", b) >= 0:
			return text[:i]
		}
	}
	return text
}
