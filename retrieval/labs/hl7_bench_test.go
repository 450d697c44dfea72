package labs_test

import (
	"fmt"
	"strings"
	"testing"

	"careline/bot"
	"careline/retrieval/labs"
)

// nothing is a sink that keeps nothing.
type nothing struct{ results int }

func (n *nothing) Record(r bot.ImportRecord) error  { n.results += len(r.Report.Results); return nil }
func (n *nothing) Merge(bot.Merge) error            { return nil }
func (n *nothing) Quarantine(bot.Quarantined) error { return fmt.Errorf("quarantined") }

// BenchmarkHL7 reads messages of 20 results with a catalogue that knows nothing,
// and with the real one: the difference is the mapping's.
func BenchmarkHL7(b *testing.B) {
	var file strings.Builder
	const messages, results = 500, 20
	for i := range messages {
		segments := []string{hl7MSH, strings.Replace(hl7PID, "T-1", fmt.Sprint("T-", i), 1), hl7Order(fmt.Sprint("F-", i))}
		for n := range results {
			segments = append(segments, fmt.Sprintf("OBX|%d|NM|X%d^项目%d^99LIS||%d.%d|mmol/L|3.5-5.3|N|||F|||20261102093000", n+1, n, n, n, i%10))
		}
		file.WriteString(message(segments...))
	}
	for name, c := range map[string]*labs.Catalogue{"parser": new(labs.Catalogue), "mapped": catalogue(b)} {
		b.Run(name, func(b *testing.B) {
			source, to := labs.Bytes("bench.hl7", []byte(file.String())), &nothing{}
			b.ReportAllocs()
			b.SetBytes(source.Size)
			for b.Loop() {
				if _, err := labs.Read(c, source, labs.Options{}, to); err != nil {
					b.Fatal(err)
				}
			}
			if to.results != b.N*messages*results {
				b.Errorf("%d results", to.results)
			}
			b.ReportMetric(float64(to.results)/b.Elapsed().Seconds(), "results/s")
		})
	}
}
