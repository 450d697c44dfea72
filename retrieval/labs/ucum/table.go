package ucum

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math/big"
	"sync"
)

//go:embed data/prefixes.csv
var prefixesFile []byte

//go:embed data/units.csv
var unitsFile []byte

// row is a unit as the data file states it: a value times other units.
type row struct {
	code, value, unit string
	metric            bool
	class             string // "", base, arbitrary, own (a kind of its own), or the name of a special unit's scale
}

// table is every prefix and unit.
type table struct {
	prefixes map[string]*big.Rat
	rows     map[string]row
	units    map[string]Unit
}

// theTable is read when the first code is parsed; it is read-only from then on.
var theTable = sync.OnceValues(loadTable)

func loadTable() (*table, error) {
	t := &table{prefixes: map[string]*big.Rat{}, rows: map[string]row{}, units: map[string]Unit{}}
	prefixes, err := records(prefixesFile, 3)
	if err != nil {
		return nil, fmt.Errorf("ucum: data/prefixes.csv: %w", err)
	}
	for _, r := range prefixes {
		factor, ok := new(big.Rat).SetString(r[2])
		if !ok {
			return nil, fmt.Errorf("ucum: data/prefixes.csv: %s has no value", r[0])
		}
		t.prefixes[r[0]] = factor
	}
	units, err := records(unitsFile, 6)
	if err != nil {
		return nil, fmt.Errorf("ucum: data/units.csv: %w", err)
	}
	for _, r := range units {
		t.rows[r[0]] = row{code: r[0], value: r[2], unit: r[3], metric: r[4] == "metric", class: r[5]}
	}
	for code := range t.rows {
		if _, err := t.defined(code); err != nil {
			return nil, fmt.Errorf("ucum: data/units.csv: %s: %w", code, err)
		}
	}
	return t, nil
}

// records are the rows of a data file without the lines of notice and the header.
func records(raw []byte, columns int) ([][]string, error) {
	reader := csv.NewReader(bytes.NewReader(raw))
	reader.Comment, reader.FieldsPerRecord = '#', columns
	all, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	return all[1:], nil
}

// defined is a unit of the file; those it is defined by are worked out first.
func (t *table) defined(code string) (Unit, error) {
	if u, done := t.units[code]; done {
		return u, nil
	}
	r := t.rows[code]
	value, ok := new(big.Rat).SetString(r.value)
	if !ok {
		return Unit{}, fmt.Errorf("no value")
	}
	u := Unit{factor: value}
	if r.class != "base" {
		by, err := t.parse(r.unit)
		if err != nil {
			return Unit{}, err
		}
		u = by
		u.factor = new(big.Rat).Mul(value, by.factor)
	}
	switch r.class {
	case "":
	case "base":
		u.powers, u.over = powers{code: 1}, powers{code: 1}
	case "arbitrary":
		if r.unit == "1" {
			u.powers, u.over = powers{code: 1}, powers{code: 1}
		}
	case "own":
		u.over, u.under = powers{code: 1}, nil
	default:
		u.scale = &scale{name: r.class, by: big.NewRat(1, 1)}
		if _, known := curves[r.class]; !known && !u.scale.affine() {
			return Unit{}, fmt.Errorf("no scale %s", r.class)
		}
	}
	u.code = code
	t.units[code] = u
	return u, nil
}

// unit finds a symbol: a unit of the table, else a prefix and a metric unit.
func (t *table) unit(symbol string) (Unit, bool) {
	if _, found := t.rows[symbol]; found {
		u, err := t.defined(symbol)
		return u, err == nil
	}
	for length := 2; length > 0; length-- {
		if len(symbol) <= length {
			continue
		}
		factor, isPrefix := t.prefixes[symbol[:length]]
		if r := t.rows[symbol[length:]]; !isPrefix || !r.metric {
			continue
		}
		u, err := t.defined(symbol[length:])
		if err != nil {
			return Unit{}, false
		}
		if u.scale != nil {
			u.scale = &scale{name: u.scale.name, by: factor}
		} else {
			u.factor = new(big.Rat).Mul(factor, u.factor)
		}
		return u, true
	}
	return Unit{}, false
}
