package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"careline/bot"
)

// place is where a cluster's files are and as whom its server runs.
type place struct {
	bin    string // folder of initdb, pg_ctl, pg_dump
	data   string
	socket string
	runAs  *syscall.Credential // nil: as ourselves; PostgreSQL refuses to run as root
}

// place finds the programs, the user and the folders. Data stands in the home
// folder unless the server's user cannot reach it (a clone under a 0700 home).
func (c *Cluster) place() (place, error) {
	home, err := filepath.Abs(c.Home)
	if err != nil {
		return place{}, fmt.Errorf("postgres: home folder: %w", err)
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return place{}, bot.Errorf(bot.KindForbidden, "The state folder "+home+" cannot be made; choose another with --home.", "postgres: %w", err)
	}
	p := place{data: filepath.Join(home, "postgres", "data")}
	if p.bin, err = programs(); err != nil {
		return p, err
	}
	if os.Geteuid() == 0 {
		if p.runAs, err = unprivileged(); err != nil {
			return p, err
		}
		if !p.reaches(home) {
			p.data = filepath.Join("/var/lib/careline", hash(home), "data")
		}
	}
	// The socket's path is limited to 107 bytes, so it gets a short folder of its own.
	p.socket = filepath.Join(socketRoot(), "careline-"+strconv.Itoa(os.Geteuid())+"-"+hash(home))
	return p, nil
}

// socketRoot is a short folder that exists on every system.
func socketRoot() string { return "/tmp" }

// programs is the folder of the newest installed server, 15 at least.
func programs() (string, error) {
	pattern := "/usr/lib/postgresql/*/bin/initdb"
	if runtime.GOOS == "darwin" {
		pattern = "/*/*/opt/postgresql@*/bin/initdb"
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", fmt.Errorf("postgres: %w", err)
	}
	slices.SortFunc(found, func(a, b string) int {
		if v, w := vectorFirst(b), vectorFirst(a); v != w {
			return v - w
		}
		return majorVersion(b) - majorVersion(a)
	})
	if len(found) > 0 && majorVersion(found[0]) >= 15 {
		return filepath.Dir(found[0]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", bot.Errorf(bot.KindUnavailable, "PostgreSQL 15 or newer is not installed; run ./setup.sh, or set DATABASE_URL and MIGRATE_URL.", "postgres: no initdb")
}

// majorVersion reads 15 from /usr/lib/postgresql/15/bin/initdb and 17 from …/postgresql@17/bin/initdb.
func majorVersion(initdb string) int {
	folder := filepath.Base(filepath.Dir(filepath.Dir(initdb)))
	digits := ""
	for _, r := range folder {
		if r >= '0' && r <= '9' {
			digits += string(r)
		}
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// vectorFirst is 1 for a server that has pgvector.
func vectorFirst(initdb string) int {
	if _, err := os.Stat(filepath.Join("/usr/share/postgresql", strconv.Itoa(majorVersion(initdb)), "extension", "vector.control")); err == nil {
		return 1
	}
	return 0
}

// unprivileged is whom the server runs as when we are root.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return nil, fmt.Errorf("postgres: user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, bot.Errorf(bot.KindUnavailable, "PostgreSQL refuses to run as root and there is no user postgres; run Careline as an ordinary user.", "postgres: no unprivileged user")
}

// reaches reports whether the server's user may pass every folder on the way to dir.
func (p place) reaches(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != p.runAs.Uid && info.Mode().Perm()&0o001 == 0 {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}

// own makes dir and gives it to the server's user. An existing folder of
// somebody else is refused: /tmp is everybody's.
func (p place) own(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if p.runAs != nil {
		if err := os.Chown(dir, int(p.runAs.Uid), int(p.runAs.Gid)); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	want := uint32(os.Geteuid())
	if p.runAs != nil {
		want = p.runAs.Uid
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || ok && stat.Uid != want {
		return bot.Errorf(bot.KindForbidden, "The folder "+dir+" belongs to somebody else.", "postgres: %s is not ours", dir)
	}
	// Trust authentication: whoever reaches the socket is let in, so nobody but
	// the server's user and root may pass the folder.
	return os.Chmod(dir, 0o700)
}

// command runs one of PostgreSQL's programs as the server's user.
func (p place) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, name), args...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	// The server outlives us and must not die of our terminal's signals.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.runAs, Setsid: true}
	return cmd
}
