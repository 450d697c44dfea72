package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot/postgres/postgrestest"
)

// command runs one command and returns its exit code and all it printed.
func command(t *testing.T, args ...string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := &output{}
	code := run(ctx, args, stdio{in: strings.NewReader(""), out: out, err: out})
	return code, out.String()
}

// refused checks that a failure is one sentence for a person: no stack, no
// driver's words.
func refused(t *testing.T, code int, said, want string) {
	t.Helper()
	if code == 0 || !strings.Contains(said, want) {
		t.Errorf("exit %d, said %q; want a refusal with %q", code, said, want)
	}
	for _, never := range []string{"goroutine", "SQLSTATE", "dial ", "pgx"} {
		if strings.Contains(said, never) {
			t.Errorf("the sentence says %q: %s", never, said)
		}
	}
}

func TestAPortInUseIsOneSentence(t *testing.T) {
	t.Parallel()
	s := serve(t, postgrestest.NewDSN(t))
	code, said := command(t, "serve", "--addr", s.addr, "--database-url", "postgres:///nowhere", "--home", t.TempDir())
	refused(t, code, said, "in use")
}

func TestADatabaseThatIsDownAtStartIsOneSentence(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	nowhere := "postgres:///careline?host=" + home + "&user=careline_app"
	for _, args := range [][]string{{"ask", "--patient", "1", "血糖高吗"}, {"serve", "--addr", "localhost:0", "--metrics="}, {"db", "migrate", "--migrate-url", nowhere}, {"import", "faults_test.go"}} {
		code, said := command(t, append(args, "--database-url", nowhere, "--home", home)...)
		refused(t, code, said, "database")
	}
	code, said := command(t, "doctor", "--database-url", nowhere, "--home", home)
	refused(t, code, said, "create extension vector")
}

func TestTheDemoIsNotServedToTheWorld(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewDSN(t)
	s := serve(t, dsn)
	s.end()
	code, said := command(t, "serve", "--addr", "0.0.0.0:0", "--metrics=", "--database-url", dsn.Service, "--migrate-url", dsn.Owner, "--home", s.args[len(s.args)-1])
	refused(t, code, said, "loopback")
}

func TestAMessageOfAnOutageIsAnsweredWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewDSN(t)
	s := serve(t, dsn)
	v := s.visitor()
	v.agree(0, "self")
	v.say("谷丙转氨酶高吗")
	v.waitFor("7-40")

	name := regexp.MustCompile(`:///(\w+)\?`).FindStringSubmatch(dsn.Admin)[1]
	postgres := strings.Replace(dsn.Admin, ":///"+name+"?", ":///postgres?", 1)
	admin(t, postgres, "alter database "+name+" allow_connections false", "select pg_terminate_backend(pid) from pg_stat_activity where datname = '"+name+"'")
	status, body := v.say("肌酐高吗")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "error") || strings.Contains(body, "SQLSTATE") {
		t.Errorf("during the outage: %d %s", status, body)
	}
	if status, _ := v.get("/healthz"); status != http.StatusServiceUnavailable {
		t.Errorf("healthz during the outage: %d", status)
	}
	admin(t, postgres, "alter database "+name+" allow_connections true")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if status, _ := v.say("那我的空腹血糖呢"); status == http.StatusAccepted {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the service did not come back")
		}
	}
	v.waitFor("葡萄糖")
}

func TestAFullDiskStoresNothingOfAnImport(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewDSN(t)
	where := []string{"--database-url", dsn.Service, "--migrate-url", dsn.Owner, "--home", t.TempDir()}
	if code, said := command(t, append([]string{"db", "migrate"}, where...)...); code != 0 {
		t.Fatal(said)
	}
	// The server itself reports the full disk, in the middle of the import.
	admin(t, dsn.Admin, `create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`,
		`create trigger full_disk before insert on results for each statement execute function full_disk()`)
	file := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(file, []byte("病历号,姓名,报告单号,报告时间,项目名称,结果,单位,参考范围,提示\nD-1,李一,R-1,2026-11-02,空腹血糖,5.1,mmol/L,3.9-6.1,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, said := command(t, append([]string{"import", file}, where...)...)
	refused(t, code, said, "disk is full")
	conn, err := pgx.Connect(t.Context(), dsn.Admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var left int
	if err := conn.QueryRow(t.Context(), `select (select count(*) from patients) + (select count(*) from reports) + (select count(*) from results) + (select count(*) from imports)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left of the import, %v", left, err)
	}
}
