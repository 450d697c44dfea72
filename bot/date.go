package bot

import "time"

// Date is a calendar day as printed, without a time zone: "2026-05-12", or a
// part of one ("2026-05", "2026") where the source says no more. "" is unknown.
type Date string

// DateOf is the calendar day of t in loc.
func DateOf(t time.Time, loc *time.Location) Date {
	if t.IsZero() {
		return ""
	}
	return Date(t.In(loc).Format(time.DateOnly))
}

// Time is midnight UTC of the day; ok is false for unknown or partial dates.
func (d Date) Time() (t time.Time, ok bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	return t, err == nil
}

// AgeAt is the age in whole years at now; ok is false when the birth date is not known.
func (d Date) AgeAt(now time.Time) (years int, ok bool) {
	born, ok := d.Time()
	if !ok || now.Before(born) {
		return 0, false
	}
	years = now.Year() - born.Year()
	if now.Month() < born.Month() || now.Month() == born.Month() && now.Day() < born.Day() {
		years--
	}
	return years, true
}
