package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
)

// exempt are the tables without row security and without an institution in
// front of their keys, each with the reason.
var exempt = map[string]string{
	"institutions":      "the list of institutions itself",
	"turn_queue":        "ids and times only; a worker serves all institutions",
	"send_queue":        "ids and times only; a worker serves all institutions",
	"analyte_names":     "the catalogue: about no person",
	"documents":         "knowledge: row security would disable its indexes, queries take the institution",
	"passages":          "knowledge: row security would disable its indexes, queries take the institution",
	"passage_vectors":   "knowledge: row security would disable its indexes, queries take the institution",
	"embedding_models":  "which embedders the index has: about no person",
	"schema_migrations": "the migrations themselves",
}

func TestEveryTableAboutPeopleHasForcedRowSecurity(t *testing.T) {
	t.Parallel()
	conn := owner(t)
	rows, err := conn.Query(t.Context(), `
		select c.relname, c.relrowsecurity, c.relforcerowsecurity,
			(select count(*) from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname and p.qual is not null and p.with_check is not null)
		from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	type table struct {
		Name           string
		Enabled, Force bool
		Policies       int
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) < 20 {
		t.Fatalf("only %d tables found", len(tables))
	}
	for _, tb := range tables {
		if exempt[tb.Name] != "" {
			continue
		}
		if !tb.Enabled || !tb.Force || tb.Policies == 0 {
			t.Errorf("table %s: row security %v, forced %v, %d policies", tb.Name, tb.Enabled, tb.Force, tb.Policies)
		}
	}
}

func TestEveryKeyAboutPeopleStartsWithTheInstitution(t *testing.T) {
	t.Parallel()
	conn := owner(t)
	rows, err := conn.Query(t.Context(), `
		select t.relname, i.relname, coalesce(a.attname, '')
		from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
		left join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
		where x.indisunique and t.relnamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	var name, index, first string
	_, err = pgx.ForEachRow(rows, []any{&name, &index, &first}, func() error {
		if exempt[name] == "" && first != "institution_id" {
			t.Errorf("unique index %s of table %s starts with %q", index, name, first)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheServiceRoleOwnsNoTableAndCannotBypassRowSecurity(t *testing.T) {
	t.Parallel()
	conn := owner(t)
	var owned, mighty int
	err := conn.QueryRow(t.Context(), `select
		(select count(*) from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = 'careline_app' and c.relnamespace = 'public'::regnamespace),
		(select count(*) from pg_roles where rolname in ('careline_app', 'careline_owner') and (rolsuper or rolbypassrls))`).Scan(&owned, &mighty)
	if err != nil {
		t.Fatal(err)
	}
	if owned != 0 || mighty != 0 {
		t.Errorf("the service role owns %d relations; %d roles bypass row security", owned, mighty)
	}
}

func TestViewsRunWithTheReadersRights(t *testing.T) {
	t.Parallel()
	conn := owner(t)
	var leaking []string
	err := conn.QueryRow(t.Context(), `select coalesce(array_agg(relname::text), '{}') from pg_class
		where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace and not coalesce(reloptions @> '{security_invoker=true}', false)`).Scan(&leaking)
	if err != nil {
		t.Fatal(err)
	}
	if len(leaking) > 0 {
		t.Errorf("views without security_invoker show every row: %v", leaking)
	}
}

func TestAnInstitutionSeesItsOwnRowsOnly(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	for _, id := range []bot.InstitutionID{"north", "south"} {
		if _, err := db.Pool.Exec(ctx, `insert into institutions (id, name, created_at) values ($1, $1, now())`, string(id)); err != nil {
			t.Fatal(err)
		}
		err := db.In(ctx, id, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `insert into patients (institution_id, created_at) values ($1, now())`, string(id))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := db.In(ctx, "north", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into patients (institution_id, created_at) values ('south', now())`)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("a row of another institution was written: %v", err)
	}
	count := func(do func(string, ...any) pgx.Row) (n int) {
		if err := do(`select count(*) from patients`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	err = db.InRead(ctx, "south", func(tx pgx.Tx) error {
		if n := count(func(sql string, args ...any) pgx.Row { return tx.QueryRow(ctx, sql, args...) }); n != 1 {
			t.Errorf("south sees %d patients, has 1", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var batched int
	b := &pgx.Batch{}
	b.Queue(`select count(*) from patients`).QueryRow(func(row pgx.Row) error { return row.Scan(&batched) })
	if err := db.Batch(ctx, "north", b); err != nil || batched != 1 {
		t.Errorf("a batch of north sees %d patients, has 1: %v", batched, err)
	}
	// The setting ended with its transaction: every pooled connection sees nothing.
	for range 20 {
		if n := count(func(sql string, args ...any) pgx.Row { return db.Pool.QueryRow(ctx, sql, args...) }); n != 0 {
			t.Fatalf("outside of an institution %d patients show", n)
		}
	}
}

func TestARolledBackTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	if _, err := db.Pool.Exec(ctx, `insert into institutions (id, name, created_at) values ('north', 'North', now())`); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err := db.In(ctx, "north", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `insert into patients (institution_id, created_at) values ('north', now())`); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatalf("got %v", err)
	}
	err = db.InRead(ctx, "north", func(tx pgx.Tx) error {
		var n int
		if err := tx.QueryRow(ctx, `select count(*) from patients`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d patients after a rollback, %v", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMigratingTwiceIsMigratingOnce(t *testing.T) {
	t.Parallel()
	dsn := postgrestest.NewEmptyDSN(t)
	first, err := postgres.Migrate(t.Context(), dsn.Owner, dsn.Service)
	if err != nil || len(first) == 0 {
		t.Fatalf("first: %v, %v", first, err)
	}
	second, err := postgres.Migrate(t.Context(), dsn.Owner, dsn.Service)
	if err != nil || len(second) != 0 {
		t.Fatalf("second: %v, %v", second, err)
	}
	conn, err := pgx.Connect(t.Context(), dsn.Owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `update schema_migrations set checksum = 'other'`); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Migrate(t.Context(), dsn.Owner, dsn.Service); bot.KindOf(err) != bot.KindConflict {
		t.Errorf("a changed migration was accepted: %v", err)
	}
}

func owner(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), postgrestest.NewDSN(t).Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
