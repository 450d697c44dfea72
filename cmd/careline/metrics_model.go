package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"careline/bot/llm"
)

// modelCollector counts the calls of the language model by how they ended.
type modelCollector struct{ chat *llm.Chat }

var modelCalls = prometheus.NewDesc("careline_model_calls_total", "Calls of the language model by outcome.", []string{"outcome"}, nil)

func (modelCollector) Describe(ch chan<- *prometheus.Desc) { ch <- modelCalls }

func (m modelCollector) Collect(ch chan<- prometheus.Metric) {
	if m.chat == nil {
		return
	}
	for outcome, n := range m.chat.Counts() {
		ch <- prometheus.MustNewConstMetric(modelCalls, prometheus.CounterValue, float64(n), string(outcome))
	}
}
