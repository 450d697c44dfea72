//go:build !race

package labs_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/retrieval/labs"
)

// generated is a sheet that is made while it is read: lines of one length.
type generated struct {
	header string
	line   func(i int) string
	length int64
	lines  int64
}

func newGenerated(header string, size int64, line func(i int) string) (generated, int64) {
	g := generated{header: header, line: line, length: int64(len(line(0)))}
	g.lines = (size - int64(len(header))) / g.length
	return g, int64(len(header)) + g.lines*g.length
}

func (g generated) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	for n < len(p) {
		where := at + int64(n)
		if where < int64(len(g.header)) {
			n += copy(p[n:], g.header[where:])
			continue
		}
		where -= int64(len(g.header))
		if where/g.length >= g.lines {
			return n, io.EOF
		}
		n += copy(p[n:], g.line(int(where / g.length))[where%g.length:])
	}
	return n, nil
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// mostHeap is what a sheet may take beside what the test already holds.
const mostHeap = 100 << 20

func TestASheetOf64MiBIsReadInBoundedMemory(t *testing.T) {
	g, size := newGenerated("病历号,报告单号,报告时间,项目名称,结果,单位,参考范围,备注\n", labs.MaxFile, func(i int) string {
		return fmt.Sprintf("T-%06d,R-%06d,2026-11-02 09:%02d,%s,%03d,μmol/L,41-73,标本状态良好，已复核，结果仅供参考\n", i/20, i/5, i/5%60, []string{"肌酐A", "肌酐B", "肌酐C", "肌酐D", "肌酐E"}[i%5], 40+i%40)
	})
	before, sink, began := heapNow(), &counted{}, time.Now()
	_, err := labs.Read(catalogue(t), labs.Source{Name: "r.csv", ReaderAt: g, Size: size}, shanghai(t), sink)
	if err != nil || int64(sink.results) != g.lines || sink.quarantined != 0 || g.lines < 500_000 {
		t.Fatal(g.lines, sink.results, sink.quarantined, err)
	}
	t.Logf("%d rows in %s, %d MiB at most", g.lines, time.Since(began).Round(time.Millisecond), (sink.peak-min(before, sink.peak))>>20)
	if sink.peak > before+mostHeap {
		t.Errorf("%d MiB were held", (sink.peak-before)>>20)
	}
}

func TestAWorkbookOf200000RowsIsReadInBoundedMemory(t *testing.T) {
	raw := manyRows(t, 200_000)
	before, sink, began := heapNow(), &counted{}, time.Now()
	_, err := labs.Read(catalogue(t), labs.Bytes("r.xlsx", raw), shanghai(t), sink)
	if err != nil || sink.results != 200_000 || sink.quarantined != 0 {
		t.Fatal(sink.results, sink.quarantined, err)
	}
	t.Logf("%d rows of %d KiB in %s, %d MiB at most", sink.results, len(raw)>>10, time.Since(began).Round(time.Millisecond), (sink.peak-min(before, sink.peak))>>20)
	if sink.peak > before+mostHeap {
		t.Errorf("%d MiB were held", (sink.peak-before)>>20)
	}
	runtime.KeepAlive(raw)
}

// emptyRows is so many MiB of a sheet with nothing in it, packed.
func emptyRows(t *testing.T, mib int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	check(t, err)
	_, err = w.Write([]byte("<worksheet><sheetData>"))
	check(t, err)
	for range mib {
		_, err = w.Write(bytes.Repeat([]byte("<row/>  "), 1<<17))
		check(t, err)
	}
	_, err = w.Write([]byte("</sheetData></worksheet>"))
	check(t, err, w.Close())
	return b.Bytes()
}

// bomb is a workbook of sheets that unpack to so many MiB each, and say that they
// unpack to stated bytes.
func bomb(t *testing.T, sheets, mib int, stated uint64) string {
	t.Helper()
	list, relations := "", `<Relationship Id="t" Type="http://x/none" Target="none.xml"/>`
	for n := range sheets {
		list += fmt.Sprintf(`<sheet name="S%d" r:id="s%[1]d" xmlns:r="r"/>`, n)
		relations += fmt.Sprintf(`<Relationship Id="s%d" Type="http://x/worksheet" Target="s%[1]d.xml"/>`, n)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"_rels/.rels": `<R><Relationship Id="a" Type="http://x/officeDocument" Target="xl/workbook.xml"/></R>`, "xl/workbook.xml": "<w><sheets>" + list + "</sheets></w>", "xl/_rels/workbook.xml.rels": "<R>" + relations + "</R>",
	} {
		to, err := w.Create(name)
		check(t, err)
		_, err = to.Write([]byte(text))
		check(t, err)
	}
	packed := emptyRows(t, mib)
	for n := range sheets {
		to, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("xl/s%d.xml", n), Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: stated})
		check(t, err)
		_, err = to.Write(packed)
		check(t, err)
	}
	check(t, w.Close())
	return out.String()
}

func TestAWorkbookThatUnpacksToTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content, why string
	}{
		"one sheet":             {bomb(t, 1, 1, 513<<20), "is too large"},
		"many sheets together":  {bomb(t, 5, 120, 120<<20+46), "is too large"},
		"more than it states":   {bomb(t, 1, 4, 1000), "xlsx: "},
		"a million entries":     {"PK\x03\x04" + strings.Repeat("PK\x01\x02"+strings.Repeat("\x00", 42), 1_000_000) + "PK\x05\x06" + strings.Repeat("\x00", 8) + "\x80\x71\xbd\x02\x04\x00\x00\x00\x00\x00", "parts"},
		"entries it leaves out": {"PK\x03\x04" + strings.Repeat("PK\x01\x02"+strings.Repeat("\x00", 42), 65536) + "PK\x05\x06" + strings.Repeat("\x00", 8) + "\x00\x00\x2e\x00\x04\x00\x00\x00\x00\x00", "parts"},
	} {
		_, err := parse(t, "r.xlsx", c.content)
		if bot.KindOf(err) != bot.KindInvalid || !strings.Contains(fmt.Sprint(err), c.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAYearOfALaboratoryIsReadInModestMemory(t *testing.T) {
	var b strings.Builder
	b.WriteString(csvHeader)
	for i := range 200_000 {
		fmt.Fprintf(&b, "T-%d,,女,1980-03-05,R-%d,2026-11-02 09:00,肌酐,%d,μmol/L,41-73,\n", i/20, i/10, 40+i%40)
	}
	c, o := catalogue(t), shanghai(t)
	f, err := labs.Parse(c, "r.csv", strings.NewReader(b.String()), o)
	if err != nil || len(f.Patients) != 10_000 || len(f.Quarantine) != 0 {
		t.Fatal(len(f.Patients), len(f.Quarantine), err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 512<<20 {
		t.Errorf("%d MiB are held", m.HeapAlloc>>20)
	}
	runtime.KeepAlive(f)
}
