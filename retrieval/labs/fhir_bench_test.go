package labs_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"careline/bot"
	"careline/retrieval/labs"
)

// dropped counts what a file brings and keeps nothing of it.
type dropped struct{ results, quarantined int }

func (d *dropped) Record(r bot.ImportRecord) error {
	d.results += len(r.Report.Results)
	return nil
}
func (d *dropped) Merge(bot.Merge) error { return nil }
func (d *dropped) Quarantine(bot.Quarantined) error {
	d.quarantined++
	return nil
}

// bigBundle is a Bundle of n observations, ten in a report, of a patient for each
// hundred.
func bigBundle(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Bundle","type":"collection","entry":[`)
	for i := range n {
		if i%100 == 0 {
			fmt.Fprintf(&b, `{"resource":{"resourceType":"Patient","id":"p%d","identifier":[{"system":"urn:oid:1","value":"T-%d"}],"gender":"female","birthDate":"1980-03-05"}},`, i/100, i/100)
		}
		if i%10 == 0 {
			var refs []string
			for j := range 10 {
				refs = append(refs, fmt.Sprintf(`{"reference":"Observation/o%d"}`, i+j))
			}
			fmt.Fprintf(&b, `{"resource":{"resourceType":"DiagnosticReport","id":"r%d","status":"final","code":{"text":"电解质"},"subject":{"reference":"Patient/p%d"},"result":[%s]}},`, i/10, i/100, strings.Join(refs, ","))
		}
		fmt.Fprintf(&b, `{"resource":{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"钾"},"effectiveDateTime":"2026-11-02T08:00:00+08:00","valueQuantity":{"value":4.%d,"unit":"mmol/L"},"referenceRange":[{"text":"3.5-5.3"}]}},`, i, i%10)
	}
	return append(bytes.TrimSuffix(b.Bytes(), []byte(",")), `]}`...)
}

func BenchmarkFHIR(b *testing.B) {
	const n = 20_000
	raw, c := bigBundle(n), catalogue(b)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		var d dropped
		if _, err := labs.Read(c, labs.Bytes("b.json", raw), labs.Options{}, &d); err != nil || d.results != n {
			b.Fatal(d, err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "results/s")
}
