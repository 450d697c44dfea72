package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"careline/bot/guard"
)

// reviewCollector counts what the guard's review said, check by check.
type reviewCollector struct{ guard *guard.Guard }

var (
	reviews       = prometheus.NewDesc("careline_reviews_total", "Texts reviewed, by verdict.", []string{"verdict"}, nil)
	reviewsFailed = prometheus.NewDesc("careline_review_violations_total", "Texts that failed a check of the review.", []string{"check"}, nil)
)

func (reviewCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- reviews
	ch <- reviewsFailed
}

func (r reviewCollector) Collect(ch chan<- prometheus.Metric) {
	counts := r.guard.Counts()
	ch <- prometheus.MustNewConstMetric(reviews, prometheus.CounterValue, float64(counts.Accepted), "accepted")
	ch <- prometheus.MustNewConstMetric(reviews, prometheus.CounterValue, float64(counts.Reviews-counts.Accepted), "refused")
	for check, n := range counts.Checks {
		ch <- prometheus.MustNewConstMetric(reviewsFailed, prometheus.CounterValue, float64(n), check)
	}
}
