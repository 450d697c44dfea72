package console

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rsc.io/qr"

	"careline/bot"
	"careline/bot/pages"
	"careline/bot/store"
)

// at is when every fixture happens.
var at = time.Date(2026, 11, 3, 2, 14, 0, 0, time.UTC)

// TestEveryPageDrawsInBothLanguages draws each page with fixture data. With
// CARELINE_PAGES set to a folder the drawings are kept there to be looked at.
func TestEveryPageDrawsInBothLanguages(t *testing.T) {
	t.Parallel()
	set, err := newDrawing()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []bot.Language{bot.Chinese, bot.English} {
		for name, data := range fixtures(set.words.In(lang, time.FixedZone("UTC+8", 8*3600))) {
			t.Run(string(lang)+"/"+name, func(t *testing.T) {
				t.Parallel()
				var page bytes.Buffer
				if err := set.templates.ExecuteTemplate(&page, data.template, data.data); err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(page.Bytes(), []byte("[redacted]")) {
					t.Error("a Text was drawn without Plain")
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
	if err := os.WriteFile(filepath.Join(folder, "console-"+name+".html"), page, 0o600); err != nil {
		t.Fatal(err)
	}
}

type drawn struct {
	template string
	data     any
}

func fixtures(s pages.Speech) map[string]drawn {
	zh := s.Lang == bot.Chinese
	pick := func(chinese, english string) string {
		if zh {
			return chinese
		}
		return english
	}
	f := frame{
		Speech: s, Institution: bot.Institution{ID: "demo", Name: pick("示范医院", "Demo Hospital"), Demo: true}, Path: "/staff/demo", Title: s.Say("cases"),
		Me: me{ID: 1, Name: pick("林医生", "Dr Lin"), Role: s.Say("role-clinician"), role: bot.RoleClinician},
	}
	view := func(id bot.CaseID, level bot.Level, who, reason string, due time.Duration, owner string) caseView {
		c := caseView{ID: id, Level: level, LevelWord: s.Say("level-" + level.String()), Who: who, Reason: reason, Owner: owner, Due: at.Add(due), Waiting: s.Say("waiting-for", s.Span(12*time.Minute)), Rule: "critical", Term: "K"}
		c.Overdue = due < 0
		key := "due-in"
		if c.Overdue {
			key = "overdue"
		}
		c.Clock = s.Say(key, s.Span(due))
		return c
	}
	cases := []caseView{
		view(12, bot.LevelCrisis, pick("女，34 岁", "female, aged 34"), pick("心理危机", "T6 · self-harm"), -2*time.Minute, s.Say("owner-none")),
		view(11, bot.LevelEmergency, pick("男，67 岁", "male, aged 67"), s.Say("rule-critical"), 4*time.Minute, s.Say("owner-none")),
		view(9, bot.LevelHuman, pick("女，52 岁", "female, aged 52"), s.Say("rule-asked"), 48*time.Minute, s.Say("owner-other", pick("周管理师", "Ms Zhou"))),
		view(7, bot.LevelReview, s.Say("patient-unknown"), s.Say("rule-withheld"), 3*time.Hour, s.Say("owner-me")),
	}
	series := fixtureSeries()
	potassium := resultView{Name: pick("血钾 (K)", "Potassium (K)"), Value: "7.1", Unit: "mmol/L", Interval: "3.5-5.3", Direction: bot.DirectionHigh, Word: s.Say("direction-high"), Date: s.Day(at), Out: true,
		Spark: &sparkView{Link: "K/blood", Chart: pages.NewSpark(s, "K", series)}}
	sodium := resultView{Name: pick("血钠 (Na)", "Sodium (Na)"), Value: "139", Unit: "mmol/L", Interval: "137-147", Direction: bot.DirectionWithin, Word: s.Say("direction-within"), Date: s.Day(at)}
	creatinine := resultView{Name: pick("肌酐 (Cr)", "Creatinine"), Value: "412", Unit: "μmol/L", Interval: "57-97", Direction: bot.DirectionHigh, Word: s.Say("direction-high"), Date: s.Day(at), Out: true}
	message := func(n int64, author bot.Author, text string, more func(*line)) line {
		l := line{Speech: s, Path: f.Path, Case: 11, Number: n, ID: bot.MessageID(n), Author: author, Who: s.Say("author-" + string(author)), Text: text, At: at, Time: s.Clock(at, at)}
		if more != nil {
			more(&l)
		}
		return l
	}
	messages := []line{
		message(1, bot.AuthorPatient, pick("我爸血钾高一点没事吧？", "Dad's potassium is a bit high, that's fine, isn't it?"), nil),
		message(2, bot.AuthorSystem, pick("知道您盼着没事，可这个结果不能等：请现在就去最近的医院急诊，别等到明天。\n\n如果胸闷、心慌，马上打120。", "I know you hope it is nothing, but this result cannot wait: please go to the nearest emergency department now."), func(l *line) {
			l.Automatic, l.Delivery, l.DeliveryWord, l.Evidence = true, bot.DeliverySent, s.Say("delivery-sent"), true
		}),
		message(3, bot.AuthorPatient, pick("他说没有不舒服 <script>alert(1)</script>", "He says he feels fine <script>alert(1)</script>"), nil),
		message(4, bot.AuthorAssistant, pick("先说结论：……", "In short: …"), func(l *line) {
			l.AI, l.Delivery, l.DeliveryWord, l.Suppressed = true, bot.DeliverySuppressed, s.Say("delivery-suppressed"), true
		}),
		message(5, bot.AuthorStaff, pick("我是值班的林医生。请现在带他去急诊，路上有人陪着。", "This is Dr Lin on duty. Please take him to the emergency department now."), func(l *line) {
			l.Delivery, l.DeliveryWord = bot.DeliveryUnknown, s.Say("delivery-unknown")
		}),
	}
	page := casePage{frame: f, Case: cases[1], Words: &span{pick("我爸", "Dad's "), pick("血钾高", "potassium is a bit high"), pick("一点没事吧？", ", that's fine?")}, Result: &potassium, HasConversation: true, Messages: messages, Last: 5, MayAct: true, HasPatient: true,
		Reports:  []reportView{{Title: pick("电解质 + 肾功能", "Electrolytes and kidney"), Date: s.Day(at), Laboratory: pick("示范检验科", "Demo Laboratory"), Results: []resultView{potassium, creatinine, sodium}}},
		ReplyKey: "k", Outcomes: outcomeViews(s)}
	mine := page
	mine.Case.Mine, mine.Case.Owner, mine.Notice = true, s.Say("owner-me"), s.Say("claimed")
	mine.Draft = pick("可能是肾衰竭，加我微信 kf123", "It is kidney failure, write to kf123")
	mine.Violations = []violation{{Check: "V6", Word: s.Say("check-V6"), Span: pick("是肾衰竭", "is kidney failure")}, {Check: "V8", Word: s.Say("check-V8"), Span: "kf123", Hard: true}}
	mine.Hard = s.Say("reply-blocked")
	soft := mine
	soft.Violations, soft.Hard = mine.Violations[:1], ""
	closed := page
	closed.Closed, closed.MayAct, closed.HasConversation = s.Say("closed-as", s.Say("outcome-reached")), false, false
	corrected := page
	corrected.Changes = []changeView{
		{Name: potassium.Name, Kind: s.Say("change-corrected"), Was: store.Shown{Value: "7.1", Unit: "mmol/L", Interval: "3.5-5.3", Flag: "↑"}, Is: store.Shown{Value: "5.1", Unit: "mmol/L", Interval: "3.5-5.3"}, Date: s.Clock(at, at), Notice: s.Say("notice-queued", s.Clock(at, at))},
		{Name: sodium.Name, Kind: s.Say("change-withdrawn"), Was: store.Shown{Value: "139", Unit: "mmol/L"}, Gone: true, Date: s.Clock(at, at), Notice: s.Say("notice-staff")},
	}
	picture, err := qr.Encode("https://care.example.org/w/demo/bind?code=KX7M2PQD", qr.M)
	if err != nil {
		panic(err)
	}
	code := bindCodePage{frame: f, CaseID: 11, Who: cases[1].Who, Code: "KX7M 2PQD", Factor: "481 902", Until: "10:24", Agreed: true, QR: drawQR(picture)}
	typed := code
	typed.QR, typed.Agreed = nil, false
	return map[string]drawn{
		"bind-code": {"bind-code-page", code},
		"no-qr":     {"bind-code-page", typed},
		"corrected": {"case-page", corrected},
		"sign-in":   {"sign-in-page", signInPage{frame: f, Problem: s.Say("sign-in-wrong"), Login: "lin"}},
		"error":     {"error-page", errorPage{frame: f, Sentence: s.Say("error-unavailable"), Again: f.Path}},
		"queue":     {"queue-page", queuePage{f, cases}},
		"empty":     {"queue-page", queuePage{frame: f}},
		"case":      {"case-page", page},
		"mine":      {"case-page", mine},
		"override":  {"case-page", soft},
		"closed":    {"case-page", closed},
		"answer":    {"answer-page", answerPage{frame: f, CaseID: 11, Verdict: bot.VerdictSafety, Facts: []resultView{potassium}, Passages: []bot.Passage{{Title: "钾", Text: "钾帮助心脏跳动。", Sources: []bot.Source{{Title: "x"}}}}, Checks: []violation{{Check: "V3", Word: s.Say("check-V3")}}}},
		"trend":     {"trend-page", trendPage{f, 11, pages.NewChart(s, potassium.Name, series)}},
	}
}

func fixtureSeries() []bot.Result {
	values := []string{"4.4", "4.9", "5.6", "7.1"}
	var all []bot.Result
	for i, v := range values {
		direction := bot.DirectionWithin
		if i > 1 {
			direction = bot.DirectionHigh
		}
		all = append(all, bot.Result{
			Value: bot.Value{Printed: v, Number: bot.MustDecimal(v), Unit: "mmol/L", UCUM: "mmol/L"}, Direction: direction, Laboratory: "A", EffectiveAt: at.AddDate(0, 3*(i-3), 0),
			Interval: bot.Interval{Printed: "3.5-5.3", Low: bot.MustDecimal("3.5"), High: bot.MustDecimal("5.3")},
		})
	}
	return all
}
