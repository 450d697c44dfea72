package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"careline/bot/postgres/postgrestest"
)

// command runs another command beside the served one, on its database.
func (s *served) command(args ...string) string {
	s.t.Helper()
	out := &output{}
	global := s.args[slices.Index(s.args, "--database-url"):]
	if code := run(s.t.Context(), slices.Concat(args, global), stdio{in: strings.NewReader(""), out: out, err: &output{}}); code != 0 {
		s.t.Fatalf("%v exited with %d:\n%s", args, code, out)
	}
	return strings.TrimSpace(out.String())
}

// deliver posts results as a laboratory's machine does.
func (s *served) deliver(key, csv string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url("/api/v1/results"), strings.NewReader(csv))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "text/csv")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		s.t.Fatalf("answered %s", answer.Status)
	}
}

// TestACorrectionReachesThePatientAndTheDesk: a result that was explained and is
// corrected brings a notice to the phone and a case with both values to the desk.
func TestACorrectionReachesThePatientAndTheDesk(t *testing.T) {
	t.Parallel()
	s := serve(t, postgrestest.NewDSN(t))
	key := s.command("key", "create", "lis-1", "--institution", "demo")
	report := func(status, value string, at time.Time) string {
		return "病历号,报告单号,报告名称,报告时间,项目名称,结果,单位,参考范围,状态\n" +
			fmt.Sprintf("DEMO-1,X-1,血脂,%s,总胆固醇,%s,mmol/L,<5.2,%s\n", at.Format(time.RFC3339), value, status)
	}
	issued := time.Now().Add(-time.Hour)
	s.deliver(key, report("已审核", "6.66", issued))
	phone, desk := browser(t, false), browser(t, true)
	phone.enter(s, 0, "self", "zh")
	phone.ask("总胆固醇高吗")
	phone.see("6.66")

	s.deliver(key, report("已更正", "4.41", issued.Add(30*time.Minute)))
	phone.see("更正")
	phone.picture("correction-phone-zh")
	phone.ask("现在总胆固醇多少")
	phone.see("4.41")

	desk.open(s.url("/staff/demo?lang=zh"))
	desk.write("#login", demoLogin)
	desk.write("#password", demoPassword)
	desk.click("main form button")
	desk.has(".case")
	desk.click(".case.review a")
	desk.see("变动的结果")
	desk.see("6.66")
	desk.see("4.41")
	desk.picture("correction-zh")
}
