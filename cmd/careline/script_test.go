package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/simplifiedchinese"

	"careline/bot/postgres/postgrestest"
)

// TestMain lets scripts run this binary as the command careline.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"careline": main})
}

// TestScripts runs the command as its operators would; each script has a fresh
// database of its own.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			dsn := postgrestest.NewDSN(env.T().(testing.TB))
			env.Setenv("DATABASE_URL", dsn.Service)
			env.Setenv("MIGRATE_URL", dsn.Owner)
			env.Setenv("ADMIN_URL", dsn.Admin)
			env.Setenv("CARELINE_HOME", env.WorkDir+"/home")
			env.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"filled": filled, "gb18030": gb18030, "today": today, "replaced": replaced, "sql": sql},
	})
}

// filled writes a file of N repetitions of a text: filled FILE N TEXT.
func filled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: filled FILE N TEXT")
	}
	n := 0
	for _, r := range args[1] {
		n = n*10 + int(r-'0')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat(args[2], n)), 0o600))
}

// gb18030 re-encodes a file as older Chinese systems export it: gb18030 FROM TO.
func gb18030(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: gb18030 FROM TO")
	}
	encoded, err := simplifiedchinese.GB18030.NewEncoder().String(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(encoded), 0o600))
}

// today writes the present time for the word TODAY in a file: critical values
// are valid for hours.
func today(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: today FILE")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "TODAY", time.Now().UTC().Format(time.RFC3339))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// replaced edits a file: replaced FILE PATTERN TEXT, the pattern by lines.
func replaced(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replaced FILE PATTERN TEXT")
	}
	was := ts.ReadFile(args[0])
	is := regexp.MustCompile("(?m)"+args[1]).ReplaceAllString(was, strings.ReplaceAll(args[2], "$", "$$"))
	if is == was {
		ts.Fatalf("%s does not stand in %s", args[1], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(is), 0o600))
}

// sql changes the database behind the command's back: sql STATEMENT.
func sql(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sql STATEMENT")
	}
	conn, err := pgx.Connect(context.Background(), ts.Getenv("ADMIN_URL"))
	ts.Check(err)
	defer conn.Close(context.Background())
	tag, err := conn.Exec(context.Background(), args[0])
	ts.Check(err)
	if tag.RowsAffected() == 0 {
		ts.Fatalf("%s changed nothing", args[0])
	}
}
