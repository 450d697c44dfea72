package guard

import (
	"fmt"
	"strconv"
	"unicode"
)

// measure is a vital sign that people read from a device, and the signs its value
// makes. Values are in the unit of vitals.yaml.
type measure struct {
	possible [2]float64
	scale    otherScale
	bounds   []bound
}

// otherScale is the unit that larger numbers are in: value = (number - Less) / Divide.
type otherScale struct {
	From   float64 `yaml:"from"`
	Less   float64 `yaml:"less"`
	Divide float64 `yaml:"divide"`
}

// bound is met from a value on, up to a value, or from a second number on (the
// diastolic pressure in 220/130).
type bound struct {
	sign                 signID
	from, to, secondFrom *float64
}

type vitalsFile struct {
	NoMeasure termFile `yaml:"no_measure"`
	Measures  []struct {
		Measure  string     `yaml:"measure"`
		ZH       []string   `yaml:"zh"`
		EN       []string   `yaml:"en"`
		Possible [2]float64 `yaml:"possible"`
		Scale    otherScale `yaml:"other_scale"`
		Signs    []struct {
			Sign       string   `yaml:"sign"`
			From       *float64 `yaml:"from"`
			To         *float64 `yaml:"to"`
			SecondFrom *float64 `yaml:"second_from"`
			Source     string   `yaml:"source"`
		} `yaml:"signs"`
	} `yaml:"measures"`
}

func (r *redFlags) addMeasures() error {
	var file vitalsFile
	if err := readYAML(redFlagFiles, "data/redflags/vitals.yaml", &file); err != nil {
		return err
	}
	for _, unit := range append(file.NoMeasure.ZH, file.NoMeasure.EN...) {
		r.counted[unit] = true
	}
	for _, m := range file.Measures {
		made := measure{possible: m.Possible, scale: m.Scale}
		for _, s := range m.Signs {
			if s.Source == "" || s.From == nil && s.To == nil {
				return fmt.Errorf("vital sign %s: %s has no bound or no source", m.Measure, s.Sign)
			}
			made.bounds = append(made.bounds, bound{sign: r.sign(s.Sign), from: s.From, to: s.To, secondFrom: s.SecondFrom})
		}
		name := r.sign("measure " + m.Measure)
		r.measures[name] = made
		r.words.add(name, append(m.ZH, m.EN...), misspelt)
	}
	return nil
}

// valueReach is how many characters may stand between a vital sign's name and its
// number.
const valueReach = 12

// vitals are the signs that measured values make.
func (r *redFlags) vitals(m *reading) []mention {
	var all []mention
	for i, t := range m.tokens {
		measured, ok := r.measures[t.sign]
		if !ok {
			continue
		}
		stop := min(t.end+valueReach, len(m.runes))
		for _, next := range m.tokens[i+1:] {
			if _, other := r.measures[next.sign]; other && next.start >= t.end {
				stop = min(stop, next.start)
				break
			}
		}
		first, end, ok := r.number(m, t.end, stop)
		if !ok {
			continue
		}
		second, secondEnd := m.second(end)
		first = measured.inUnit(first)
		for _, b := range measured.bounds {
			if measured.holds(first) && b.met(first, second) {
				all = append(all, mention{sign: b.sign, start: t.start, end: max(end, secondEnd), clause: true})
			}
		}
	}
	return all
}

// number is the first number that begins before stop and measures something.
func (r *redFlags) number(m *reading, from, stop int) (float64, int, bool) {
	for i := from; i < stop; i++ {
		if m.clauses[i] > m.clauses[from-1]+1 {
			break
		}
		value, end, ok := m.numberAt(i)
		if !ok {
			continue
		}
		if r.counts(m, end) {
			i = end - 1
			continue
		}
		return value, end, true
	}
	return 0, 0, false
}

// counts reports that the number that ends here counts years, tablets or the like.
func (r *redFlags) counts(m *reading, end int) bool {
	for end < len(m.runes) && m.runes[end] == ' ' {
		end++
	}
	stop := end
	for stop < len(m.runes) && m.runes[stop] >= 'a' && m.runes[stop] <= 'z' {
		stop++
	}
	if stop == end {
		stop = min(end+1, len(m.runes))
	}
	return r.counted[string(m.runes[end:stop])] || stop+1 <= len(m.runes) && r.counted[string(m.runes[end:stop+1])]
}

// numberAt reads digits or a Chinese number of two characters or more.
func (m *reading) numberAt(i int) (value float64, end int, ok bool) {
	end = i
	for m.digit(end) || end > i && end+1 < len(m.runes) && m.runes[end] == '.' && m.digit(end+1) {
		end++
	}
	if end > i {
		if i > 0 && unicode.Is(unicode.Latin, m.runes[i-1]) {
			return 0, end, false
		}
		value, err := strconv.ParseFloat(string(m.runes[i:end]), 64)
		return value, end, err == nil
	}
	for end < len(m.runes) && hanNumeral(m.runes[end]) {
		end++
	}
	const shortest = 2
	if end-i < shortest {
		return 0, end, false
	}
	value, err := strconv.ParseFloat(hanValue(string(m.runes[i:end])), 64)
	return value, end, err == nil
}

func hanNumeral(r rune) bool {
	_, digit := hanDigits[r]
	_, power := hanPowers[r]
	return digit || power
}

// second is the number behind a stroke: 220/130, "210 over 120".
func (m *reading) second(end int) (float64, int) {
	for i := end; i < min(end+len(" over "), len(m.runes)); i++ {
		switch {
		case m.digit(i):
			value, stop, _ := m.numberAt(i)
			return value, stop
		case m.runes[i] != '/' && m.runes[i] != '-' && m.runes[i] != ' ' && m.runes[i] != '比' && m.runes[i] != 'o' && m.runes[i] != 'v' && m.runes[i] != 'e' && m.runes[i] != 'r':
			return 0, end
		}
	}
	return 0, end
}

func (x measure) inUnit(v float64) float64 {
	if x.scale.Divide > 0 && v >= x.scale.From {
		return (v - x.scale.Less) / x.scale.Divide
	}
	return v
}

func (x measure) holds(v float64) bool { return v >= x.possible[0] && v <= x.possible[1] }

func (b bound) met(first, second float64) bool {
	return b.from != nil && first >= *b.from || b.to != nil && first <= *b.to || b.secondFrom != nil && second >= *b.secondFrom
}
