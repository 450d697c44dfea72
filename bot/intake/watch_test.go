package intake_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/intake"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/retrieval/labs"
)

// watching runs a watcher on a folder until stop.
func watching(t *testing.T, w *intake.Watcher) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func newWatcher(in *intake.Intake, dir string) *intake.Watcher {
	return &intake.Watcher{Intake: in, Institution: storetest.Hospital, Dir: dir, Source: "lis-share", Every: 20 * time.Millisecond}
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// names are the files below a folder, sorted.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func has(t *testing.T, dir, name string) bool {
	t.Helper()
	return slices.Contains(names(t, dir), name)
}

func TestAFileIsImportedAndMovedToWhereItBelongs(t *testing.T) {
	t.Parallel()
	in, db, log := newIntake(t)
	dir := t.TempDir()
	put(t, dir, "good.csv", csv("1", "R1"))
	put(t, dir, "bad.csv", canary+",no,results\n")
	put(t, dir, "writing.csv.tmp", csv("1", "R2"))
	put(t, dir, "writing.csv.PART", csv("1", "R3"))
	put(t, dir, ".hidden.csv", csv("1", "R4"))
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "sub"), "below.csv", csv("1", "R5"))
	outside := t.TempDir()
	put(t, outside, "secret.csv", csv("1", "R6"))
	if err := os.Symlink(filepath.Join(outside, "secret.csv"), filepath.Join(dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	stop := watching(t, newWatcher(in, dir))
	eventually(t, "both are moved", func() bool {
		return has(t, filepath.Join(dir, "done"), "good.csv") && has(t, filepath.Join(dir, "failed"), "bad.csv.reason.txt")
	})
	time.Sleep(100 * time.Millisecond)
	stop()
	if got, want := names(t, dir), []string{".claimed", ".hidden.csv", "done", "failed", "link.csv", "sub", "writing.csv.PART", "writing.csv.tmp"}; !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
	reason, err := os.ReadFile(filepath.Join(dir, "failed", "bad.csv.reason.txt"))
	if err != nil || len(reason) < 20 || strings.Contains(string(reason), canary) {
		t.Errorf("the reason is %q, %v", reason, err)
	}
	if strings.Contains(log.String(), canary) {
		t.Errorf("the log quotes a file:\n%s", log)
	}
	if c := count(t, db); c != (counted{1, 1, 1, 1}) {
		t.Errorf("stored %+v", c)
	}
}

func TestADoneFileIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	in, _, _ := newIntake(t)
	dir := t.TempDir()
	watching(t, newWatcher(in, dir))
	for n, want := range []string{"day.csv", "day-1.csv", "day-2.csv"} {
		content := csv("1", string(rune('A'+n)))
		put(t, dir, "day.csv", content)
		eventually(t, want+" is there", func() bool { return has(t, filepath.Join(dir, "done"), want) })
		kept, err := os.ReadFile(filepath.Join(dir, "done", want))
		if err != nil || string(kept) != content {
			t.Errorf("%s holds %q, %v", want, kept, err)
		}
	}
}

func TestAFileStillBeingWrittenIsLeft(t *testing.T) {
	t.Parallel()
	in, db, _ := newIntake(t)
	dir := t.TempDir()
	w := newWatcher(in, dir)
	w.Every = 200 * time.Millisecond
	watching(t, w)
	whole := csv("1", "R1")
	f, err := os.Create(filepath.Join(dir, "slow.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); time.Since(begun) < time.Second; time.Sleep(20 * time.Millisecond) {
		if _, err := f.WriteString("\n"); err != nil {
			t.Fatal(err)
		}
	}
	if !has(t, dir, "slow.csv") {
		t.Fatal("a file was taken while it was written")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "slow.csv", whole)
	eventually(t, "it is done", func() bool { return has(t, filepath.Join(dir, "done"), "slow.csv") })
	if c := count(t, db); c.Reports != 1 {
		t.Errorf("stored %+v", c)
	}
}

func TestTwoWatchersOfOneFolderImportAFileOnce(t *testing.T) {
	t.Parallel()
	in, db, _ := newIntake(t)
	dir := t.TempDir()
	watching(t, newWatcher(in, dir))
	watching(t, newWatcher(in, dir))
	var want []string
	for n := range 20 {
		name := string(rune('a'+n)) + ".csv"
		put(t, dir, name, csv("1", name))
		want = append(want, name)
	}
	eventually(t, "all are done", func() bool { return slices.Equal(names(t, filepath.Join(dir, "done")), want) })
	if c := count(t, db); c != (counted{20, 1, 20, 20}) {
		t.Errorf("stored %+v", c)
	}
	if left := names(t, filepath.Join(dir, "failed")); len(left) > 0 {
		t.Errorf("failed: %v", left)
	}
}

// TestAFileOfADeadWatcherIsImportedAgain: what it had committed changes nothing.
func TestAFileOfADeadWatcherIsImportedAgain(t *testing.T) {
	t.Parallel()
	in, db, _ := newIntake(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".claimed"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, ".claimed"), "day.csv", csv("1", "R1"))
	put(t, dir, "other.csv", csv("1", "R1"))
	w := newWatcher(in, dir)
	w.HeldFor = 200 * time.Millisecond
	watching(t, w)
	eventually(t, "both are done", func() bool {
		return slices.Equal(names(t, filepath.Join(dir, "done")), []string{"day.csv", "other.csv"})
	})
	if c := count(t, db); c.Results != 1 || c.Imports != 2 {
		t.Errorf("stored %+v", c)
	}
}

func TestAFileStaysWhileItCannotBeStored(t *testing.T) {
	t.Parallel()
	in, _, log := newIntake(t)
	in.Read = func(*labs.Catalogue, labs.Source, labs.Options, bot.ImportSink) (bot.ImportHead, error) {
		return bot.ImportHead{}, bot.Errorf(bot.KindUnavailable, "Try again.", "test: down")
	}
	dir := t.TempDir()
	put(t, dir, "day.csv", csv("1", "R1"))
	told := 0
	w := newWatcher(in, dir)
	w.Done = func(string, store.ImportSummary, error) { told++ }
	stop := watching(t, w)
	eventually(t, "it was tried", func() bool { return strings.Contains(log.String(), "tried again") })
	time.Sleep(200 * time.Millisecond)
	stop()
	if !has(t, dir, "day.csv") || told != 0 || strings.Count(log.String(), "tried again") != 1 {
		t.Errorf("left %v, told %d times, log:\n%s", names(t, dir), told, log)
	}
}
