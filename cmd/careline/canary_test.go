package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot/llm/llmtest"
	"careline/bot/postgres/postgrestest"
)

// canaries are what identifies the invented patient and the visitor, in the forms
// in which it may be written.
var canaries = []string{
	"司徒云鹤", "司 徒 云 鹤", "云鹤", "上官明月", "明月", "11010519491231002", "13912345678", "139 1234 5678", "yunhe@", "6222021234567890123", "CANARY20261100871", "TM99887766554", "oCANARYopenid0123456789abcde",
}

// spoken are messages that hold every canary beside an ordinary question.
var spoken = []string{
	"我是司徒云鹤，身份证11010519491231002X，手机13912345678，转氨酶87高吗",
	"司 徒 云 鹤的肌酐呢？邮箱 yunhe@example.com，卡号6222021234567890123，报告单号CANARY20261100871",
	"司徒云鹤想问：抽血前要注意什么？电话13912345678",
	"我爱人上官明月让我问：血糖高要注意什么？条码号TM99887766554，微信oCANARYopenid0123456789abcde，电话１３９ １２３４ ５６７８",
}

// TestNoCanaryLeavesTheProcess: over a whole run no request body, log line, metric
// or job row holds who the patient is.
func TestNoCanaryLeavesTheProcess(t *testing.T) {
	t.Parallel()
	model := llmtest.New(t, llmtest.By(llmtest.Say("司徒云鹤，您得了肝炎，电话13912345678。"), llmtest.Vectors(64)))
	dsn := postgrestest.NewDSN(t)
	metrics := freePort(t)
	s := serve(t, dsn, "--model-url", model.URL, "--model-name", "m", "--embed-url", model.URL, "--embed-model", "e", "--embed-dimension", "64", "--metrics", metrics, "--log-level", "debug")
	name := filepath.Join(t.TempDir(), "results.csv")
	today := time.Now().Format(time.DateOnly)
	rows := fmt.Sprintf("病历号,姓名,出生日期,报告单号,报告时间,项目名称,结果,单位,参考范围\nC-1,司徒云鹤,1980-03-05,CANARY20261100871,%[1]s,谷丙转氨酶,87,U/L,7-40\nC-1,司徒云鹤,1980-03-05,CANARY20261100871,%[1]s,肌酐,120,umol/L,57-97\nC-2,上官明月,1981-03-05,CANARY20261100872,%[1]s,葡萄糖,5.1,mmol/L,3.9-6.1\n", today)
	if err := os.WriteFile(name, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	s.command("import", "--institution", "demo", name)
	a := s.beside()
	v := s.bindTo(t, a, "C-1")
	s.bindAlso(t, v, a, "C-2", "spouse")
	for i, text := range spoken {
		v.say(text)
		v.answered(t, i)
	}
	answer, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	measured, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{"a log line": s.out.String(), "a metric": string(measured), "a job row": jobRows(t, dsn.Admin)}
	for _, body := range model.Bodies() {
		places["a request body"] += string(body) + "\n"
	}
	if !slices.ContainsFunc(model.Calls(), func(c llmtest.Call) bool { return strings.Contains(strings.Join(c.Input, "\n"), "抽血前") }) {
		t.Error("no question reached the embedding endpoint")
	}
	if len(model.Calls()) < len(spoken) || !strings.Contains(places["a request body"], "87") {
		t.Errorf("%d calls reached the model, or the values did not survive", len(model.Calls()))
	}
	for place, text := range places {
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%q stands in %s", canary, place)
			}
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// jobRows is every row of the queues and of River, as text.
func jobRows(t *testing.T, dsn string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var all strings.Builder
	for _, table := range []string{"river.river_job", "turn_queue", "send_queue", "model_usage", "audit"} {
		rows, err := conn.Query(t.Context(), "select to_jsonb(x)::text from "+table+" x")
		if err != nil {
			t.Fatal(err)
		}
		var row string
		if _, err := pgx.ForEachRow(rows, []any{&row}, func() error { all.WriteString(row + "\n"); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if all.Len() == 0 {
		t.Error("there are no job rows to look at")
	}
	return all.String()
}
