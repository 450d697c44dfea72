package intake

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/retrieval/labs"
)

// Watcher imports what is put into a folder. It polls, because network shares
// tell nobody of changes. A file goes to done/, or to failed/ with a sentence
// beside it; one whose fault may pass stays for the next try.
type Watcher struct {
	*Intake
	Institution bot.InstitutionID
	Dir         string
	Source      string                                                    // the feed; the folder's name if ""
	Columns     *labs.ColumnMap                                           // of sheets; nil: as their headers say
	Notify      bool                                                      // tell who is bound and agreed that a new report is there
	Every       time.Duration                                             // between two looks; 2 s if zero
	Done        func(name string, summary store.ImportSummary, err error) // told of each file; may be nil

	HeldFor time.Duration // a file claimed for longer was a dead watcher's; 5 minutes if zero

	seen     map[string]look
	reported map[string]bool
	again    map[string]time.Time // files whose fault may pass, and when to try them
}

// tryAgain is how long a file waits that could not be stored.
const tryAgain = 15 * time.Second

// look is what a file was like at a poll; the same twice is a file nobody writes.
type look struct {
	size int64
	at   time.Time
}

// Run looks until ctx ends. A file being imported is finished.
func (w *Watcher) Run(ctx context.Context) error {
	if w.Every == 0 {
		w.Every = 2 * time.Second
	}
	if w.HeldFor == 0 {
		w.HeldFor = 5 * time.Minute
	}
	if w.Source == "" {
		w.Source = printable(filepath.Base(w.Dir))
	}
	w.seen, w.reported, w.again = map[string]look{}, map[string]bool{}, map[string]time.Time{}
	for _, sub := range []string{claimed, done, failed} {
		if err := os.MkdirAll(filepath.Join(w.Dir, sub), 0o700); err != nil {
			return bot.Errorf(bot.KindInvalid, "The folder cannot be written to; it needs room for done and failed files.", "intake: watch: %w", err)
		}
	}
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		w.poll(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// poll takes every file that did not change since the last one.
func (w *Watcher) poll(ctx context.Context) {
	entries, err := os.ReadDir(w.Dir)
	if err != nil {
		w.once("", "the folder cannot be read")
		return
	}
	delete(w.reported, "")
	now := map[string]look{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !wanted(e) {
			continue
		}
		l := look{info.Size(), info.ModTime()}
		now[e.Name()] = l
		if before, ok := w.seen[e.Name()]; ok && before == l && ctx.Err() == nil && time.Now().After(w.again[e.Name()]) {
			w.file(ctx, e.Name())
		}
	}
	for name := range w.reported {
		if _, still := now[name]; !still {
			delete(w.reported, name)
			delete(w.again, name)
		}
	}
	w.seen = now
	w.reclaim()
}

// wanted leaves out folders, links, hidden files and those still being written.
func wanted(e fs.DirEntry) bool {
	name := strings.ToLower(e.Name())
	return e.Type().IsRegular() && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".tmp") && !strings.HasSuffix(name, ".part")
}

// file imports one file and moves it where it belongs. It is claimed by a rename
// first: of two watchers one succeeds.
func (w *Watcher) file(ctx context.Context, name string) {
	at := filepath.Join(w.Dir, claimed, name)
	file, err := w.claim(name, at)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			w.once(name, "the file cannot be read or moved")
		}
		return
	}
	summary, err := w.importFile(context.WithoutCancel(ctx), name, file)
	_ = file.Close()
	switch kind := bot.KindOf(err); {
	case err == nil:
		err = w.move(at, done, name, "")
	case kind == bot.KindInvalid:
		w.Counts.add("folder", failed)
		w.report(name, summary, err)
		if err := w.move(at, failed, name, sentence(err)); err != nil {
			w.once(name, "the file cannot be moved to failed")
		}
		return
	default:
		w.once(name, "the file could not be stored; it is tried again")
		w.again[name] = time.Now().Add(tryAgain)
		w.back(at, name)
		return
	}
	if err != nil {
		w.once(name, "the file cannot be moved to done")
	}
	w.Counts.add("folder", done)
	w.report(name, summary, nil)
}

// claim opens a file and moves it out of other watchers' sight. It does not
// follow a link that took the file's place.
func (w *Watcher) claim(name, at string) (*os.File, error) {
	from := filepath.Join(w.Dir, name)
	file, err := os.OpenFile(from, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, err
	}
	if err := renameNew(from, at); err != nil {
		_ = file.Close()
		return nil, err
	}
	touch(at)
	return file, nil
}

func (w *Watcher) importFile(ctx context.Context, name string, file *os.File) (store.ImportSummary, error) {
	info, err := file.Stat()
	if err != nil {
		return store.ImportSummary{}, bot.Errorf(bot.KindUnavailable, "The file cannot be read.", "intake: watch: %w", err)
	}
	if info.Size() > labs.MaxFile {
		return store.ImportSummary{}, bot.Errorf(bot.KindInvalid, "The file is larger than 64 MiB; split it.", "intake: watch: file too large")
	}
	return w.deliver(ctx, delivery{
		Institution: w.Institution, Source: w.Source, Columns: w.Columns, Notify: w.Notify, File: labs.Source{Name: name, ReaderAt: file, Size: info.Size()}, Arrival: store.Arrival{Way: store.ByFolder},
	})
}

func (w *Watcher) report(name string, summary store.ImportSummary, err error) {
	if w.Done != nil {
		w.Done(name, summary, err)
	}
	if err != nil {
		w.Log.Warn("watch: file refused", "source", w.Source, cause(err))
		return
	}
	w.Log.Info("watch: file imported", "source", w.Source, slog.Int64("import", summary.Import))
}

// once logs a trouble of a file once while the file is there. Names of files may
// name patients and are not logged.
func (w *Watcher) once(name, trouble string) {
	if w.reported[name] {
		return
	}
	w.reported[name] = true
	w.Log.Error("watch: "+trouble, "source", w.Source)
}
