package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"careline/bot/intake"
)

// serveMetrics answers /metrics on a loopback address. A busy port is reported
// and does not stop the service.
func serveMetrics(ctx context.Context, addr string, a *app, alarms *intake.Alarms, log *slog.Logger) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), queueCollector{a: a}, modelCollector{a.model}, reviewCollector{a.guard}, intakeCollector{alarms}, channelCollector{a.official})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		log.Warn("metrics are off: the address is taken; choose another with --metrics", "addr", addr)
		return nil
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// queueCollector counts what waits, when asked.
type queueCollector struct{ a *app }

var (
	waitingTurns = prometheus.NewDesc("careline_turns_waiting", "Conversations with unanswered messages.", nil, nil)
	waitingSends = prometheus.NewDesc("careline_sends_waiting", "Conversations with unsent messages.", nil, nil)
	databaseUp   = prometheus.NewDesc("careline_database_up", "1 when the database answers.", nil, nil)
	poolInUse    = prometheus.NewDesc("careline_database_connections_in_use", "Database connections in use.", nil, nil)
)

func (queueCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- waitingTurns
	ch <- waitingSends
	ch <- databaseUp
	ch <- poolInUse
}

func (q queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	depth, err := q.a.store.QueueDepth(ctx)
	up := 1.0
	if err != nil {
		up = 0
	}
	ch <- prometheus.MustNewConstMetric(databaseUp, prometheus.GaugeValue, up)
	ch <- prometheus.MustNewConstMetric(poolInUse, prometheus.GaugeValue, float64(q.a.db.Pool.Stat().AcquiredConns()))
	if err == nil {
		ch <- prometheus.MustNewConstMetric(waitingTurns, prometheus.GaugeValue, float64(depth.Turns))
		ch <- prometheus.MustNewConstMetric(waitingSends, prometheus.GaugeValue, float64(depth.Sends))
	}
}
