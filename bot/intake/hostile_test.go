package intake_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/encoding/simplifiedchinese"

	"careline/bot"
	"careline/bot/intake"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

func gb18030Decoded(raw []byte) (string, error) {
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	return string(text), err
}

// hostileBeside files are sent at a time, each to a hospital of its own.
const hostileBeside = 4

// TestBrokenFilesAreRefusedOrStoredRight sends 200 broken files, 1,000 with
// CARELINE_PROVE=1. It is not parallel to other tests: it measures memory.
func TestBrokenFilesAreRefusedOrStoredRight(t *testing.T) {
	cases := 200
	if os.Getenv("CARELINE_PROVE") != "" {
		cases = 1000
	}
	u := newAPI(t, func(l *intake.APILimits) { l.Large = hostileBeside })
	for _, prepared := range []func() []byte{zipBomb, lyingBomb, manyEntries} {
		prepared()
	}
	peak := watchHeap()
	t.Run("files", func(t *testing.T) {
		for beside := range hostileBeside {
			t.Run(fmt.Sprint(beside), func(t *testing.T) {
				t.Parallel()
				h := newHostile(t, u, bot.InstitutionID(fmt.Sprintf("hostile%d", beside)))
				for n := beside; n < cases; n += hostileBeside {
					h.send(t, n)
				}
			})
		}
	})
	if grown := peak() >> 20; grown > 256 {
		t.Errorf("the heap grew by %d MiB", grown)
	} else {
		t.Logf("the heap grew by %d MiB", grown)
	}
	for _, never := range []string{canary, "panic"} {
		if log := u.log.String(); strings.Contains(log, never) {
			t.Errorf("the log holds %q: …%.300s", never, log[strings.Index(log, never):])
		}
	}
}

// watchHeap samples the heap until it is asked how far it grew, in bytes.
func watchHeap() (grown func() uint64) {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	base, most, stop := stats.HeapAlloc, stats.HeapAlloc, make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
	}()
	return func() uint64 { close(stop); <-done; return most - base }
}

// hostile is a hospital that is sent broken files one after the other.
type hostile struct {
	*apiUnderTest
	id   bot.InstitutionID
	key  string
	last int64 // results stored before
}

func newHostile(t *testing.T, u *apiUnderTest, id bot.InstitutionID) *hostile {
	t.Helper()
	if err := u.in.Store.AddInstitution(t.Context(), bot.Institution{ID: id, Name: string(id), TimeZone: "Asia/Shanghai"}, nil, storetest.Now); err != nil {
		t.Fatal(err)
	}
	key, _, err := u.in.Store.CreateKey(t.Context(), id, bot.Actor{Kind: "operator"}, "analyser", []store.Scope{store.ScopeWrite}, storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	return &hostile{apiUnderTest: u, id: id, key: key}
}

// send breaks the n-th file, posts it and looks at the answer and the database.
func (h *hostile) send(t *testing.T, n int) {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	kind := hostileKinds[n/len(hostileMutations)%len(hostileKinds)]
	m := hostileMutations[n%len(hostileMutations)]
	f := kind.build(t, n)
	if m.formats != "" && !slices.Contains(strings.Fields(m.formats), f.format) {
		var fits []mutation
		for _, other := range hostileMutations {
			if other.formats == "" || slices.Contains(strings.Fields(other.formats), f.format) {
				fits = append(fits, other)
			}
		}
		m = fits[r.IntN(len(fits))]
	}
	p := m.do(r, f)
	got, err := h.tryWith("POST", "/api/v1/results", f.mediaType, bytes.NewReader(f.body), "Authorization: Bearer "+h.key)
	if err != nil {
		t.Errorf("case %d, %s, %s: %v", n, kind.name, m.name, err)
		return
	}
	stored := h.stored(t)
	for _, wrong := range append(h.wrong(t, f, p, got, stored), misplaced(f, p, stored)...) {
		t.Errorf("case %d, %s, %s: %s", n, kind.name, m.name, wrong)
	}
}

// stored are the results that the last file brought.
func (h *hostile) stored(t *testing.T) (all []fact) {
	t.Helper()
	err := h.db.InRead(t.Context(), h.id, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `select r.id, (select min(value) from patient_identifiers i where i.patient_id = r.patient_id), p.number, r.name, r.comparator || r.value_printed, r.unit_printed, r.range_printed
			from results r join reports p on p.institution_id = r.institution_id and p.id = r.report_id where r.id > $1 order by r.id`, h.last)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (x fact, err error) {
			return x, row.Scan(&h.last, &x.Patient, &x.Report, &x.Name, &x.Value, &x.Unit, &x.Interval)
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wrong says what is wrong with an answer.
func (h *hostile) wrong(t *testing.T, f *hostileFile, p promise, got answer, stored []fact) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch {
	case got.status == 201:
		s := got.summary(t)
		if len(stored) < len(f.facts) && s.Quarantined == 0 && !p.fewer {
			say("%d of %d results are lost silently", len(f.facts)-len(stored), len(f.facts))
		}
	case got.status >= 400 && got.status < 500:
		got.problem(t)
		if len(stored) > 0 {
			say("a refused file left %d results", len(stored))
		}
	default:
		say("answered %d %s", got.status, got.body)
	}
	if strings.Contains(got.body, canary) {
		say("the answer tells of the patient: %s", got.body)
	}
	if p.nothing && (got.status == 201 || len(stored) > 0) {
		say("taken, and %d results stored: %d %s", len(stored), got.status, got.body)
	}
	return all
}
