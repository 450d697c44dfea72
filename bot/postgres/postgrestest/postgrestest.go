// Package postgrestest gives each test a fresh, migrated database on a real
// PostgreSQL with pgvector. All test processes of a user share one private
// cluster; it stops by itself when no test has asked for a database for a while.
package postgrestest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot/postgres"
)

// DSN is a database's connection strings: the service role's, the owner's of
// the tables, the superuser's.
type DSN struct {
	Service, Owner, Admin string
}

// New opens a fresh database as the service role; both go with the test.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), NewDSN(t).Service, postgres.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// NewDSN makes a fresh migrated database, dropped when the test ends.
func NewDSN(t testing.TB) DSN {
	t.Helper()
	cluster, template := ready(t)
	name := "t_" + random(t)
	exec1(t, cluster.AdminDSN(), `create database `+name+` template `+template+` owner careline_owner`)
	t.Cleanup(func() { exec1(t, cluster.AdminDSN(), `drop database if exists `+name+` with (force)`) })
	return in(cluster, name)
}

// NewEmptyDSN makes a database without tables, dropped when the test ends.
func NewEmptyDSN(t testing.TB) DSN {
	t.Helper()
	cluster := up(t)
	name := "e_" + random(t)
	exec1(t, cluster.AdminDSN(), `create database `+name+` owner careline_owner`)
	t.Cleanup(func() { exec1(t, cluster.AdminDSN(), `drop database if exists `+name+` with (force)`) })
	dsn := in(cluster, name)
	exec1(t, dsn.Admin, `create extension vector`)
	return dsn
}

func in(c *postgres.Cluster, name string) DSN {
	swap := func(dsn string) string { return strings.Replace(dsn, ":///careline?", ":///"+name+"?", 1) }
	return DSN{Service: swap(c.ServiceDSN()), Owner: swap(c.OwnerDSN()), Admin: swap(c.AdminDSN())}
}

var shared struct {
	sync.Mutex
	cluster  *postgres.Cluster
	template string
}

// ready is the running cluster with a template migrated to this version.
func ready(t testing.TB) (*postgres.Cluster, string) {
	t.Helper()
	cluster := up(t)
	shared.Lock()
	defer shared.Unlock()
	if shared.template == "" {
		shared.template = makeTemplate(t, cluster)
	}
	return cluster, shared.template
}

// up starts the cluster when it is down and keeps its watchdog from barking.
func up(t testing.TB) *postgres.Cluster {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	home := filepath.Join(os.TempDir(), "careline-test-"+strconv.Itoa(os.Getuid()))
	if shared.cluster == nil {
		// Durability is tested elsewhere; here a crash of the machine loses a test.
		shared.cluster = &postgres.Cluster{Home: home, Settings: map[string]string{
			"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400", "shared_buffers": "128MB",
		}}
	}
	if err := shared.cluster.Up(t.Context()); err != nil {
		t.Fatalf("the tests need PostgreSQL with pgvector (./setup.sh --test): %v", err)
	}
	watch(t, home, shared.cluster)
	return shared.cluster
}

// watch touches the stamp and starts a detached watchdog unless one lives: it
// stops the cluster when the stamp is a quarter of an hour old.
func watch(t testing.TB, home string, c *postgres.Cluster) {
	t.Helper()
	stamp := filepath.Join(home, "used")
	if err := os.WriteFile(stamp, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stop, err := c.StopCommand()
	if err != nil {
		t.Fatal(err)
	}
	script := `exec 9>"$1.lock"; flock -n 9 || exit 0; while [ -n "$(find "$1" -mmin -15)" ]; do sleep 20; done; exec "$2" stop -D "$3" -m fast`
	dog := exec.Command("sh", append([]string{"-c", script, "sh", stamp}, stop.Args...)...)
	dog.Dir = "/"
	dog.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if stop.Credential != nil {
		// Only the stop itself runs as the server's user.
		dog.Args[2] = strings.Replace(script, `exec "$2"`, `exec setpriv --reuid `+strconv.Itoa(int(stop.Credential.Uid))+` --regid `+strconv.Itoa(int(stop.Credential.Gid))+` --clear-groups "$2"`, 1)
	}
	if err := dog.Start(); err != nil {
		t.Fatalf("watchdog: %v", err)
	}
	go func() { _ = dog.Wait() }()
}

func makeTemplate(t testing.TB, cluster *postgres.Cluster) string {
	t.Helper()
	digest, err := postgres.MigrationsDigest()
	if err != nil {
		t.Fatal(err)
	}
	name := "template_" + digest
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, cluster.AdminDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	// One process makes the template; the others wait for it.
	if _, err := conn.Exec(ctx, `select pg_advisory_lock(hashtext($1))`, name); err != nil {
		t.Fatal(err)
	}
	var made bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1 and datistemplate)`, name).Scan(&made); err != nil || made {
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	exec1(t, cluster.AdminDSN(), `drop database if exists `+name+` with (force)`)
	exec1(t, cluster.AdminDSN(), `create database `+name+` owner careline_owner`)
	dsn := in(cluster, name)
	exec1(t, dsn.Admin, `create extension vector`)
	if _, err := postgres.Migrate(ctx, dsn.Owner, dsn.Service); err != nil {
		t.Fatal(err)
	}
	exec1(t, cluster.AdminDSN(), `alter database `+name+` is_template true`)
	return name
}

func exec1(t testing.TB, dsn, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
}

func random(t testing.TB) string {
	t.Helper()
	raw := make([]byte, 8)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(raw)
}
