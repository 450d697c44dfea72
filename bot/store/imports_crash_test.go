package store_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// importKills is how often the importing process is killed; CARELINE_PROVE=1 does it in full.
func importKills() int {
	if os.Getenv("CARELINE_PROVE") != "" {
		return 50
	}
	return 10
}

func TestMain(m *testing.M) {
	if dsn := os.Getenv("CARELINE_IMPORT_WORKER"); dsn != "" {
		if err := importWorker(dsn, os.Getenv("CARELINE_IMPORT_KEYS"), os.Getenv("CARELINE_IMPORT_FROM")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// crashMessage is the n-th message: a report of ten results; every third patient is new.
func crashMessage(n int) bot.ImportRecord { return benchRecord(n/3, n) }

// importWorker imports messages from the given one on, a transaction each, and
// acknowledges each on its output after the commit, until it is killed.
func importWorker(dsn, keys, from string) error {
	raw, err := hex.DecodeString(keys)
	if err != nil {
		return err
	}
	vault, err := store.ParseVault(raw)
	if err != nil {
		return err
	}
	db, err := postgres.Open(context.Background(), dsn, postgres.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	next, err := strconv.Atoi(from)
	if err != nil {
		return err
	}
	s := store.New(db, vault)
	for ; ; next++ {
		_, err := s.Import(context.Background(), storetest.Hospital, operator, store.ImportOptions{Source: "mllp"}, storetest.Now, func(to bot.ImportSink) (bot.ImportHead, error) {
			return bot.ImportHead{Format: "hl7"}, to.Record(crashMessage(next))
		})
		if err != nil {
			return err
		}
		fmt.Println(next)
	}
}

// TestEveryAcknowledgedMessageIsInAndNoneTwice: the sender repeats what was not
// acknowledged, as an MLLP sender does; the importing process is killed at any moment.
func TestEveryAcknowledgedMessageIsInAndNoneTwiceWhenTheImportIsKilled(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewDSN(t)
	db, err := postgres.Open(t.Context(), dsn.Service, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	keys := storetest.Keys(t)
	storetest.On(t, db, keys)

	acknowledged := 0
	for range importKills() {
		acknowledged = importUntilKilled(t, dsn.Service, keys, acknowledged)
	}
	if acknowledged == 0 {
		t.Fatal("nothing was acknowledged")
	}
	// One statement, since the last message may be on its way in yet, not acknowledged.
	const counts = `select count(*) || ' ' || count(distinct number) || ' ' || count(*) filter (where whole) || ' ' || (select count(*) from patients) || ' ' || (select count(*) from result_versions)
		from (select p.number, (select count(*) from results r where r.report_id = p.id) = 10 and exists (select from imports i where i.id = p.import_id and i.results = 10)
			and (select count(*) from river.river_job j where j.kind = 'triage_report' and (j.args->>'report')::bigint = p.id) = 1 as whole from reports p) x`
	var reports, distinct, complete, people, versions int
	if _, err := fmt.Sscan(lines(t, t, db, counts)[0], &reports, &distinct, &complete, &people, &versions); err != nil {
		t.Fatal(err)
	}
	if reports != acknowledged && reports != acknowledged+1 || distinct != reports || complete != reports {
		t.Errorf("%d acknowledged, %d reports, %d numbers, %d whole", acknowledged, reports, distinct, complete)
	}
	if people != (reports+2)/3 || versions != 0 {
		t.Errorf("%d people of %d reports, want every third; %d versions, want none", people, reports, versions)
	}
	t.Logf("%d kill -9: %d messages acknowledged, %d in, each once", importKills(), acknowledged, reports)
}

// importUntilKilled starts the worker at the first message that is not
// acknowledged and kills it a moment after it began to acknowledge.
func importUntilKilled(t *testing.T, dsn string, keys []byte, from int) (acknowledged int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "CARELINE_IMPORT_WORKER="+dsn, "CARELINE_IMPORT_KEYS="+hex.EncodeToString(keys), "CARELINE_IMPORT_FROM="+strconv.Itoa(from))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged = from
	for said := bufio.NewScanner(out); said.Scan(); {
		n, err := strconv.Atoi(said.Text())
		if err != nil || n != acknowledged {
			t.Errorf("acknowledged %q, want %d", said.Text(), acknowledged)
		}
		if acknowledged++; acknowledged == from+1 {
			time.AfterFunc(rand.N(200*time.Millisecond), func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait()
	if acknowledged == from {
		t.Fatal("the importing process ended before it acknowledged anything")
	}
	return acknowledged
}
