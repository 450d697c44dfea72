package guard

import (
	"fmt"
	"strings"
	"testing"

	"careline/bot"
)

var (
	languages = []bot.Language{bot.Chinese, bot.English}
	relations = []bot.Relation{"", bot.RelationSelf, bot.RelationChild, bot.RelationParent, bot.RelationSpouse, bot.RelationOther}
	safetyIDs = []string{"crisis", "critical", "emergency", "standing", "standing-crisis", "arrived", "called-120", "cannot-go", "mistaken"}
	noticeIDs = []string{"consent-needed", "whose-report", "human-requested", "human-requested-offline", "withheld", "held", "held-proxy", "staff-joined", "staff-left", "case-closed", "failed",
		"result-corrected", "result-withdrawn", "result-reassigned", "binding-ended",
		"welcome", "welcome-back", "bind-how", "bind-done", "bind-declined", "bind-requested", "bind-unasked", "consent-ask", "consent-withdrawn", "unbind-done",
		"ask-how", "family", "privacy", "binding-added", "proxy-ask", "proxy-agreed", "proxy-declined",
		"image", "image-none", "voice", "video", "location", "link", "other", "heard"}
	// stepIDs are short questions and answers within a few seconds of such a text.
	stepIDs = []string{"bind-relation", "bind-factor", "bind-cancelled", "unbind-which", "unbind-confirm", "unbind-none", "nothing-waits", "person-chosen", "proxy-allowed", "proxy-refused"}
)

// promises are words that only hold with somebody on shift.
var promises = []string{"已经转给我们的值班", "值班人员已经知道", "60分钟", "现在有人值班", "staff on duty", "Somebody is on duty", "60 minutes"}

func potassium(kind bot.FactKind, action bot.Tier) bot.Fact {
	return bot.Fact{
		Kind: kind, Analyte: "K", Name: "血钾", Interval: bot.Interval{Printed: "3.5-5.3"},
		Value:    bot.Value{Printed: "7.1", Number: bot.MustDecimal("7.1"), Unit: "mmol/L", UCUM: "mmol/L"},
		Critical: &bot.Critical{Action: action, Side: bot.DirectionHigh},
	}
}

func TestEverySafetyTextFitsAndPromisesNothingOffShift(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	families := []string{"", "unknown", "chest-pain", "K"}
	for family := range g.texts[bot.Chinese].file.Families {
		families = append(families, family)
	}
	long := potassium(bot.FactResult, bot.TierToday)
	long.Name, long.Interval.Printed, long.Value.Printed = strings.Repeat("长", 500), strings.Repeat("9", 500), strings.Repeat("7", 300)
	facts := map[string][]bot.Fact{
		"none": nil, "one": {potassium(bot.FactResult, bot.TierNow)}, "stated": {potassium(bot.FactStated, bot.TierToday)}, "long": {long, long, long, long, long, long, long},
		"many": {potassium(bot.FactResult, bot.TierNow), potassium(bot.FactStated, bot.TierNow), potassium(bot.FactResult, bot.TierToday), potassium(bot.FactResult, bot.TierNow), long},
	}
	for analyte := range g.texts[bot.Chinese].file.Analytes {
		f := potassium(bot.FactResult, bot.TierNow)
		id, side, _ := strings.Cut(analyte, "-")
		f.Analyte, f.Critical.Side = bot.AnalyteID(id), bot.Direction(side)
		facts[analyte] = []bot.Fact{f, f, f, f}
	}
	var all []SafetySlots
	for _, list := range facts {
		for _, relation := range relations {
			all = append(all, SafetySlots{Relation: relation, Facts: list}, SafetySlots{Relation: relation, Facts: list, Family: "consciousness"})
		}
	}
	for _, family := range families {
		all = append(all, SafetySlots{Family: family}, SafetySlots{Family: family, Facts: facts["many"]})
	}
	for _, slots := range all {
		for _, id := range safetyIDs {
			for _, language := range languages {
				for _, duty := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
					slots.OnShift, slots.CaseCommitted = duty[0], duty[1]
					text, err := g.Safety(id, language, slots)
					checkText(t, fmt.Sprintf("%s %s %q %q, %d facts, duty %v", id, language, slots.Relation, slots.Family, len(slots.Facts), duty), text, err, duty[0] && duty[1])
				}
			}
		}
	}
}

func TestEveryNoticeFitsAndPromisesNothingOffShift(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	for _, id := range noticeIDs {
		for _, language := range languages {
			for _, role := range []bot.Role{"", bot.RoleManager, bot.RoleClinician, bot.RoleSupervisor, bot.RoleAdmin, bot.RoleAuditor} {
				for _, shift := range []bool{true, false} {
					text, err := g.Notice(id, language, NoticeSlots{OnShift: shift, Role: role, Relations: relations})
					checkText(t, fmt.Sprintf("%s %s %q shift %v", id, language, role, shift), text, err, shift)
					if !strings.Contains(text.Plain(), "120") {
						t.Errorf("%s %s does not name 120", id, language)
					}
				}
			}
		}
	}
}

func TestHeardWordsAreQuotedOnOneLineWithoutWhatDoesNotShow(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	text, err := g.Notice("heard", bot.Chinese, NoticeSlots{Words: bot.T(" 血钾\n\u202e高\x00 {{.Role}}\t吗 ")})
	if err != nil || !strings.Contains(text.Plain(), "我听到的是：“血钾 高 {{.Role}} 吗”") {
		t.Errorf("%v:\n%s", err, text.Plain())
	}
}

func TestEveryNoticeOfTheDeskFits(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	people := []bot.Binding{{Patient: 1, Relation: bot.RelationSelf}, {Patient: 2, Relation: bot.RelationParent, Sex: bot.SexFemale}, {Patient: 3, Relation: bot.RelationChild, Born: "2019-03-01"}, {Patient: 4, Relation: bot.RelationChild, Born: "2015-03-01"}}
	full := NoticeSlots{Relations: []bot.Relation{bot.RelationParent}, People: people, Current: 3, Lines: []string{"1 one", "2 two"}, Follows: true}
	for _, id := range append(append([]string(nil), noticeIDs...), stepIDs...) {
		for _, language := range languages {
			for _, slots := range []NoticeSlots{full, {Relations: full.Relations}} {
				text, err := g.Notice(id, language, slots)
				checkText(t, id+" "+string(language), text, err, false)
			}
		}
	}
}

func TestTwoChildrenAreToldApartByTheirYearAndNeverByName(t *testing.T) {
	t.Parallel()
	text, err := loaded(t).Notice("family", bot.Chinese, NoticeSlots{Current: 3, People: []bot.Binding{
		{Patient: 1, Relation: bot.RelationSelf}, {Patient: 2, Relation: bot.RelationChild, Born: "2015-03-01"}, {Patient: 3, Relation: bot.RelationChild, Born: "2019-03-01"}}})
	if want := "1 您本人\n2 孩子（2015年出生）\n3 孩子（2019年出生）（现在看的）"; err != nil || !strings.Contains(text.Plain(), want) {
		t.Errorf("%v, without %q:\n%s", err, want, text.Plain())
	}
}

func checkText(t *testing.T, where string, text bot.Text, err error, mayPromise bool) {
	t.Helper()
	plain := text.Plain()
	if err != nil || plain == "" || len(plain) > maxText || strings.Contains(plain, "{{") || strings.Contains(plain, "no value") {
		t.Fatalf("%s: %d bytes, %v:\n%s", where, len(plain), err, plain)
	}
	for _, promise := range promises {
		if !mayPromise && strings.Contains(plain, promise) {
			t.Fatalf("%s promises %q:\n%s", where, promise, plain)
		}
	}
}

func TestACriticalTextNamesValueRangeAndAction(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	cases := []struct {
		about    string
		slots    SafetySlots
		with     []string
		without  []string
		language bot.Language
	}{
		{"now, on shift", SafetySlots{OnShift: true, CaseCommitted: true, Facts: []bot.Fact{potassium(bot.FactResult, bot.TierNow)}},
			[]string{"请现在就去最近的医院急诊", "报告上血钾 7.1 mmol/L（参考范围3.5-5.3）", "影响心跳", "药别自己加，也别自己停", "已经转给我们的值班人员"}, []string{"今天就要处理"}, bot.Chinese},
		{"today, nobody there", SafetySlots{CaseCommitted: true, Facts: []bot.Fact{potassium(bot.FactResult, bot.TierToday)}},
			[]string{"请今天就去医院", "现在没有值班人员，请不要等我们回复"}, []string{"已经转给"}, bot.Chinese},
		{"a mother's", SafetySlots{Relation: bot.RelationParent, Facts: []bot.Fact{potassium(bot.FactResult, bot.TierNow)}},
			[]string{"请现在就带您家长辈去", "您家长辈的血钾 7.1"}, nil, bot.Chinese},
		{"stated", SafetySlots{Facts: []bot.Fact{potassium(bot.FactStated, bot.TierNow)}}, []string{"您说的血钾 7.1"}, []string{"报告上血钾"}, bot.Chinese},
		{"in English", SafetySlots{Relation: bot.RelationChild, Facts: []bot.Fact{potassium(bot.FactResult, bot.TierNow)}},
			[]string{"please take your child to the nearest emergency department now", "your child's", "7.1 mmol/L (reference range 3.5-5.3)", "do not wait for our reply"}, nil, bot.English},
	}
	for _, c := range cases {
		text, err := g.Safety("critical", c.language, c.slots)
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range c.with {
			if !strings.Contains(text.Plain(), words) {
				t.Errorf("%s: %q is missing from\n%s", c.about, words, text.Plain())
			}
		}
		for _, words := range c.without {
			if strings.Contains(text.Plain(), words) {
				t.Errorf("%s: %q stands in\n%s", c.about, words, text.Plain())
			}
		}
	}
}

func TestAnEmergencyTextFitsTheDangerAndNamesCriticalResults(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	stroke, err := g.Safety("emergency", bot.Chinese, SafetySlots{Family: "speech-loss", Facts: []bot.Fact{potassium(bot.FactResult, bot.TierNow)}})
	if err != nil || !strings.Contains(stroke.Plain(), "最后一切正常的时间") || !strings.Contains(stroke.Plain(), "血钾 7.1") {
		t.Errorf("%v: %s", err, stroke.Plain())
	}
	other, err := g.Safety("emergency", bot.Chinese, SafetySlots{Family: "nothing known"})
	if err != nil || !strings.Contains(other.Plain(), g.texts[bot.Chinese].file.Families["default"]) {
		t.Errorf("%v: %s", err, other.Plain())
	}
}

func TestACrisisTextNamesTheLinesAndAsksWhoIsThere(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	for language, words := range map[bot.Language][]string{
		bot.Chinese: {"12356", "120", "110", "不是每个地方都24小时", "身边有人陪您吗"},
		bot.English: {"12356", "120", "110", "not staffed 24 hours everywhere", "Is someone with you?"},
	} {
		text, err := g.Safety("crisis", language, SafetySlots{})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if !strings.Contains(text.Plain(), w) {
				t.Errorf("%s: %q is missing", language, w)
			}
		}
	}
}

func TestStandingRepliesHaveTexts(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	for _, r := range replies {
		if _, err := g.Safety(r.id, bot.Chinese, SafetySlots{}); err != nil || !StandingReply(r.id) {
			t.Errorf("%s: %v", r.id, err)
		}
	}
}

func TestAnUnknownTextIsAnError(t *testing.T) {
	t.Parallel()
	g := loaded(t)
	if _, err := g.Safety("unlinked", bot.Chinese, SafetySlots{}); err == nil {
		t.Error("an unknown safety text was rendered")
	}
	if _, err := g.Notice("crisis", bot.English, NoticeSlots{}); err == nil {
		t.Error("a safety text passed as a notice")
	}
}
