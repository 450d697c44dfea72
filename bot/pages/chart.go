package pages

import (
	"math"

	"careline/bot"
)

// Chart is a trend laid out for drawing: user units of an SVG whose view box is
// Width × Height. The printed interval is the band, each point keeps its own.
type Chart struct {
	Speech
	Name          string
	Width, Height int
	Small         bool // a sparkline: no axis, no labels
	Bands         []Band
	Points        []ChartPoint
	Lines         []Line
	Breaks        []float64 // x where laboratory, method or unit changed
	Rows          []Row     // every result, also those that cannot be drawn
}

// Band is the part of the reference interval that belongs to one point.
type Band struct{ X, Y, W, H float64 }

// Line joins two comparable points.
type Line struct{ X1, Y1, X2, Y2 float64 }

// ChartPoint is one result in the drawing. Its shape tells the direction too,
// not its colour alone.
type ChartPoint struct {
	Row
	X, Y   float64
	LabelY float64
	Last   bool
	Named  bool // wears its value and date
	DateX  float64
}

// Row is one result in words.
type Row struct {
	Value      string
	Unit       string
	Interval   string
	Direction  bot.Direction
	Date       string
	ISODate    string // under a point, where words would crowd
	Laboratory string
	Method     string
	Changed    bool // not comparable with the result before it
}

type size struct{ width, height, left, right, top, bottom float64 }

var (
	large = size{360, 210, 26, 26, 34, 34}
	spark = size{112, 32, 6, 6, 6, 6}
)

// NewChart lays out results, oldest first, of one analyte and specimen.
func NewChart(speech Speech, name string, results []bot.Result) Chart {
	return layout(speech, name, results, large)
}

// NewSpark lays out the same as a small drawing for a table's cell.
func NewSpark(speech Speech, name string, results []bot.Result) Chart {
	c := layout(speech, name, results, spark)
	c.Small = true
	return c
}

// layout draws results that are numbers in the newest one's unit; the others
// keep their row in the table.
func layout(speech Speech, name string, results []bot.Result, s size) Chart {
	c := Chart{Speech: speech, Name: name, Width: int(s.width), Height: int(s.height)}
	unit := newestUnit(results)
	var drawn []bot.Result
	var changed []bool
	for i, r := range results {
		differs := i > 0 && !sameGround(results[i-1], r)
		c.Rows = append(c.Rows, row(speech, r, differs))
		if r.Value.Number.Valid() && unitOf(r) == unit {
			drawn = append(drawn, r)
			changed = append(changed, len(drawn) > 1 && !sameGround(drawn[len(drawn)-2], r))
		}
	}
	if len(drawn) == 0 {
		return c
	}
	scale := scaleOf(drawn)
	xs := positions(drawn, s)
	y := func(v float64) float64 {
		return s.top + (scale.max-v)/(scale.max-scale.min)*(s.height-s.top-s.bottom)
	}
	for i, r := range drawn {
		p := ChartPoint{Row: row(speech, r, changed[i]), X: xs[i], Y: y(r.Value.Number.Float()), Last: i == len(drawn)-1}
		p.LabelY, p.DateX = p.Y-13, min(max(p.X, s.left), s.width-s.right)
		p.Named = p.Last || i == 0 || xs[i]-xs[i-1] > 62 && xs[len(xs)-1]-xs[i] > 62
		c.Points = append(c.Points, p)
		if band, ok := bandOf(r.Interval, edge(xs, i, s), edge(xs, i+1, s), y, s); ok {
			c.Bands = append(c.Bands, band)
		}
		switch {
		case i == 0:
		case changed[i]:
			c.Breaks = append(c.Breaks, (xs[i-1]+xs[i])/2)
		default:
			c.Lines = append(c.Lines, Line{xs[i-1], c.Points[i-1].Y, xs[i], p.Y})
		}
	}
	return c
}

func row(speech Speech, r bot.Result, changed bool) Row {
	return Row{
		Value: r.Value.Shown(), Unit: r.Value.Unit, Interval: r.Interval.Printed, Direction: r.Direction,
		Date: speech.Day(r.EffectiveAt), ISODate: string(bot.DateOf(r.EffectiveAt, speech.Zone)), Laboratory: r.Laboratory, Method: r.Method, Changed: changed,
	}
}

func unitOf(r bot.Result) string {
	if r.Value.UCUM != "" {
		return r.Value.UCUM
	}
	return r.Value.Unit
}

func newestUnit(results []bot.Result) string {
	for i := len(results) - 1; i >= 0; i-- {
		if results[i].Value.Number.Valid() {
			return unitOf(results[i])
		}
	}
	return ""
}

// sameGround reports whether two results may be compared as numbers.
func sameGround(a, b bot.Result) bool {
	return a.Laboratory == b.Laboratory && a.Method == b.Method && unitOf(a) == unitOf(b)
}

type span struct{ min, max float64 }

// scaleOf covers every value and every finite bound, with some air.
func scaleOf(results []bot.Result) span {
	s := span{math.Inf(1), math.Inf(-1)}
	for _, r := range results {
		for _, d := range []bot.Decimal{r.Value.Number, r.Interval.Low, r.Interval.High} {
			if d.Valid() {
				s.min, s.max = min(s.min, d.Float()), max(s.max, d.Float())
			}
		}
	}
	air := (s.max - s.min) * 0.12
	if air == 0 {
		air = max(math.Abs(s.max)*0.1, 1)
	}
	return span{s.min - air, s.max + air}
}

// positions spreads points by date, but never so close that a thumb cannot tell
// them apart.
func positions(results []bot.Result, s size) []float64 {
	n := len(results)
	xs := make([]float64, n)
	width := s.width - s.left - s.right
	if n == 1 {
		return []float64{s.left + width/2}
	}
	first, last := results[0].EffectiveAt, results[n-1].EffectiveAt
	whole := last.Sub(first)
	gap := min(width/float64(n-1), width/8)
	free := width - gap*float64(n-1)
	for i, r := range results {
		share := float64(i) / float64(n-1)
		if whole > 0 {
			share = float64(r.EffectiveAt.Sub(first)) / float64(whole)
		}
		xs[i] = s.left + gap*float64(i) + free*share
	}
	return xs
}

// edge is where the i-th band begins: half-way between two points.
func edge(xs []float64, i int, s size) float64 {
	switch {
	case i == 0:
		return 0
	case i == len(xs):
		return s.width
	}
	return (xs[i-1] + xs[i]) / 2
}

func bandOf(i bot.Interval, left, right float64, y func(float64) float64, s size) (Band, bool) {
	if !i.Usable() {
		return Band{}, false
	}
	top, bottom := s.top/2, s.height-s.bottom/2
	if i.High.Valid() {
		top = y(i.High.Float())
	}
	if i.Low.Valid() {
		bottom = y(i.Low.Float())
	}
	return Band{X: left, Y: top, W: right - left, H: max(bottom-top, 1)}, true
}
