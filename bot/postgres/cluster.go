package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// The roles of a private cluster.
const (
	ownerRole   = "careline_owner"
	serviceRole = "careline_app"
	database    = "careline"
)

// Cluster is a private PostgreSQL cluster reached by a unix socket only. Several
// can live side by side, one for each home folder.
type Cluster struct {
	Home string // state folder; the data is below it, or in /var/lib/careline when PostgreSQL's user cannot reach it
	// Settings are added to postgresql.conf when the cluster is made.
	Settings map[string]string
}

// Up makes the cluster if there is none, starts it if it is down, and makes
// sure roles, database and extension exist. It is safe to call at any time and
// from several processes at once.
func (c *Cluster) Up(ctx context.Context) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	unlock, err := lockFile(filepath.Join(c.Home, "cluster.lock"))
	if err != nil {
		return fmt.Errorf("postgres: lock %s: %w", c.Home, err)
	}
	defer unlock()
	if c.answers(ctx) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(p.data, "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		if err := c.create(ctx, p); err != nil {
			return err
		}
	}
	if err := p.own(p.socket); err != nil {
		return err
	}
	log := filepath.Join(filepath.Dir(p.data), "postgres.log")
	out, err := p.command(ctx, "pg_ctl", "start", "-D", p.data, "-w", "-t", "60", "-l", log, "-o", "-k "+p.socket+" -c listen_addresses=''").CombinedOutput()
	if err != nil {
		return bot.Errorf(bot.KindUnavailable, "The private database did not start; its log is "+log+".", "postgres: pg_ctl start: %w: %s", err, lastLine(out))
	}
	return c.bootstrap(ctx)
}

// Down stops the cluster; a stopped one is no error.
func (c *Cluster) Down(ctx context.Context) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	if running, err := c.Status(ctx); err != nil || !running {
		return err
	}
	out, err := p.command(ctx, "pg_ctl", "stop", "-D", p.data, "-m", "fast", "-w").CombinedOutput()
	if err != nil {
		return fmt.Errorf("postgres: pg_ctl stop: %w: %s", err, lastLine(out))
	}
	return nil
}

// Status reports whether the cluster runs.
func (c *Cluster) Status(ctx context.Context) (running bool, err error) {
	p, err := c.place()
	if err != nil {
		return false, err
	}
	err = p.command(ctx, "pg_ctl", "status", "-D", p.data).Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		// 3: not running; 4: no data folder yet
		return false, exitError(exit, 3, 4)
	}
	return err == nil, err
}

func exitError(err *exec.ExitError, fine ...int) error {
	for _, code := range fine {
		if err.ExitCode() == code {
			return nil
		}
	}
	return fmt.Errorf("postgres: pg_ctl: %w", err)
}

// ServiceDSN connects as the role the service uses.
func (c *Cluster) ServiceDSN() string { return c.dsn(serviceRole, database) }

// OwnerDSN connects as the owner of the tables.
func (c *Cluster) OwnerDSN() string { return c.dsn(ownerRole, database) }

// AdminDSN connects as the superuser, who alone sees every row: for backups.
func (c *Cluster) AdminDSN() string { return c.dsn("postgres", database) }

func (c *Cluster) dsn(role, db string) string {
	p, err := c.place()
	if err != nil {
		return ""
	}
	return "postgres:///" + db + "?host=" + url.QueryEscape(p.socket) + "&user=" + role
}

func (c *Cluster) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.ServiceDSN())
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}

func (c *Cluster) create(ctx context.Context, p place) error {
	if err := p.own(filepath.Dir(p.data)); err != nil {
		return err
	}
	// A folder left by an initdb that died half-way has no PG_VERSION.
	if err := os.RemoveAll(p.data); err != nil {
		return fmt.Errorf("postgres: remove %s: %w", p.data, err)
	}
	out, err := p.command(ctx, "initdb", "-D", p.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust").CombinedOutput()
	if err != nil {
		return bot.Errorf(bot.KindUnavailable, "The private database could not be created in "+p.data+".", "postgres: initdb: %w: %s", err, lastLine(out))
	}
	conf, err := os.OpenFile(filepath.Join(p.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("postgres: settings: %w", err)
	}
	for name, value := range c.settings() {
		fmt.Fprintf(conf, "%s = '%s'\n", name, value)
	}
	return conf.Close()
}

// settings keep an idle cluster small; durability stays at PostgreSQL's defaults.
func (c *Cluster) settings() map[string]string {
	all := map[string]string{"shared_buffers": "64MB", "max_connections": "100", "timezone": "UTC", "log_min_messages": "warning", "log_statement": "none", "unix_socket_permissions": "0777"}
	for name, value := range c.Settings {
		all[name] = value
	}
	return all
}

// bootstrap makes what needs a superuser: roles, database, extension.
func (c *Cluster) bootstrap(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.dsn("postgres", "postgres"))
	if err != nil {
		return fmt.Errorf("postgres: connect as superuser: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, role := range []string{ownerRole, serviceRole} {
		if err := createOnce(ctx, conn, `select from pg_roles where rolname = $1`, role, `create role `+role+` login nosuperuser nobypassrls nocreatedb nocreaterole`); err != nil {
			return err
		}
	}
	if err := createOnce(ctx, conn, `select from pg_database where datname = $1`, database, `create database `+database+` owner `+ownerRole); err != nil {
		return err
	}
	inside, err := pgx.Connect(ctx, c.AdminDSN())
	if err != nil {
		return fmt.Errorf("postgres: connect as superuser: %w", err)
	}
	defer inside.Close(context.WithoutCancel(ctx))
	if _, err := inside.Exec(ctx, `create extension if not exists vector`); err != nil {
		return bot.Errorf(bot.KindUnavailable, "PostgreSQL lacks the pgvector extension; ./setup.sh installs it.", "postgres: create extension vector: %w", err)
	}
	return nil
}

func createOnce(ctx context.Context, conn *pgx.Conn, exists, name, create string) error {
	tag, err := conn.Exec(ctx, exists, name)
	if err == nil && tag.RowsAffected() == 0 {
		_, err = conn.Exec(ctx, create)
	}
	if err != nil {
		return fmt.Errorf("postgres: create %s: %w", name, err)
	}
	return nil
}

// AdminSQL is what an administrator runs once on a database of their own.
func AdminSQL() string {
	return `create role ` + ownerRole + ` login password '…';
create role ` + serviceRole + ` login password '…' nosuperuser nobypassrls;
create database ` + database + ` owner ` + ownerRole + `;
\connect ` + database + `
create extension vector;`
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(bytes.ToValidUTF8(out, nil))), "\n")
	return lines[len(lines)-1]
}

// lockFile holds an exclusive lock on path until unlock; the lock dies with the process.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

func hash(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:])[:12]
}
