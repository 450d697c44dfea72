package labs

import (
	"strings"
	"time"
)

// timeShapes are how Chinese laboratory systems and FHIR write a time.
var timeShapes = []string{
	"2006-1-2 15:04:05", "2006-1-2 15:04", time.RFC3339Nano, "2006-1-2T15:04:05", "2006-1-2T15:04", "2006-1-2",
	"2006/1/2 15:04:05", "2006/1/2 15:04", "2006/1/2", "2006.1.2 15:04:05", "2006.1.2 15:04", "2006.1.2", "20060102150405", "200601021504", "20060102", "20060102 15:04:05", "20060102 15:04",
	"2006年1月2日 15:04:05", "2006年1月2日 15:04", "2006年1月2日15:04:05", "2006年1月2日15:04", "2006年1月2日15时4分5秒", "2006年1月2日15时4分", "2006年1月2日 15时4分5秒", "2006年1月2日 15时4分", "2006年1月2日",
	"2006/1/2 PM 3:04:05", "2006/1/2 PM 3:04", "2006-1-2 PM 3:04:05", "2006-1-2 PM 3:04",
}

// parseTime reads a time; one without a zone is the zone's.
func parseTime(s string, zone *time.Location) (time.Time, bool) {
	s = halfDays.Replace(strings.TrimSpace(plainDigits(s)))
	for _, shape := range timeShapes {
		if t, err := time.ParseInLocation(shape, s, zone); err == nil && t.Year() > 1900 && t.Year() < 2200 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// halfDays are the words a spreadsheet in Chinese writes for AM and PM.
var halfDays = strings.NewReplacer("上午", "AM", "下午", "PM")
