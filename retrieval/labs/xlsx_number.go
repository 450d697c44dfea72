package labs

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/nfp"
)

// numberFormat is how the numbers of a style are shown.
type numberFormat struct {
	date    bool
	fixed   bool // shows decimals places; else as many as the number has
	places  int
	whole   int // digits before the point at least: "00012345"
	grouped bool
	percent bool
	before  string // text around the number
	behind  string
	words   formatWords
}

// builtInFormat is the code of a format that workbooks do not spell out (ISO/IEC
// 29500-1, 18.8.30). Which date those from 14 on show depends on the country, so
// that any code of a date stands for them.
func builtInFormat(id int) string {
	switch {
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return "yyyy-mm-dd"
	}
	return map[int]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00"}[id]
}

// readNumberFormat reads the part of a format's code that positive numbers have.
// A code it does not know in full shows the number as it is stored.
func readNumberFormat(code string) numberFormat {
	if code == "" || strings.EqualFold(code, "general") || code == "@" {
		return numberFormat{}
	}
	p := nfp.NumberFormatParser()
	sections := p.Parse(code)
	if len(sections) == 0 {
		return numberFormat{}
	}
	if words := readFormatWords(code); words != nil {
		return numberFormat{words: words}
	}
	f, numbered := numberFormat{}, false
	for _, t := range sections[0].Items {
		switch t.TType {
		case nfp.TokenTypeDateTimes, nfp.TokenTypeElapsedDateTimes:
			return numberFormat{date: true}
		case nfp.TokenTypeZeroPlaceHolder, nfp.TokenTypeHashPlaceHolder:
			if f.fixed {
				if t.TType == nfp.TokenTypeHashPlaceHolder {
					return numberFormat{} // "0.0##": as many as there are
				}
				f.places += len(t.TValue)
			} else if t.TType == nfp.TokenTypeZeroPlaceHolder {
				f.whole += len(t.TValue)
			}
			numbered = true
		case nfp.TokenTypeDecimalPoint:
			f.fixed = true
		case nfp.TokenTypeThousandsSeparator:
			f.grouped = true
		case nfp.TokenTypePercent:
			f.percent = true
		case nfp.TokenTypeLiteral:
			if numbered {
				f.behind += t.TValue
			} else {
				f.before += t.TValue
			}
		case nfp.TokenTypeColor, nfp.TokenTypeAlignment, nfp.TokenTypeRepeatsChar, nfp.TokenTypeCurrencyLanguage:
		default:
			return numberFormat{}
		}
	}
	f.fixed = numbered
	if !numbered {
		return numberFormat{}
	}
	return f
}

// digitsKept is how many digits of a number a spreadsheet knows; behind them
// stands the error of its binary form: 5.3000000000000007 is 5.3.
const digitsKept = 15

// mostWhole is where whole numbers lose their last digits: 10 to the power of 15.
const mostWhole = 1e15

// show is a stored number as the sheet shows it.
func (f numberFormat) show(stored string, date1904 bool) (string, error) {
	n, err := strconv.ParseFloat(stored, 64)
	if err != nil {
		return "", fmt.Errorf("a cell holds no number")
	}
	if word := f.words.of(n); word != "" {
		return word, nil
	}
	if f.date {
		if t, ok := serialTime(stored, date1904, time.UTC); ok {
			return isoTime(t), nil
		}
	}
	plain := strconv.FormatFloat(n, 'e', digitsKept-1, 64)
	exact, ok := new(big.Rat).SetString(plain)
	if !ok || !f.fixed || n >= mostWhole || n <= -mostWhole {
		return generalNumber(n), nil
	}
	if f.percent {
		exact.Mul(exact, big.NewRat(100, 1))
	}
	text := exact.FloatString(f.places)
	if digits := strings.IndexByte(text+".", '.'); exact.Sign() >= 0 && digits < f.whole {
		text = strings.Repeat("0", f.whole-digits) + text
	}
	if f.grouped {
		text = group(text)
	}
	if f.percent {
		text += "%"
	}
	return f.before + text + f.behind, nil
}

// generalNumber is a number with the digits it has. One that is longer than a
// spreadsheet's digits is shown with its power of ten, as spreadsheets do: as an
// identifier it has lost its end.
func generalNumber(n float64) string {
	if n >= mostWhole || n <= -mostWhole {
		return strconv.FormatFloat(n, 'E', -1, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'e', digitsKept-1, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// group puts commas between thousands.
func group(number string) string {
	whole, rest, _ := strings.Cut(number, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		rest = "." + rest
	}
	return sign + whole + rest
}

// serialTime is a spreadsheet's time: days since the end of 1899, where the year
// 1900 wrongly has a 29 February, or since 1904.
func serialTime(serial string, date1904 bool, zone *time.Location) (time.Time, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(serial), 64)
	if err != nil || n < 61 || n >= 109_000 {
		return time.Time{}, false
	}
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	days := int(n)
	seconds := int((n-float64(days))*24*60*60 + 0.5)
	t := first.AddDate(0, 0, days)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, seconds, 0, zone).UTC(), true
}

func isoTime(t time.Time) string {
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.DateTime)
}
