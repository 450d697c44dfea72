package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// DoctorOptions say what to look at. OwnerDSN may be empty: then migrations are
// read as the service role.
type DoctorOptions struct {
	ServiceDSN string
	OwnerDSN   string
	Home       string
}

// Check is one finding; a failed one has a remedy.
type Check struct {
	Name   string
	OK     bool
	Detail string
	Remedy string
}

const (
	leastDisk  = 1 << 30 // bytes
	mostSkew   = 2 * time.Second
	leastMajor = 15
)

// Doctor checks server, extension, role, migrations, disk and clock. What cannot
// be looked at because something before it failed is left out.
func Doctor(ctx context.Context, o DoctorOptions) []Check {
	checks := []Check{checkDisk(o.Home)}
	conn, err := pgx.Connect(ctx, o.ServiceDSN)
	if err != nil {
		return append(checks, Check{Name: "postgres", Detail: "the database does not answer the service role",
			Remedy: "Start it (`careline db up`), or correct DATABASE_URL. On a database of your own an administrator runs once:\n" + AdminSQL()})
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, look := range []func(context.Context, *pgx.Conn) Check{checkServer, checkVector, checkRole, checkClock} {
		checks = append(checks, look(ctx, conn))
	}
	return append(checks, checkMigrations(ctx, o))
}

func failed(name string, err error) Check {
	return Check{Name: name, Detail: err.Error(), Remedy: "See the database's log."}
}

func checkServer(ctx context.Context, conn *pgx.Conn) Check {
	var number int
	var version string
	if err := conn.QueryRow(ctx, `select current_setting('server_version_num')::int, current_setting('server_version')`).Scan(&number, &version); err != nil {
		return failed("postgres", err)
	}
	return Check{Name: "postgres", OK: number/10000 >= leastMajor, Detail: "PostgreSQL " + version, Remedy: "Careline needs PostgreSQL 15 or newer; ./setup.sh installs it."}
}

// checkVector names the version: below 0.8.2 a parallel index build can crash the
// server (CVE-2026-3172), so indexes are built without parallel workers there.
func checkVector(ctx context.Context, conn *pgx.Conn) Check {
	var version string
	err := conn.QueryRow(ctx, `select extversion from pg_extension where extname = 'vector'`).Scan(&version)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Check{Name: "pgvector", Detail: "not installed in this database", Remedy: "A superuser runs: create extension vector; (./setup.sh installs the package)"}
	case err != nil:
		return failed("pgvector", err)
	}
	c := Check{Name: "pgvector", OK: atLeast(version, 0, 8, 0), Detail: "pgvector " + version, Remedy: "Careline needs pgvector 0.8 or newer."}
	if c.OK && !atLeast(version, 0, 8, 2) {
		c.Detail += "; below 0.8.2 indexes are built without parallel workers"
	}
	return c
}

// atLeast compares a dotted version number by number.
func atLeast(version string, want ...int) bool {
	parts := strings.Split(version, ".")
	for i, w := range want {
		n := 0
		if i < len(parts) {
			n, _ = strconv.Atoi(parts[i])
		}
		if n != w {
			return n > w
		}
	}
	return true
}

func checkRole(ctx context.Context, conn *pgx.Conn) Check {
	var name string
	var mighty bool
	var owned int
	err := conn.QueryRow(ctx, `select r.rolname, r.rolsuper or r.rolbypassrls,
			(select count(*) from pg_class c where c.relowner = r.oid and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace)
		from pg_roles r where r.rolname = current_user`).Scan(&name, &mighty, &owned)
	if err != nil {
		return failed("role", err)
	}
	c := Check{Name: "role", OK: !mighty && owned == 0, Detail: name + " owns no table and is bound by row security",
		Remedy: "Use a role of its own for the service; an administrator runs:\n" + AdminSQL()}
	if !c.OK {
		c.Detail = fmt.Sprintf("%s owns %d tables or may bypass row security", name, owned)
	}
	return c
}

func checkClock(ctx context.Context, conn *pgx.Conn) Check {
	var theirs time.Time
	before := time.Now()
	if err := conn.QueryRow(ctx, `select clock_timestamp()`).Scan(&theirs); err != nil {
		return failed("clock", err)
	}
	ours := before.Add(time.Since(before) / 2)
	skew := theirs.Sub(ours).Abs()
	return Check{Name: "clock", OK: skew <= mostSkew, Detail: fmt.Sprintf("differs from the database's by %s", skew.Round(time.Millisecond)),
		Remedy: "Synchronise the clocks of both machines (chrony, systemd-timesyncd)."}
}

func checkMigrations(ctx context.Context, o DoctorOptions) Check {
	dsn := o.OwnerDSN
	if dsn == "" {
		return Check{Name: "migrations", OK: true, Detail: "not looked at: set MIGRATE_URL"}
	}
	states, err := Status(ctx, dsn)
	if err != nil {
		c := Check{Name: "migrations", Detail: err.Error(), Remedy: "Run `careline db migrate`."}
		if e, ok := errors.AsType[*bot.Error](err); ok {
			c.Detail = e.Person
		}
		return c
	}
	missing := 0
	for _, s := range states {
		if s.AppliedAt.IsZero() {
			missing++
		}
	}
	return Check{Name: "migrations", OK: missing == 0, Detail: fmt.Sprintf("%d applied, %d missing", len(states)-missing, missing), Remedy: "Run `careline db migrate`."}
}

func checkDisk(home string) Check {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(home, &fs); err != nil {
		return Check{Name: "disk", Detail: "the state folder " + home + " cannot be looked at", Remedy: "Choose another with --home."}
	}
	free := uint64(fs.Bavail) * uint64(fs.Bsize)
	return Check{Name: "disk", OK: free >= leastDisk, Detail: fmt.Sprintf("%.1f GiB free for %s", float64(free)/(1<<30), home), Remedy: "Free some space; Careline wants 1 GiB at least."}
}
