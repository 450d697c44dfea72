package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"careline/bot/intake"
)

// intakeCollector shows what came from machines, and which sources are silent.
type intakeCollector struct{ alarms *intake.Alarms }

var (
	intakeEnds      = prometheus.NewDesc("careline_intake_total", "Deliveries by their way in and how they ended (MLLP acknowledgement, HTTP status, folder).", []string{"way", "end"}, nil)
	mllpConnections = prometheus.NewDesc("careline_mllp_connections", "Open MLLP connections.", nil, nil)
	feedSilent      = prometheus.NewDesc("careline_feed_silent", "1 when a source is silent beyond its usual gap.", []string{"institution", "source"}, nil)
	feedLast        = prometheus.NewDesc("careline_feed_last_message_seconds", "When a source's last message came, Unix time.", []string{"institution", "source"}, nil)
)

// feedsShown bounds the series: names of sources come from outside.
const feedsShown = 200

func (intakeCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- intakeEnds
	ch <- mllpConnections
	ch <- feedSilent
	ch <- feedLast
}

func (c intakeCollector) Collect(ch chan<- prometheus.Metric) {
	for o, n := range c.alarms.Counts.Outcomes() {
		ch <- prometheus.MustNewConstMetric(intakeEnds, prometheus.CounterValue, float64(n), o.Way, o.End)
	}
	ch <- prometheus.MustNewConstMetric(mllpConnections, prometheus.GaugeValue, float64(c.alarms.Counts.Connections.Load()))
	feeds := c.alarms.Feeds()
	for _, f := range feeds[:min(len(feeds), feedsShown)] {
		silent := 0.0
		if f.Silent {
			silent = 1
		}
		ch <- prometheus.MustNewConstMetric(feedSilent, prometheus.GaugeValue, silent, string(f.Institution), f.Source)
		if !f.LastAt.IsZero() {
			ch <- prometheus.MustNewConstMetric(feedLast, prometheus.GaugeValue, float64(f.LastAt.Unix()), string(f.Institution), f.Source)
		}
	}
}
