package pages

import (
	"testing"
	"time"

	"careline/bot"
)

func speech(t *testing.T) Speech {
	t.Helper()
	words, err := LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	return words.In(bot.Chinese, time.UTC)
}

// result is a point of a trend; day counts days from the first of January.
func result(day int, value, low, high string, more func(*bot.Result)) bot.Result {
	r := bot.Result{
		Value: bot.Value{Printed: value, Unit: "U/L", UCUM: "U/L"}, Direction: bot.DirectionWithin, Laboratory: "A",
		EffectiveAt: time.Date(2026, 1, 1+day, 0, 0, 0, 0, time.UTC), Interval: bot.Interval{Printed: low + "-" + high},
	}
	if d, err := bot.ParseDecimal(value); err == nil {
		r.Value.Number = d
	}
	if low != "" {
		r.Interval.Low = bot.MustDecimal(low)
	}
	if high != "" {
		r.Interval.High = bot.MustDecimal(high)
	}
	if more != nil {
		more(&r)
	}
	return r
}

func TestAPointAboveItsIntervalIsDrawnAboveItsBand(t *testing.T) {
	t.Parallel()
	c := NewChart(speech(t), "ALT", []bot.Result{result(0, "31", "7", "40", nil), result(90, "87", "7", "40", nil)})
	if len(c.Points) != 2 || len(c.Bands) != 2 || len(c.Lines) != 1 {
		t.Fatalf("points %d, bands %d, lines %d; want 2, 2, 1", len(c.Points), len(c.Bands), len(c.Lines))
	}
	inside, above := c.Points[0], c.Points[1]
	if band := c.Bands[0]; inside.Y < band.Y || inside.Y > band.Y+band.H {
		t.Error("31 lies within 7-40 and was drawn outside its band")
	}
	if above.Y >= c.Bands[1].Y {
		t.Error("87 lies above 7-40 and was not drawn above its band")
	}
	if above.X <= inside.X {
		t.Error("the later result was not drawn to the right")
	}
}

func TestEachPointKeepsTheIntervalPrintedWithIt(t *testing.T) {
	t.Parallel()
	c := NewChart(speech(t), "ALT", []bot.Result{result(0, "31", "7", "40", nil), result(90, "31", "9", "50", nil)})
	if c.Bands[0].Y <= c.Bands[1].Y {
		t.Error("an upper bound of 50 must be drawn above one of 40")
	}
	if c.Bands[0].X+c.Bands[0].W != c.Bands[1].X {
		t.Error("the bands must meet half-way")
	}
}

func TestAChangedLaboratoryBreaksTheLine(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*bot.Result){
		"laboratory": func(r *bot.Result) { r.Laboratory = "B" },
		"method":     func(r *bot.Result) { r.Method = "IFCC" },
	} {
		c := NewChart(speech(t), "ALT", []bot.Result{result(0, "31", "7", "40", nil), result(90, "55", "7", "40", change)})
		if len(c.Breaks) != 1 || len(c.Lines) != 0 || !c.Rows[1].Changed {
			t.Errorf("%s: breaks %d, lines %d, marked %v; want 1, 0, true", name, len(c.Breaks), len(c.Lines), c.Rows[1].Changed)
		}
	}
}

func TestWhatCannotBeDrawnStaysInTheTable(t *testing.T) {
	t.Parallel()
	c := NewChart(speech(t), "HBsAg", []bot.Result{
		result(0, "阴性", "", "", nil),
		result(30, "0.5", "", "", func(r *bot.Result) { r.Value.Unit, r.Value.UCUM = "mg/dL", "mg/dL" }),
		result(60, "12", "", "40", nil),
	})
	if len(c.Points) != 1 || len(c.Rows) != 3 {
		t.Fatalf("points %d, rows %d; want 1 in the newest unit and all 3 in the table", len(c.Points), len(c.Rows))
	}
	if none := NewChart(speech(t), "x", []bot.Result{result(0, "阴性", "", "", nil)}); len(none.Points) != 0 || len(none.Rows) != 1 {
		t.Error("a text result has a row and no point")
	}
}

func TestPointsStayFarEnoughApartToBeTapped(t *testing.T) {
	t.Parallel()
	var all []bot.Result
	for _, day := range []int{0, 1, 2, 400} {
		all = append(all, result(day, "31", "7", "40", nil))
	}
	c := NewChart(speech(t), "ALT", all)
	for i := 1; i < len(c.Points); i++ {
		if gap := c.Points[i].X - c.Points[i-1].X; gap < 30 {
			t.Errorf("points %d and %d lie %.1f apart", i-1, i, gap)
		}
	}
	if c.Points[3].X > float64(c.Width) {
		t.Error("the newest point left the drawing")
	}
}
