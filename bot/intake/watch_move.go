package intake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The folders a file goes through. What is claimed by a watcher that died goes
// back to be imported again, which changes nothing if it was committed.
const (
	claimed = ".claimed"
	done    = "done"
	failed  = "failed"
)

// noFollow refuses to open a symbolic link.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// move puts a claimed file into a folder under its own name, or one with a
// number when that is taken, with a reason beside it.
func (w *Watcher) move(at, folder, name, reason string) error {
	for n := 0; n < 10_000; n++ {
		to := filepath.Join(w.Dir, folder, numbered(name, n))
		err := renameNew(at, to)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil || reason == "" {
			return err
		}
		return os.WriteFile(to+".reason.txt", []byte(reason+"\n"), 0o600)
	}
	return fmt.Errorf("intake: watch: no free name in %s", folder)
}

// numbered is "a.csv", "a-1.csv", "a-2.csv".
func numbered(name string, n int) string {
	if n == 0 {
		return name
	}
	ext := filepath.Ext(name)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
}

// renameNew renames and never overwrites: a hard link fails where the name is
// taken. Shares without hard links get a rename after a look.
func renameNew(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// back returns a file to be tried again.
func (w *Watcher) back(at, name string) {
	for n := 0; n < 100; n++ {
		if err := renameNew(at, filepath.Join(w.Dir, numbered(name, n))); !errors.Is(err, fs.ErrExist) {
			return
		}
	}
}

// touch notes when a file was claimed.
func touch(at string) { now := time.Now(); _ = os.Chtimes(at, now, now) }

// reclaim returns files whose watcher died.
func (w *Watcher) reclaim() {
	entries, err := os.ReadDir(filepath.Join(w.Dir, claimed))
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && wanted(e) && time.Since(info.ModTime()) > w.HeldFor {
			w.back(filepath.Join(w.Dir, claimed, e.Name()), e.Name())
		}
	}
}
