package labs

import (
	"strings"
	"time"

	"careline/bot"
	"careline/bot/fold"
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

// dateOf reads a birth date, "" when it cannot be read.
func dateOf(s string, zone *time.Location) bot.Date {
	t, ok := parseTime(s, zone)
	if !ok {
		return ""
	}
	return bot.DateOf(t, zone)
}

func sexOf(s string) bot.Sex {
	switch fold.Text(s) {
	case "女", "女性", "f", "female":
		return bot.SexFemale
	case "男", "男性", "m", "male":
		return bot.SexMale
	case "other", "其他":
		return bot.SexOther
	}
	return bot.SexUnknown
}

func statusOf(s string) bot.ResultStatus {
	switch fold.Text(s) {
	case "", "final", "f", "已审核", "审核", "已发布", "最终":
		return bot.StatusFinal
	case "preliminary", "p", "初步", "未审核":
		return bot.StatusPreliminary
	case "corrected", "c", "更正", "已更正":
		return bot.StatusCorrected
	case "amended", "修改":
		return bot.StatusAmended
	case "cancelled", "x", "作废", "取消":
		return bot.StatusCancelled
	case "registered", "已登记":
		return bot.StatusRegistered
	case "entered-in-error":
		return bot.StatusError
	}
	return bot.StatusUnknown
}

// specimenOf sorts what a file says of the specimen.
func specimenOf(s string) bot.Specimen {
	key := fold.Text(s)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(key, w) {
				return true
			}
		}
		return false
	}
	switch {
	case key == "":
		return bot.SpecimenUnknown
	case has("尿", "urine"):
		return bot.SpecimenUrine
	case has("便", "粪", "stool", "faec", "feces", "fecal"):
		return bot.SpecimenStool
	case has("血", "blood", "serum", "plasma"):
		return bot.SpecimenBlood
	}
	return bot.SpecimenOther
}
