package labs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/retrieval/embed"
	"careline/retrieval/labs"
)

var (
	hospital = bot.Institution{ID: storetest.Hospital, Name: "Hospital", TimeZone: "Asia/Shanghai"}
	now      = storetest.Now
)

// results is a store with one patient's reports, as CSV lines without the header.
func results(t *testing.T, lines ...string) (*labs.Finder, *store.Store, bot.PatientID) {
	t.Helper()
	s, db := storetest.New(t)
	finder, patient := resultsIn(t, s, db, lines...)
	return finder, s, patient
}

func resultsIn(t *testing.T, s *store.Store, db *postgres.DB, lines ...string) (*labs.Finder, bot.PatientID) {
	t.Helper()
	c := catalogue(t)
	f, err := labs.Parse(c, "r.csv", strings.NewReader(csvHeader+strings.Join(lines, "\n")), shanghai(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveImport(t.Context(), hospital.ID, bot.Actor{Kind: "operator"}, f, now); err != nil {
		t.Fatal(err)
	}
	patient, err := s.FindPatient(t.Context(), hospital.ID, "T-1")
	if err != nil {
		t.Fatal(err)
	}
	embedder := embed.BuiltIn(c.Synonyms())
	if err := labs.SeedNames(t.Context(), db, c, embedder); err != nil {
		t.Fatal(err)
	}
	return labs.NewFinder(db, c, embedder), patient
}

const who = "T-1,王小雨,女,1980-03-05,"

var history = []string{
	who + "R-1,2026-05-12 09:00,谷丙转氨酶(ALT),55,U/L,7-40,↑",
	who + "R-1,2026-05-12 09:00,肌酐,60,μmol/L,41-73,",
	who + "R-2,2026-11-20 09:00,谷丙转氨酶(ALT),87,U/L,7-40,↑",
	who + "R-2,2026-11-20 09:00,总胆红素,12.1,μmol/L,0-23,",
	who + "R-2,2026-11-20 09:00,总胆固醇,5.86,mmol/L,<5.2,↑",
	who + "R-2,2026-11-20 09:00,某种新抗体,14,AU/mL,0-20,",
}

func TestAQuestionFindsItsResults(t *testing.T) {
	t.Parallel()
	finder, _, patient := results(t, history...)
	cases := []struct{ text, how, facts string }{
		{"转氨酶这么高要紧吗", "named", "ALT 87"},
		{"is my ALT bad?", "named", "ALT 87"},
		{"上次的血脂", "named", "TC 5.86"},
		{"肌酐高吗", "named", "CREA 60"},
		{"血钾高吗", "named", ""},
		{"那个带箭头的是什么", "flagged", "ALT 87,TC 5.86"},
		{"what does the flagged one mean?", "flagged", "ALT 87,TC 5.86"},
		{"帮我看看报告", "latest", "ALT 87,TBIL 12.1,TC 5.86, 14"},
		{"上次的报告怎么样", "latest", "ALT 55,CREA 60"},
		{"上次体检有异常吗", "flagged", "ALT 55"},
		{"哪些偏高？", "flagged", "ALT 87,TC 5.86"},
		{"某种新抗体是什么", "named", " 14"},
		{"今天天气怎么样", "none", ""},
	}
	for _, c := range cases {
		found, err := finder.Find(t.Context(), hospital, patient, c.text, bot.Chinese, now)
		if err != nil {
			t.Fatal(err)
		}
		var facts []string
		for _, f := range found.Facts {
			facts = append(facts, string(f.Analyte)+" "+f.Value.Printed)
		}
		if found.How != c.how || strings.Join(facts, ",") != c.facts {
			t.Errorf("%q: %s %v, want %s %s", c.text, found.How, facts, c.how, c.facts)
		}
	}
}

func TestAnItemTheCatalogueDoesNotKnowIsFoundByItsPrintedName(t *testing.T) {
	t.Parallel()
	finder, _, patient := results(t,
		who+"R-1,2026-11-20 09:00,促甲状腺激素,2.1,mIU/L,0.3-4.2,",
		who+"R-1,2026-11-20 09:00,甲状腺新抗体(TNA),140,IU/mL,0-34,↑",
		who+"R-1,2026-11-20 09:00,尿新蛋白(血清),3,mmol/L,0-1,↑",
	)
	for text, want := range map[string]string{
		"甲状腺新抗体高要紧吗":    "甲状腺新抗体(TNA) 140",
		"what is TNA?":  "甲状腺新抗体(TNA) 140",
		"甲状腺新抗体和TSH":    "促甲状腺激素（TSH） 2.1,甲状腺新抗体(TNA) 140",
		"我的甲状腺":         "促甲状腺激素（TSH） 2.1",
		"尿新蛋白":          "尿新蛋白(血清) 3",
		"血清什么":          "",
		"tnanother one": "",
	} {
		found, err := finder.Find(t.Context(), hospital, patient, text, bot.Chinese, now)
		if err != nil {
			t.Fatal(err)
		}
		var facts []string
		for _, f := range found.Facts {
			facts = append(facts, f.Name+" "+f.Value.Printed)
		}
		if strings.Join(facts, ",") != want {
			t.Errorf("%q finds %v, want %s", text, facts, want)
		}
	}
}

func TestNamesNearInMeaningFindTheirResults(t *testing.T) {
	t.Parallel()
	finder, _, patient := results(t, history...)
	for text, want := range map[string]string{
		"alanin aminotransferas": "similar ALT 87",
		"how do I park my car":   "none ",
		"明天门诊几点开":                "none ",
		"谢谢你":                    "none ",
		"我是什么血型":                 "named ",
		"我头疼怎么办":                 "none ",
		"what should I eat":      "none ",
	} {
		found, err := finder.Find(t.Context(), hospital, patient, text, bot.English, now)
		if err != nil {
			t.Fatal(err)
		}
		got := found.How + " "
		if len(found.Facts) > 0 {
			got += string(found.Facts[0].Analyte) + " " + found.Facts[0].Value.Printed
		}
		if got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
}

func TestSeedingNamesChangesOnlyWhatIsNotCurrent(t *testing.T) {
	t.Parallel()
	_, db := storetest.New(t)
	c := catalogue(t)
	embedder := &counting{Embedder: embed.BuiltIn(c.Synonyms())}
	for _, before := range []string{"", "", "update analyte_names set analyte_id = 'AST' where folded = 'gpt'", "update analyte_names set model = 'older'"} {
		if before != "" {
			if _, err := db.Pool.Exec(t.Context(), before); err != nil {
				t.Fatal(err)
			}
		}
		if err := labs.SeedNames(t.Context(), db, c, embedder); err != nil {
			t.Fatal(err)
		}
	}
	var names int
	if err := db.Pool.QueryRow(t.Context(), `select count(*) from analyte_names where model = $1 and folded = 'gpt' and analyte_id = 'ALT'`, embedder.Model()).Scan(&names); err != nil || names != 1 {
		t.Errorf("GPT names ALT %d times, %v", names, err)
	}
	if embedder.calls != 3 {
		t.Errorf("embedded %d times, want 3: new, changed, another model", embedder.calls)
	}
}

// counting counts how often texts are embedded.
type counting struct {
	embed.Embedder
	calls int
}

func (c *counting) Embed(ctx context.Context, texts []string, query bool) ([][]float32, error) {
	c.calls++
	return c.Embedder.Embed(ctx, texts, query)
}

func TestAFactCarriesWhatWasPrintedAndTheValuesBefore(t *testing.T) {
	t.Parallel()
	finder, _, patient := results(t, history...)
	found, err := finder.Find(t.Context(), hospital, patient, "ALT", bot.English, now)
	if err != nil || len(found.Facts) != 1 {
		t.Fatal(found, err)
	}
	f := found.Facts[0]
	if f.Name != "ALT" || f.Code != "1742-6" || f.Interval.Printed != "7-40" || f.Flag != "↑" || f.Direction != bot.DirectionHigh || f.Date != "2026-11-20" || !f.Judged {
		t.Errorf("fact %+v", f)
	}
	if len(f.Previous) != 1 || f.Previous[0].Value.Printed != "55" || f.Previous[0].Date != "2026-05-12" || !f.Previous[0].Same || f.Previous[0].Direction != bot.DirectionHigh {
		t.Errorf("previous %+v", f.Previous)
	}
	if found.Patient.Age != 46 || found.Patient.Sex != bot.SexFemale {
		t.Errorf("patient %+v", found.Patient)
	}
	series, err := finder.Series(t.Context(), hospital, patient, "ALT", bot.SpecimenBlood)
	if err != nil || len(series) != 2 || series[0].Value.Printed != "55" {
		t.Errorf("series %+v, %v", series, err)
	}
	reports, err := finder.Reports(t.Context(), hospital, patient, 10)
	if err != nil || len(reports) != 2 || reports[0].Number != "R-2" || len(reports[0].Results) != 4 {
		t.Errorf("reports %+v, %v", reports, err)
	}
}

func TestWhatStaffDealtWithIsNoLongerWatched(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	finder, patient := resultsIn(t, s, db,
		who+"R-1,2026-11-19 09:00,钾,6.9,mmol/L,3.5-5.3,↑", who+"R-2,2026-11-20 09:00,钾,7.1,mmol/L,3.5-5.3,↑", who+"R-2,2026-11-20 09:00,钠,140,mmol/L,137-147,")
	if err := db.In(t.Context(), hospital.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `update results set cleared_at = $1 where value_printed = '7.1'`, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	found, err := finder.Find(t.Context(), hospital, patient, "血钾", bot.Chinese, now)
	if err != nil || len(found.Latest) != 1 || found.Latest[0].Analyte != "NA" {
		t.Errorf("watched: %+v, %v", found.Latest, err)
	}
	if len(found.Facts) != 1 || found.Facts[0].Value.Printed != "7.1" || !found.Facts[0].Cleared {
		t.Errorf("asked: %+v", found.Facts)
	}
}

func TestAChildsValueIsNotJudged(t *testing.T) {
	t.Parallel()
	finder, _, patient := results(t, "T-1,小明,男,2020-06-01,R-1,2026-11-20,血红蛋白,121,g/L,130-175,↓")
	found, err := finder.Find(t.Context(), hospital, patient, "血红蛋白", bot.Chinese, now)
	if err != nil || len(found.Facts) != 1 || found.Facts[0].Judged || found.Patient.Age != 6 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestWhatWasReplacedByANewerResultIsNotTriagedAgain(t *testing.T) {
	t.Parallel()
	finder, _, patient := results(t, who+"R-1,2026-11-19 09:00,钾,7.1,mmol/L,3.5-5.3,↑", who+"R-2,2026-11-20 09:00,钾,4.4,mmol/L,3.5-5.3,")
	reports, err := finder.Reports(t.Context(), hospital, patient, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		facts, err := finder.ReportFacts(t.Context(), hospital, patient, r.ID, now)
		if err != nil || r.Number == "R-1" && len(facts) != 0 || r.Number == "R-2" && len(facts) != 1 {
			t.Errorf("%s: %+v, %v", r.Number, facts, err)
		}
	}
}

func TestPreliminaryAndAbsentResultsAreNoEvidence(t *testing.T) {
	t.Parallel()
	s, db := storetest.New(t)
	c := catalogue(t)
	result := func(id string, status bot.ResultStatus, value string) bot.Result {
		v, _ := labs.ParseValue(value, "mmol/L")
		return bot.Result{SourceID: id, Name: "钾", Analyte: "K", Specimen: bot.SpecimenBlood, Value: v, Status: status, Direction: bot.DirectionUnknown, EffectiveAt: now}
	}
	file := bot.ImportFile{ImportHead: bot.ImportHead{Format: "fhir"}, Patients: []bot.ImportPatient{{
		Patient: bot.Patient{Identifiers: []bot.Identifier{{System: "x", Type: "MR", Value: "T-1"}}},
		Reports: []bot.Report{{System: "x", Number: "R-1", Status: bot.StatusFinal, IssuedAt: now, Results: []bot.Result{
			result("a", bot.StatusPreliminary, "7.1"), result("b", bot.StatusFinal, ""), result("c", bot.StatusError, "9"),
		}}},
	}}}
	if _, err := s.SaveImport(t.Context(), hospital.ID, bot.Actor{Kind: "operator"}, file, now); err != nil {
		t.Fatal(err)
	}
	patient, err := s.FindPatient(t.Context(), hospital.ID, "T-1")
	if err != nil {
		t.Fatal(err)
	}
	found, err := labs.NewFinder(db, c, embed.BuiltIn(c.Synonyms())).Find(t.Context(), hospital, patient, "血钾", bot.Chinese, now.Add(time.Hour))
	if err != nil || len(found.Facts) != 0 || len(found.Latest) != 0 || len(found.Asked) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}
