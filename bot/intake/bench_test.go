package intake_test

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"careline/bot/intake"
	"careline/bot/store/storetest"
)

// BenchmarkMLLP sends messages of eight results over 16 connections, each
// acknowledged after its commit. Every patient has ten reports.
func BenchmarkMLLP(b *testing.B) {
	s, _ := storetest.New(b)
	in := intakeOn(b, s, io.Discard)
	addr, _ := listening(b, &intake.MLLP{Intake: in, Institution: storetest.Hospital})
	var next atomic.Int64
	var group sync.WaitGroup
	begun := time.Now()
	b.ResetTimer()
	for range 16 {
		conn := dial(b, addr)
		if err := conn.SetDeadline(time.Time{}); err != nil {
			b.Fatal(err)
		}
		group.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				ack, err := intake.Send(b.Context(), conn, message(fmt.Sprint(n/10), fmt.Sprint(n)))
				if err != nil || ack.Code != "AA" {
					b.Errorf("%+v, %v", ack, err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "messages/s")
}
