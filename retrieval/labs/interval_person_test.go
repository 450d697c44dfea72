package labs_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"careline/bot"
)

// TestAnIntervalIsTheOneForThePerson: where a report prints several, only the one
// whose every label fits is used; what the person is not known to be decides nothing.
func TestAnIntervalIsTheOneForThePerson(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	const woman, man, girl, baby, anybody = "woman", "man", "girl", "baby", "anybody"
	people := map[string]struct {
		sex  bot.Sex
		born bot.Date
	}{
		woman: {bot.SexFemale, "1980-03-05"}, man: {bot.SexMale, "1951-06-01"}, girl: {bot.SexFemale, "2019-03-05"}, baby: {bot.SexMale, "2026-10-20"}, anybody: {bot.SexUnknown, ""},
	}
	cases := []struct{ printed, who, low, high string }{
		{"男:130-175 女:115-150", woman, "115", "150"},
		{"男:130-175 女:115-150", man, "130", "175"},
		{"男:130-175 女:115-150", anybody, "", ""},
		{"男性 208~428；女性 155~357", woman, "155", "357"},
		{"130-175(男) 115-150(女)", woman, "115", "150"},
		{"130-175(M);115-150(F)", man, "130", "175"},
		{"130-175（M）", woman, "", ""},
		{"M: 41-73 umol/L F: 57-97 umol/L", woman, "57", "97"},
		{"女 <140 男 <150", woman, "", "140"},
		{"成人 3.5-9.5；儿童 5.0-12.0", man, "3.5", "9.5"},
		{"成人 3.5-9.5；儿童 5.0-12.0", girl, "5.0", "12.0"},
		{"成人 3.5-9.5；儿童 5.0-12.0", anybody, "", ""},
		{"新生儿 15-20 成人 4-10", baby, "15", "20"},
		{"18-59岁 57-97；≥60岁 57-111", man, "57", "111"},
		{"18-59岁 57-97；≥60岁 57-111", woman, "57", "97"},
		{"男：20～59岁 57～97 60～79岁 57～111 女：20～59岁 41～73", man, "57", "111"},
		{"男：20～59岁 57～97 60～79岁 57～111 女：20～59岁 41～73", woman, "41", "73"},
		{"1岁以下 10-20 1岁以上 5-10", baby, "10", "20"},
		{"男 1.5-12.4 女 卵泡期 3.5-12.5 黄体期 1.7-7.7", man, "1.5", "12.4"},
		{"男 1.5-12.4 女 卵泡期 3.5-12.5 黄体期 1.7-7.7", woman, "", ""},
		{"非吸烟者 <5.0 吸烟者 <10.0", man, "", ""},
		{"参考范围：男 2-5，女 1-4", woman, "1", "4"},
		{"男 1-3 女 1-3 疑似", woman, "", ""},
		{"3-5 或 7-9", man, "", ""},
		{"阴性", man, "", ""},
		{"3.5-9.5", woman, "3.5", "9.5"},
	}
	c := catalogue(t)
	for _, x := range cases {
		p := people[x.who]
		i := c.IntervalFor(x.printed, p.sex, p.born, at)
		if i.Printed != x.printed || i.Low.String() != x.low || i.High.String() != x.high {
			t.Errorf("%q for a %s is %q to %q", x.printed, x.who, i.Low, i.High)
		}
	}
}

func TestAnIntervalForAPersonNeverComesFromAnUnknownWord(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		printed := rapid.StringMatching(`(男|女|成人|\d{1,2}-\d{1,2}岁|[:： ]|\d{1,2}-\d{2,3}|[a-z某])*`).Draw(t, "printed")
		i := c.IntervalFor(printed, bot.SexFemale, "1980-03-05", time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
		if i.Low.Valid() && i.High.Valid() && i.Low.Cmp(i.High) > 0 {
			t.Fatalf("%q has its bounds crossed", printed)
		}
	})
}
