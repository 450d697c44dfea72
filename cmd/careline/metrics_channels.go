package main

import "github.com/prometheus/client_golang/prometheus"

// channelCollector counts what the official account's callbacks and sends came to.
type channelCollector struct{ *official }

var (
	wechatCallbacks = prometheus.NewDesc("careline_wechat_callbacks_total", "Callbacks of the official account by how they ended.", []string{"end"}, nil)
	wechatTooLong   = prometheus.NewDesc("careline_wechat_oversized_total", "Messages WeChat called too long; each is a defect.", nil, nil)
)

func (channelCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- wechatCallbacks
	ch <- wechatTooLong
}

func (c channelCollector) Collect(ch chan<- prometheus.Metric) {
	if c.official == nil {
		return
	}
	for end, n := range c.webhook.Counts() {
		ch <- prometheus.MustNewConstMetric(wechatCallbacks, prometheus.CounterValue, float64(n), end)
	}
	ch <- prometheus.MustNewConstMetric(wechatTooLong, prometheus.CounterValue, float64(c.adapter.Oversized()))
}
