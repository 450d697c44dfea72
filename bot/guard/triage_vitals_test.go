package guard

import (
	"testing"

	"careline/bot"
)

func TestANumberBesideAVitalSignIsMeasured(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	cases := map[string]bot.Level{
		"血压220/130":            bot.LevelEmergency,
		"高压二百一 低压一百三":          bot.LevelEmergency,
		"血压185/100 头疼":         bot.LevelEmergency,
		"血压185/100":            bot.LevelReview,
		"怀孕34周 血压165/112":      bot.LevelEmergency,
		"血压145/92":             bot.LevelNone,
		"血压78/45":              bot.LevelEmergency,
		"BP 210 over 120":      bot.LevelEmergency,
		"心率180":                bot.LevelEmergency,
		"跑步时心率165":             bot.LevelNone,
		"胎心率150":               bot.LevelNone,
		"脉搏每分钟不到四十":            bot.LevelEmergency,
		"心率62":                 bot.LevelNone,
		"血氧85":                 bot.LevelEmergency,
		"SpO2 82%":             bot.LevelEmergency,
		"血氧92":                 bot.LevelReview,
		"血氧98":                 bot.LevelNone,
		"体温41度":                bot.LevelEmergency,
		"fever of 105":         bot.LevelEmergency,
		"体温36.8":               bot.LevelNone,
		"呼吸每分钟40次":             bot.LevelEmergency,
		"glucose 1.9":          bot.LevelEmergency,
		"blood sugar 45 mg/dl": bot.LevelEmergency,
		"空腹血糖6.4":              bot.LevelNone,
		"血糖18.2，一直呕吐":          bot.LevelEmergency,
		"血压药吃了40天":             bot.LevelNone,
		"体温正常，39岁":             bot.LevelNone,
		"去年血压最高到过230，现在吃药控制得很好":    bot.LevelNone,
		"如果血压到220怎么办":              bot.LevelNone,
		"what if my pulse was 180": bot.LevelNone,
	}
	for text, want := range cases {
		if got := say(g, text); got.Level != want {
			t.Errorf("%q is %s by %s (%s), want %s", text, got.Level, got.Term, got.Rule, want)
		}
	}
}
