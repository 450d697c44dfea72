package guard

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"careline/bot"
)

// dated is one date of a text, whole or in part: 0 is a part not said.
type dated struct {
	span
	year, month, day int
}

const monthNames = `(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`

// datePatterns have the parts in the order of parts.
var datePatterns = []struct {
	pattern *regexp.Regexp
	parts   string // y, m (number), n (name), d
}{
	{regexp.MustCompile(`\b((?:19|20)\d\d) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]`), "ymd"},
	{regexp.MustCompile(`\b((?:19|20)\d\d) ?年 ?(\d{1,2}) ?月`), "ym"},
	{regexp.MustCompile(`\b((?:19|20)\d\d) ?年`), "y"},
	{regexp.MustCompile(`\b(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]`), "md"},
	{regexp.MustCompile(`\b(\d{1,2}) ?月`), "m"},
	{regexp.MustCompile(`\b((?:19|20)\d\d)[-/](\d{1,2})[-/](\d{1,2})\b`), "ymd"},
	{regexp.MustCompile(`\b((?:19|20)\d\d)-(\d{2})\b`), "ym"},
	{regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?` + monthNames + `,? ((?:19|20)\d\d)\b`), "dny"},
	{regexp.MustCompile(`\b` + monthNames + ` (\d{1,2})(?:st|nd|rd|th)?,? ((?:19|20)\d\d)\b`), "ndy"},
	{regexp.MustCompile(`\b` + monthNames + ` ((?:19|20)\d\d)\b`), "ny"},
	{regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)? (?:of )?` + monthNames + `\b`), "dn"},
	{regexp.MustCompile(`\b` + monthNames + ` (\d{1,2})(?:st|nd|rd|th)?\b`), "nd"},
	{regexp.MustCompile(`\b(?:in|since|from|last) ` + monthNames + `\b`), "n"},
}

func (r *reviewing) findDates() { r.dates = datesIn(r.text) }

func datesIn(text string) []dated {
	var all []dated
	for _, piece := range piecesWithDigits(text, 1) {
		var taken []span
		for _, p := range datePatterns {
			if !mayHold(text[piece.start:piece.end], p.parts) {
				continue
			}
			for _, m := range p.pattern.FindAllStringSubmatchIndex(text[piece.start:piece.end], -1) {
				d := dated{span: span{piece.start + m[0], piece.start + m[1]}}
				if anyOverlaps(taken, d.span) {
					continue
				}
				for i, part := range p.parts {
					d.set(part, text[piece.start+m[2*i+2]:piece.start+m[2*i+3]])
				}
				all, taken = append(all, d), append(taken, d.span)
			}
		}
	}
	slices.SortFunc(all, func(a, b dated) int { return a.start - b.start })
	return all
}

// mayHold reports whether a text has the sign that a date of these parts needs: it
// spares most patterns their search.
func mayHold(text, parts string) bool {
	switch {
	case strings.Contains(parts, "n"):
		return slices.ContainsFunc(monthBeginnings, func(month string) bool { return strings.Contains(text, month) })
	case parts == "ymd" || parts == "ym":
		return strings.ContainsAny(text, "-/年")
	case strings.HasPrefix(parts, "y"):
		return strings.Contains(text, "年")
	}
	return strings.Contains(text, "月")
}

var monthBeginnings = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// piecesWithDigits are the lines and Chinese sentences that hold at least so many
// digits: the only ones worth a closer look for dates or numbers of people.
func piecesWithDigits(text string, least int) []span {
	var all []span
	start, digits := 0, 0
	for at, c := range text + "\n" {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '\n' || c == '。':
			if digits >= least {
				all = append(all, span{start, at})
			}
			start, digits = at, 0
		}
	}
	return all
}

func (d *dated) set(part rune, s string) {
	n, _ := strconv.Atoi(s)
	switch part {
	case 'y':
		d.year = n
	case 'm':
		d.month = n
	case 'd':
		d.day = n
	case 'n':
		d.month = strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", s[:3])/3 + 1
	}
}

// fits reports whether every part said is a part of the day.
func (d dated) fits(day bot.Date) bool {
	parts := strings.Split(string(day), "-")
	part := func(i int) int {
		if i >= len(parts) {
			return 0
		}
		n, _ := strconv.Atoi(parts[i])
		return n
	}
	return day != "" && (d.year == 0 || d.year == part(0)) && (d.month == 0 || d.month == part(1)) && (d.day == 0 || d.day == part(2))
}

// knownDate reports whether a date is one of a fact, of the patient's words, or today.
func (r *reviewing) knownDate(d dated) bool {
	for _, day := range r.days() {
		if d.fits(day) {
			return true
		}
	}
	for _, q := range datesIn(r.question) {
		if (d.year == 0 || d.year == q.year) && (d.month == 0 || d.month == q.month) && (d.day == 0 || d.day == q.day) {
			return true
		}
	}
	return false
}

// days are the dates of the evidence; today in every zone an institution may have.
func (r *reviewing) days() []bot.Date {
	var all []bot.Date
	for _, f := range r.evidence.Facts {
		all = append(all, f.Date)
		for _, p := range f.Previous {
			all = append(all, p.Date)
		}
	}
	if now := r.evidence.Now; now.Location() != time.UTC && !now.IsZero() {
		all = append(all, bot.DateOf(now, now.Location()))
	} else if !now.IsZero() {
		const zone = 14 // hours: the widest offset there is
		for _, hours := range []int{-zone, 0, zone} {
			all = append(all, bot.DateOf(now.Add(time.Duration(hours)*time.Hour), now.Location()))
		}
	}
	return all
}
