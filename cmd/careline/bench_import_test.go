package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot/intake"
	"careline/bot/postgres"
	"careline/bot/store"
)

// maxFile is the largest file an import takes.
const maxFile = 64 << 20

// BenchmarkImportFile runs `careline import` on a generated file of 64 MiB (XLSX:
// 200,000 results) in a process of its own, on a cluster with fsync on: from the
// file to the commit. of_staging compares with the same rows, already made, through
// bare staging tables into the same tables: 1 would be as fast. peak-MiB is the
// most memory that process had (VmHWM).
func BenchmarkImportFile(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "careline")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, format := range []string{"csv", "hl7", "fhir", "xlsx"} {
		b.Run(format, func(b *testing.B) {
			g, a := started(b)
			file := benchFile(b, format, maxFile)
			for b.Loop() {
				b.StopTimer()
				emptied(b, g)
				b.StartTimer()
				begun := time.Now()
				summary, peak := importedBy(b, binary, g, file)
				took := time.Since(begun)
				b.StopTimer()
				if summary.Results == 0 || summary.Quarantined > 0 || summary.Unmapped > 0 {
					b.Fatalf("%+v", summary)
				}
				bare := restaged(b, g, a)
				b.ReportMetric(float64(summary.Results)/took.Seconds(), "results/s")
				b.ReportMetric(bare.Seconds()/took.Seconds(), "of_staging")
				b.ReportMetric(peak, "peak-MiB")
				b.ReportMetric(float64(summary.Results), "results")
				b.StartTimer()
			}
		})
	}
}

// importedBy runs the command and watches its memory.
func importedBy(b *testing.B, binary string, g *global, file string) (summary store.ImportSummary, peakMiB float64) {
	b.Helper()
	var out, faults bytes.Buffer
	cmd := exec.Command(binary, "import", "--json", "--home", g.Home, file)
	cmd.Stdout, cmd.Stderr = &out, &faults
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			if err == nil {
				err = json.Unmarshal(out.Bytes(), &summary)
			}
			if err != nil {
				b.Fatalf("%v: %s", err, &faults)
			}
			return summary, peakMiB
		case <-time.After(10 * time.Millisecond):
			peakMiB = max(peakMiB, statusMiB(cmd.Process.Pid, "VmHWM:"))
		}
	}
}

// statusMiB is one of the kernel's figures of a process; 0 when it has ended.
func statusMiB(pid int, figure string) float64 {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, _ := strings.Cut(string(raw), figure)
	var kib float64
	_, _ = fmt.Sscan(after, &kib)
	return kib / 1024
}

// importedTables are what an import of new results writes, in the order of their
// references, but the triage jobs and the audit trail.
var importedTables = []string{"imports", "patients", "patient_identifiers", "reports", "results"}

// emptied takes everything imported away.
func emptied(b *testing.B, g *global) {
	b.Helper()
	admin, err := pgx.Connect(b.Context(), g.cluster().AdminDSN())
	if err != nil {
		b.Fatal(err)
	}
	defer admin.Close(b.Context())
	for _, sql := range []string{`truncate ` + strings.Join(importedTables, ", ") + `, audit, ` + postgres.RiverSchema + `.river_job cascade`, `checkpoint`} {
		if _, err := admin.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
}

// restaged takes the imported rows out and puts the very same in again by the
// plainest way: COPY into temporary tables, INSERT … SELECT, commit.
func restaged(b *testing.B, g *global, a *app) time.Duration {
	b.Helper()
	ctx, rows := b.Context(), map[string]*bytes.Buffer{}
	all, err := a.store.Institutions(ctx)
	if err != nil {
		b.Fatal(err)
	}
	err = a.db.InRead(ctx, all[0].ID, func(tx pgx.Tx) error {
		for _, table := range importedTables {
			rows[table] = &bytes.Buffer{}
			if _, err := tx.Conn().PgConn().CopyTo(ctx, rows[table], `copy (select * from `+table+`) to stdout`); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	emptied(b, g)
	began := time.Now()
	err = a.db.In(ctx, all[0].ID, func(tx pgx.Tx) error {
		for _, table := range importedTables {
			if _, err := tx.Exec(ctx, `create temporary table staged_`+table+` (like `+table+`) on commit drop`); err != nil {
				return err
			}
			if _, err := tx.Conn().PgConn().CopyFrom(ctx, rows[table], `copy staged_`+table+` from stdin`); err != nil {
				return err
			}
			// As the import plans: without, the foreign keys' checks can read a table whole for each row.
			if _, err := tx.Exec(ctx, `discard plans; set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan`); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `insert into `+table+` overriding system value select * from staged_`+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// BenchmarkMLLP sends messages of eight results over 16 connections, each
// acknowledged after its commit, on a cluster with fsync on that holds 16,000
// reports. A patient's reports come one after the other. cpu-ms is the processor
// time a message takes of sender, service and database: 2000 / cpu-ms is what two
// cores that do nothing else would do.
func BenchmarkMLLP(b *testing.B) {
	g, a := started(b)
	addr := takingMessages(b, a)
	sendAll(b, addr, 1, 16_000)
	analyze(b, g)
	before := cpuTime(b, g)
	b.ResetTimer()
	sendAll(b, addr, 1_000_000, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric((cpuTime(b, g)-before).Seconds()*1000/float64(b.N), "cpu-ms")
}

// takingMessages listens for messages until the benchmark ends.
func takingMessages(b *testing.B, a *app) (addr string) {
	b.Helper()
	all, err := a.store.Institutions(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	var serving sync.WaitGroup
	m := &intake.MLLP{Intake: a.intake(slog.New(slog.DiscardHandler)), Institution: all[0].ID}
	serving.Go(func() { _ = m.Serve(ctx, l) })
	b.Cleanup(func() { stop(); serving.Wait() })
	return l.Addr().String()
}

// sendAll sends the messages from first on over 16 connections: two in turn, which
// are one patient's, over the same.
func sendAll(b *testing.B, addr string, first, messages int) {
	b.Helper()
	var next atomic.Int64
	var senders sync.WaitGroup
	for range 16 {
		senders.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			for n := int(next.Add(perPatient)) - perPatient; n < messages; n = int(next.Add(perPatient)) - perPatient {
				for i := n; i < min(n+perPatient, messages); i++ {
					ack, err := intake.Send(b.Context(), conn, []byte(benchHL7(first+i)))
					if err != nil || ack.Code != "AA" {
						b.Errorf("%+v, %v", ack, err)
						return
					}
				}
			}
		})
	}
	senders.Wait()
}

// analyze does what autovacuum does within a minute.
func analyze(b *testing.B, g *global) {
	b.Helper()
	admin, err := pgx.Connect(b.Context(), g.cluster().AdminDSN())
	if err != nil {
		b.Fatal(err)
	}
	defer admin.Close(b.Context())
	if _, err := admin.Exec(b.Context(), `vacuum analyze`); err != nil {
		b.Fatal(err)
	}
}

// cpuTime is what this process and the cluster have used.
func cpuTime(b *testing.B, g *global) time.Duration {
	b.Helper()
	admin, err := pgx.Connect(b.Context(), g.cluster().AdminDSN())
	if err != nil {
		b.Fatal(err)
	}
	defer admin.Close(b.Context())
	var postmaster int
	if err := admin.QueryRow(b.Context(), `select (string_to_array(pg_read_file('postmaster.pid'), E'\n'))[1]::int`).Scan(&postmaster); err != nil {
		b.Fatal(err)
	}
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	var ticks int64
	for _, path := range all {
		raw, _ := os.ReadFile(path) // it may have ended
		_, after, _ := bytes.Cut(raw, []byte(") "))
		// proc(5): state, ppid, …, utime, stime, cutime, cstime are fields 3, 4, 14 to 17.
		f := bytes.Fields(after)
		if len(f) < 15 {
			continue
		}
		pid, parent := filepath.Base(filepath.Dir(path)), string(f[1])
		number := func(i int) int64 { n, _ := strconv.ParseInt(string(f[i]), 10, 64); return n }
		switch {
		case pid == strconv.Itoa(postmaster):
			ticks += number(11) + number(12) + number(13) + number(14)
		case parent == strconv.Itoa(postmaster), pid == strconv.Itoa(os.Getpid()):
			ticks += number(11) + number(12)
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond // of USER_HZ, 100 on Linux
}
