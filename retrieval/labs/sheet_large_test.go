package labs_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"careline/bot"
	"careline/retrieval/labs"
)

// counted is a sink that keeps nothing and notes the largest heap.
type counted struct {
	results, quarantined int
	calls                int
	peak                 uint64
}

func (c *counted) Record(r bot.ImportRecord) error {
	c.results += len(r.Report.Results)
	c.sample()
	return nil
}

func (c *counted) Merge(bot.Merge) error { return nil }

func (c *counted) Quarantine(bot.Quarantined) error {
	c.quarantined++
	c.sample()
	return nil
}

func (c *counted) sample() {
	if c.calls++; c.calls%1000 != 0 {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c.peak = max(c.peak, m.HeapAlloc)
}

// manyRows is a workbook of many rows, written without holding them.
func manyRows(t testing.TB, rows int) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	check(t, err, w.SetRow("A1", []any{"病历号", "报告单号", "报告时间", "项目名称", "结果", "单位"}))
	for i := range rows {
		check(t, w.SetRow(fmt.Sprintf("A%d", i+2), []any{fmt.Sprintf("T-%d", i/20), fmt.Sprintf("R-%d", i/10), "2026-11-02 09:00", "肌酐", 40 + i%40, "μmol/L"}))
	}
	check(t, w.Flush())
	var b bytes.Buffer
	check(t, f.Write(&b))
	return b.Bytes()
}

// A workbook packs a thousand bytes into one; what it says it holds is checked
// before it is read.
func TestARowOfAWorkbookThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	raw := manyRows(t, 1)
	content := rewritten(t, raw, "xl/worksheets/sheet1.xml", func(xml string) string {
		return strings.Replace(xml, "<sheetData>", strings.Repeat(" ", 8<<20)+"<sheetData>", 1)
	})
	if _, err := parse(t, "r.xlsx", content); bot.KindOf(err) != bot.KindInvalid || !strings.Contains(fmt.Sprint(err), "record too long") {
		t.Error(err)
	}
}

// BenchmarkCSV reads rows into a sink that does nothing: the parser and the
// catalogue's part, without the database.
func BenchmarkCSV(b *testing.B) {
	var text strings.Builder
	text.WriteString(csvHeader)
	const rows = 20_000
	for i := range rows {
		fmt.Fprintf(&text, "T-%d,王小雨,女,1980-03-05,R-%d,2026-11-02 09:00,肌酐,%d,μmol/L,41-73,\n", i/20, i/10, 40+i%40)
	}
	raw, o := []byte(text.String()), shanghai(b)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		sink := &counted{}
		if _, err := labs.Read(catalogue(b), labs.Bytes("r.csv", raw), o, sink); err != nil || sink.results != rows {
			b.Fatal(sink.results, err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "results/s")
}
