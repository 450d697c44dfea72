package webchat

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/pages"
)

// at is when every fixture happens.
var at = time.Date(2026, 11, 3, 2, 14, 0, 0, time.UTC)

// TestEveryPageDrawsInBothLanguages draws each page with fixture data. With
// CARELINE_PAGES set to a folder the drawings are kept there to be looked at.
func TestEveryPageDrawsInBothLanguages(t *testing.T) {
	t.Parallel()
	set, err := newDrawing(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []bot.Language{bot.Chinese, bot.English} {
		for name, data := range fixtures(set, set.words.In(lang, time.FixedZone("UTC+8", 8*3600))) {
			t.Run(string(lang)+"/"+name, func(t *testing.T) {
				t.Parallel()
				var page bytes.Buffer
				if err := set.templates.ExecuteTemplate(&page, data.template, data.data); err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(page.Bytes(), []byte("[redacted]")) {
					t.Error("a Text was drawn without Plain")
				}
				if bytes.Contains(page.Bytes(), []byte("<script>alert")) {
					t.Error("a message's markup was drawn as markup")
				}
				keep(t, string(lang)+"-"+name, page.Bytes())
			})
		}
	}
}

func keep(t *testing.T, name string, page []byte) {
	t.Helper()
	folder := os.Getenv("CARELINE_PAGES")
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, "webchat-"+name+".html"), page, 0o600); err != nil {
		t.Fatal(err)
	}
}

type drawn struct {
	template string
	data     any
}

func fixtures(set drawing, s pages.Speech) map[string]drawn {
	pick := func(chinese, english string) string {
		if s.Lang == bot.Chinese {
			return chinese
		}
		return english
	}
	f := frame{Speech: s, Institution: bot.Institution{ID: "demo", Name: pick("示范医院", "Demo Hospital"), Demo: true}, Path: "/w/demo", Title: s.Say("app")}
	bound := people(s, []bot.Binding{{Patient: 1, Relation: bot.RelationSelf, Since: at}, {Patient: 2, Relation: bot.RelationParent, Sex: bot.SexMale, Since: at}, {Patient: 3, Relation: bot.RelationChild, Since: at}}, 1)
	say := func(n int64, author bot.Author, text string, more func(*message)) message {
		m := message{Speech: s, Path: f.Path, Number: n, ID: bot.MessageID(n), Author: author, Who: s.Say("author-" + string(author)), Mine: author == bot.AuthorPatient, Text: text, At: at, Time: s.Clock(at, at)}
		if more != nil {
			more(&m)
		}
		return m
	}
	answer := pick("看到转氨酶又带箭头，心里不踏实很正常。先说结论：不是需要连夜去医院的那种高，但连着两次偏高，值得在一两周内看医生、找找原因。\n\n这次谷丙转氨酶（ALT）87 U/L，报告上的参考范围是7-40；5月12日是55，那次也偏高，这次又高了一些。\n\n您可以这样做：\n1. 挂消化内科或肝病科，两次的报告都带上。\n2. 问医生：要不要查乙肝、丙肝和肝脏B超？\n3. 这段时间先别喝酒；正在吃的药别自己停。",
		"In short: this is not the kind of high that needs a hospital tonight, but it has been high twice in a row, so see a doctor within a week or two.\n\nALT is 87 U/L this time; the report's interval is 7-40. On 12 May it was 55, also high.\n\nWhat you can do:\n1. See a gastroenterology clinic and bring both reports.\n2. Ask: should I be tested for hepatitis B and C?\n3. No alcohol for now; do not stop your medicines on your own.")
	messages := []message{
		say(1, bot.AuthorPatient, pick("转氨酶这么高要紧吗 <script>alert(1)</script>", "My ALT is high. Is that serious? <script>alert(1)</script>"), nil),
		say(2, bot.AuthorAssistant, answer, func(m *message) { m.AI, m.Evidence, m.Full, m.Rateable = true, true, true, true }),
		say(3, bot.AuthorPatient, pick("好的，谢谢", "Okay, thanks"), nil),
		say(4, bot.AuthorStaff, pick("您好，我是值班的健康管理师，看过您两次的报告了。", "Hello, I am the health manager on duty and have read both of your reports."), func(m *message) { m.Who = s.Say("role-health_manager") }),
		say(5, bot.AuthorSystem, pick("如果胸闷、心慌、浑身没力气，或者快要晕倒：马上打120，别自己开车。", "If your chest feels tight or you feel faint, call 120 now."), func(m *message) { m.Automatic = true }),
	}
	chat := chatPage{frame: f, People: bound, Consented: true, Messages: messages, Last: 5, Typing: true, NextID: "n"}
	read := chatPage{frame: f, People: bound, Consented: true, Elsewhere: true, Messages: messages[:2], Last: 2}
	first := chatPage{frame: f, NextID: "n"}
	series := fixtureSeries()
	spark := pages.NewSpark(s, "ALT", series)
	evidence := evidencePage{frame: f, Answer: 2, Verdict: bot.VerdictComposed,
		Facts: facts(s, []bot.Fact{
			{ID: "F1", Kind: bot.FactResult, Name: pick("谷丙转氨酶（ALT）", "Alanine aminotransferase (ALT)"), Value: bot.Value{Printed: "87", Unit: "U/L"}, Interval: bot.Interval{Printed: "7-40"}, Flag: "↑", Direction: bot.DirectionHigh, Judged: true, Date: "2026-11-02", Laboratory: pick("示范检验科", "Demo Laboratory")},
			{ID: "F2", Kind: bot.FactResult, Name: pick("血钾（K）", "Potassium (K)"), Value: bot.Value{Printed: "7.1", Unit: "mmol/L"}, Interval: bot.Interval{Printed: "3.5-5.3"}, Direction: bot.DirectionHigh, Judged: true, Critical: &bot.Critical{}, Date: "2026-11-02"},
			{ID: "F3", Kind: bot.FactStated, Name: pick("葡萄糖", "Glucose"), Value: bot.Value{Printed: "5.0", Unit: "mmol/L"}, Direction: bot.DirectionUnknown},
		}, func(f bot.Fact) *pages.Chart {
			if f.ID == "F1" {
				return &spark
			}
			return nil
		}),
		Passages: []bot.Passage{{Title: pick("谷丙转氨酶", "ALT"), Heading: pick("常见原因", "Common causes"), Text: pick("ALT 平时待在肝细胞里，肝细胞受了刺激，就会漏一些到血里。\n1. 脂肪肝\n2. 喝酒", "ALT lives in liver cells.\n1. Fatty liver\n2. Alcohol"), Version: 1, Sources: []bot.Source{{Title: "ALT Blood Test", Publisher: "MedlinePlus", Year: 2024}}}},
	}
	demoPeople := []DemoPerson{{"self", pick("本人", "Myself"), "DEMO-SELF-1", "1111", bot.RelationSelf}, {"mother", pick("母亲", "Mother"), "DEMO-MUM-1", "2222", bot.RelationParent}, {"father", pick("父亲", "Father"), "DEMO-DAD-1", "3333", bot.RelationParent}, {"child", pick("孩子", "Child"), "DEMO-KID-1", "4444", bot.RelationChild}}
	return map[string]drawn{
		"chat":     {"chat-page", chat},
		"first":    {"chat-page", first},
		"read":     {"chat-page", read},
		"consent":  {"consent-page", consentPage{f, set.consent.Version, set.consent.purposes(s, nil)}},
		"me":       {"me-page", mePage{f, bound, set.consent.purposes(s, map[bot.Purpose]bool{bot.PurposeReadReports: true})}},
		"bind":     {"bind-page", bindPage{f, "DEMO-1", s.Say("bind-wrong"), relations(s, bot.RelationSelf)}},
		"human":    {"human-page", f},
		"evidence": {"evidence-page", evidence},
		"nothing":  {"evidence-page", evidencePage{frame: f, Verdict: bot.VerdictAccepted}},
		"trend":    {"trend-page", trendPage{f, 2, pages.NewChart(s, pick("谷丙转氨酶（ALT）", "ALT"), series)}},
		"full":     {"full-page", fullPage{f, 2, answer}},
		"error":    {"error-page", errorPage{f, s.Say("error-unavailable"), f.Path}},
		"demo":     {"demo-page", demoPage{f, demoPeople, []DemoSignIn{{"lin.yisheng", "careline-demo"}}, set.demo.questions(s.Lang, demoPeople)}},
	}
}

// fixtureSeries rises, changes its laboratory, and ends flagged.
func fixtureSeries() []bot.Result {
	values := []struct {
		printed, laboratory string
		direction           bot.Direction
	}{{"31", "A", bot.DirectionWithin}, {"38", "A", bot.DirectionWithin}, {"4", "B", bot.DirectionLow}, {"55", "B", bot.DirectionHigh}, {"87", "B", bot.DirectionHigh}}
	var all []bot.Result
	for i, v := range values {
		all = append(all, bot.Result{
			Value: bot.Value{Printed: v.printed, Number: bot.MustDecimal(v.printed), Unit: "U/L", UCUM: "U/L"}, Direction: v.direction, Laboratory: v.laboratory, EffectiveAt: at.AddDate(0, 5*(i-4), 0),
			Interval: bot.Interval{Printed: "7-40", Low: bot.MustDecimal("7"), High: bot.MustDecimal("40")},
		})
	}
	return all
}
