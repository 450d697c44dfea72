package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Feed is one source of results: what it brought, and whether it is silent for
// longer than it usually is.
type Feed struct {
	Institution bot.InstitutionID `json:"institution"`
	Source      string            `json:"source"` // "" is by hand
	Way         Way               `json:"way"`    // of its last message
	Zone        string            `json:"zone"`   // of its times without one; "" is the institution's
	LastAt      time.Time         `json:"last_at"`
	Lag         time.Duration     `json:"lag_ns"` // median from sent to received over 7 days; 0 when the source does not say
	Today       Traffic           `json:"today"`  // in the institution's zone
	Week        Traffic           `json:"week"`   // the last 7 days
	Usual       time.Duration     `json:"usual_gap_ns"`
	Silent      bool              `json:"silent"`
	AlarmedAt   *time.Time        `json:"alarmed_at"`

	gaps []gap
}

// Traffic counts what came.
type Traffic struct {
	Messages    int `json:"messages"`
	Results     int `json:"results"`
	Unmapped    int `json:"unmapped"`
	Quarantined int `json:"quarantined"`
}

// feedHistory is how far back a source's habits are read.
const feedHistory = 14 * 24 * time.Hour

// Feeds is every source that was heard of within 14 days, or was set up. Silence
// is judged for machines only.
func (s *Store) Feeds(ctx context.Context, inst bot.Institution, now time.Time) ([]Feed, error) {
	bySource := map[string]*Feed{}
	feed := func(source string) *Feed {
		if bySource[source] == nil {
			bySource[source] = &Feed{Institution: inst.ID, Source: source}
		}
		return bySource[source]
	}
	err := s.db.InRead(ctx, inst.ID, func(tx pgx.Tx) error {
		if err := readTraffic(ctx, tx, inst.Location(), now, feed); err != nil {
			return err
		}
		return readGaps(ctx, tx, inst.Location(), now, feed)
	})
	if err != nil {
		return nil, unavailable(fmt.Errorf("store: feeds of %s: %w", inst.ID, err))
	}
	all := make([]Feed, 0, len(bySource))
	for _, f := range bySource {
		f.judge(inst.Location(), now)
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b Feed) int { return strings.Compare(a.Source, b.Source) })
	return all, nil
}

const trafficQuery = `
select coalesce(i.source, f.source), coalesce(f.zone, ''), f.alarmed_at, i.last_at, coalesce(i.kind, ''), coalesce(i.lag, 0)::float8,
	coalesce(i.messages_today, 0), coalesce(i.results_today, 0), coalesce(i.unmapped_today, 0), coalesce(i.quarantined_today, 0),
	coalesce(i.messages, 0), coalesce(i.results, 0), coalesce(i.unmapped, 0), coalesce(i.quarantined, 0)
from (
	select source, max(at) last_at, (array_agg(kind order by at desc))[1] kind,
		extract(epoch from percentile_cont(0.5) within group (order by at - sent_at) filter (where at >= $3)) lag,
		count(*) filter (where at >= $2) messages_today, sum(results) filter (where at >= $2) results_today,
		sum(unmapped) filter (where at >= $2) unmapped_today, sum(quarantined) filter (where at >= $2) quarantined_today,
		count(*) filter (where at >= $3) messages, sum(results) filter (where at >= $3) results,
		sum(unmapped) filter (where at >= $3) unmapped, sum(quarantined) filter (where at >= $3) quarantined
	from imports where at >= $1 group by source
) i full join feeds f on f.source = i.source`

func readTraffic(ctx context.Context, tx pgx.Tx, zone *time.Location, now time.Time, feed func(string) *Feed) error {
	local := now.In(zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	rows, err := tx.Query(ctx, trafficQuery, now.Add(-feedHistory), midnight, now.AddDate(0, 0, -7))
	if err != nil {
		return err
	}
	var f Feed
	var last *time.Time
	var lag float64
	_, err = pgx.ForEachRow(rows, []any{&f.Source, &f.Zone, &f.AlarmedAt, &last, (*string)(&f.Way), &lag,
		&f.Today.Messages, &f.Today.Results, &f.Today.Unmapped, &f.Today.Quarantined,
		&f.Week.Messages, &f.Week.Results, &f.Week.Unmapped, &f.Week.Quarantined}, func() error {
		to := feed(f.Source)
		id := to.Institution
		*to = f
		to.Institution, to.Lag = id, time.Duration(lag*float64(time.Second)).Round(time.Millisecond)
		if last != nil {
			to.LastAt = last.UTC()
		}
		return nil
	})
	return err
}

// gap is the longest silence that began within one hour of one day.
type gap struct {
	start  time.Time
	length time.Duration
}

func readGaps(ctx context.Context, tx pgx.Tx, zone *time.Location, now time.Time, feed func(string) *Feed) error {
	rows, err := tx.Query(ctx, `
		select distinct on (source, hour) source, at, extract(epoch from next - at)::float8
		from (
			select source, at, date_trunc('hour', at, $2) as hour, lead(at) over (partition by source order by at) as next
			from imports where at >= $1 and kind <> 'hand'
		) spaced where next is not null order by source, hour, next - at desc`, now.Add(-feedHistory), zone.String())
	if err != nil {
		return err
	}
	var source string
	var at time.Time
	var seconds float64
	_, err = pgx.ForEachRow(rows, []any{&source, &at, &seconds}, func() error {
		f := feed(source)
		f.gaps = append(f.gaps, gap{at, time.Duration(seconds * float64(time.Second))})
		return nil
	})
	return err
}

// The rule of silence.
const (
	leastSilence = time.Hour // no shorter silence is an alarm
	gapQuantile  = 0.9       // of the longest gaps of alike hours
	gapMargin    = 1.25      // the last message of a day comes at a slightly other time each day
	gapsNeeded   = 12        // fewer say nothing of habits
)

// judge compares the silence since the last message with those that usually
// begin at this hour on such a day.
func (f *Feed) judge(zone *time.Location, now time.Time) {
	if f.LastAt.IsZero() || f.Way == ByHand || len(f.gaps) < gapsNeeded {
		return
	}
	f.Usual = max(leastSilence, usualGap(f.gaps, f.LastAt, zone))
	f.Silent = float64(now.Sub(f.LastAt)) > gapMargin*float64(f.Usual)
}

// usualGap is a high quantile of the gaps that began in the hour of last on days
// like its own; of all gaps when there was none.
func usualGap(gaps []gap, last time.Time, zone *time.Location) time.Duration {
	var alike, all []time.Duration
	for _, g := range gaps {
		all = append(all, g.length)
		if hourClass(g.start.In(zone)) == hourClass(last.In(zone)) {
			alike = append(alike, g.length)
		}
	}
	if len(alike) > 0 {
		all = alike
	}
	slices.Sort(all)
	return all[int(math.Ceil(gapQuantile*float64(len(all))))-1]
}

// hourClass tells apart the hours of a laboratory's week: the evening of a Friday
// begins the weekend, other working days are alike.
func hourClass(t time.Time) [2]int {
	day := t.Weekday()
	if day >= time.Monday && day <= time.Thursday {
		day = time.Monday
	}
	return [2]int{int(day), t.Hour()}
}

// SetFeedZone says in which zone a source's times are that name none.
func (s *Store) SetFeedZone(ctx context.Context, id bot.InstitutionID, by bot.Actor, source, zone string, now time.Time) error {
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return bot.Errorf(bot.KindInvalid, "This time zone is not known; write it like Asia/Shanghai.", "store: zone of a feed: unknown")
	}
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into feeds (institution_id, source, zone) values ($1, $2, $3)
			on conflict (institution_id, source) do update set zone = excluded.zone`, string(id), source, zone)
		if err != nil {
			return err
		}
		return audit(ctx, tx, id, now, by, "feed.zone", subject{})
	}))
}

// FeedZone is the zone of a source's times that name none: its own, or the
// institution's.
func (s *Store) FeedZone(ctx context.Context, id bot.InstitutionID, source string) (*time.Location, error) {
	var zone string
	err := s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select coalesce((select nullif(zone, '') from feeds where source = $2), (select time_zone from institutions where id = $1))`,
			string(id), source).Scan(&zone)
	})
	if err != nil {
		return nil, unavailable(fmt.Errorf("store: zone of a feed of %s: %w", id, err))
	}
	return bot.Institution{TimeZone: zone}.Location(), nil
}

// Alarm marks a source's silence as reported. It is true once for each silence,
// whichever process asks first.
func (s *Store) Alarm(ctx context.Context, id bot.InstitutionID, source string, lastAt, now time.Time) (first bool, err error) {
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `insert into feeds (institution_id, source, alarmed_at) values ($1, $2, $3)
			on conflict (institution_id, source) do update set alarmed_at = excluded.alarmed_at
			where feeds.alarmed_at is null or feeds.alarmed_at < $4 returning true`, string(id), source, now, lastAt).Scan(&first)
		if noRows(err) {
			return nil
		}
		return err
	})
	return first, unavailable(err)
}
