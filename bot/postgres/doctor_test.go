package postgres_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
)

func TestDoctorPassesAHealthySystemAndNamesTheRemedyOfEachFailure(t *testing.T) {
	t.Parallel()
	dsn, empty := postgrestest.NewDSN(t), postgrestest.NewEmptyDSN(t)
	home := t.TempDir()
	nowhere := "postgres:///none?host=" + home
	cases := []struct {
		name   string
		o      postgres.DoctorOptions
		fails  string // name of the failed check, "" for none
		remedy string
	}{
		{"healthy", postgres.DoctorOptions{ServiceDSN: dsn.Service, OwnerDSN: dsn.Owner, Home: home}, "", ""},
		{"not migrated", postgres.DoctorOptions{ServiceDSN: empty.Service, OwnerDSN: empty.Owner, Home: home}, "migrations", "db migrate"},
		{"a superuser serves", postgres.DoctorOptions{ServiceDSN: dsn.Admin, OwnerDSN: dsn.Owner, Home: home}, "role", "nobypassrls"},
		{"the owner serves", postgres.DoctorOptions{ServiceDSN: dsn.Owner, OwnerDSN: dsn.Owner, Home: home}, "role", "nobypassrls"},
		{"down", postgres.DoctorOptions{ServiceDSN: nowhere, OwnerDSN: nowhere, Home: home}, "postgres", "create extension vector"},
		{"no home", postgres.DoctorOptions{ServiceDSN: dsn.Service, OwnerDSN: dsn.Owner, Home: filepath.Join(home, "none")}, "disk", "--home"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var failed []string
			for _, check := range postgres.Doctor(t.Context(), c.o) {
				if check.OK {
					continue
				}
				failed = append(failed, check.Name)
				if !strings.Contains(check.Remedy, c.remedy) {
					t.Errorf("%s: the remedy %q does not say %q", check.Name, check.Remedy, c.remedy)
				}
			}
			if got := strings.Join(failed, " "); got != c.fails {
				t.Errorf("failed: %q, want %q", got, c.fails)
			}
		})
	}
}

func TestARestoreBringsBackWhatWasThereAndADamagedFileChangesNothing(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewDSN(t)
	ctx, folder := t.Context(), t.TempDir()
	exec := func(sql string) {
		t.Helper()
		conn, err := pgx.Connect(ctx, dsn.Admin)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	institutions := func() (ids string) {
		t.Helper()
		conn, err := pgx.Connect(ctx, dsn.Service)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		if err := conn.QueryRow(ctx, `select coalesce(string_agg(id, ' ' order by id), '') from institutions`).Scan(&ids); err != nil {
			t.Fatal(err)
		}
		return ids
	}
	exec(`insert into institutions (id, name, created_at) values ('north', 'North', now())`)
	file := filepath.Join(folder, "saved.dump")
	if err := postgres.Backup(ctx, dsn.Admin, file); err != nil {
		t.Fatal(err)
	}
	exec(`insert into institutions (id, name, created_at) values ('south', 'South', now())`)
	exec(`create table later (id int)`)

	damaged := filepath.Join(folder, "damaged.dump")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(damaged, raw[:len(raw)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{damaged, filepath.Join(folder, "none.dump")} {
		if err := postgres.Restore(ctx, dsn.Admin, wrong); bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%s: %v", filepath.Base(wrong), err)
		}
	}
	if got := institutions(); got != "north south" {
		t.Fatalf("after a refused restore: %q", got)
	}
	if err := postgres.Restore(ctx, dsn.Admin, file); err != nil {
		t.Fatal(err)
	}
	if got := institutions(); got != "north" {
		t.Errorf("after the restore: %q, want north", got)
	}
	if applied, err := postgres.Migrate(ctx, dsn.Owner, dsn.Service); err != nil || len(applied) != 0 {
		t.Errorf("a restored database migrates %v, %v", applied, err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*.partial")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
