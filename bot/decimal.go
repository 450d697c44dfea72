package bot

import (
	"database/sql/driver"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is a number with the digits it was printed with: 5.0 is not 5. The
// zero value means "no number". Comparing is exact; printing gives the digits back.
type Decimal struct{ digits string }

// ParseDecimal accepts an optional sign, digits, at most one point and an
// optional exponent ("5.0", "-0.3", "1.2e-3"): nothing else, at most 40 characters.
func ParseDecimal(s string) (Decimal, error) {
	if len(s) == 0 || len(s) > 40 {
		return Decimal{}, fmt.Errorf("bot: a decimal has 1 to 40 characters")
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(s), "e")
	if hasExponent {
		if n, err := strconv.Atoi(exponent); err != nil || n < -30 || n > 30 {
			return Decimal{}, fmt.Errorf("bot: a decimal's exponent lies between -30 and 30")
		}
	}
	digits, points := 0, 0
	for i, r := range mantissa {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '.' && points == 0:
			points++
		case (r == '-' || r == '+') && i == 0:
		default:
			return Decimal{}, fmt.Errorf("bot: not a decimal number")
		}
	}
	if digits == 0 {
		return Decimal{}, fmt.Errorf("bot: a decimal needs a digit")
	}
	return Decimal{digits: s}, nil
}

// MustDecimal is ParseDecimal for constants in tests; it panics on bad input.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Valid reports whether there is a number.
func (d Decimal) Valid() bool { return d.digits != "" }

// String returns the digits as printed, "" for no number.
func (d Decimal) String() string { return d.digits }

// Rat returns the exact value, zero for no number.
func (d Decimal) Rat() *big.Rat {
	r, ok := new(big.Rat).SetString(d.digits)
	if !ok {
		return new(big.Rat)
	}
	return r
}

// Cmp compares exactly: -1, 0 or +1.
func (d Decimal) Cmp(o Decimal) int { return d.Rat().Cmp(o.Rat()) }

// Float is the nearest float64, for charts and ratios.
func (d Decimal) Float() float64 { f, _ := d.Rat().Float64(); return f }

// Value stores the digits in a text column, null for no number.
func (d Decimal) Value() (driver.Value, error) {
	if !d.Valid() {
		return nil, nil
	}
	return d.digits, nil
}

// Scan reads a stored decimal.
func (d *Decimal) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Decimal{}
		return nil
	case string:
		if v == "" {
			*d = Decimal{}
			return nil
		}
		var err error
		*d, err = ParseDecimal(v)
		return err
	}
	return fmt.Errorf("bot: a Decimal is read from text only")
}

// MarshalText gives the digits back, so that JSON and YAML keep them.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.digits), nil }

// UnmarshalText reads digits; the empty text is no number.
func (d *Decimal) UnmarshalText(b []byte) error { return d.Scan(string(b)) }
