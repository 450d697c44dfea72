package labs_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"careline/bot"
	"careline/retrieval/labs"
)

// workbook is an XLSX a test fills.
type workbook struct {
	*excelize.File
	t testing.TB
}

func newWorkbook(t testing.TB) workbook {
	t.Helper()
	w := workbook{excelize.NewFile(), t}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// row writes cells side by side from the first column on.
func (w workbook) row(sheet, first string, cells ...any) {
	w.t.Helper()
	if err := w.SetSheetRow(sheet, first, &cells); err != nil {
		w.t.Fatal(err)
	}
}

// shown gives a cell a number format.
func (w workbook) shown(sheet, cell, format string) {
	w.t.Helper()
	style, err := w.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err == nil {
		err = w.SetCellStyle(sheet, cell, cell, style)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w workbook) bytes() []byte {
	w.t.Helper()
	b, err := w.WriteToBuffer()
	if err != nil {
		w.t.Fatal(err)
	}
	return b.Bytes()
}

func (w workbook) parse() (bot.ImportFile, error) {
	w.t.Helper()
	return labs.Parse(catalogue(w.t), "r.xlsx", bytes.NewReader(w.bytes()), shanghai(w.t))
}

var longHeader = []any{"病历号", "姓名", "报告单号", "报告时间", "项目名称", "结果", "单位", "参考范围"}

func TestANumberOfAWorkbookIsWhatItsCellShows(t *testing.T) {
	t.Parallel()
	cases := []struct {
		value  any
		format string
		want   string
	}{
		{5.0, "0.0", "5.0"}, {5.0, "0.00", "5.00"}, {5.3000000000000007, "", "5.3"}, {0.1 + 0.2, "", "0.3"}, {5.37, "0.0", "5.4"}, {2.5, "0", "3"},
		{1250.0, "#,##0", "1,250"}, {1250.5, "#,##0.00", "1,250.50"}, {0.45, "0.0%", "45.0%"}, {87, `0"↑"`, "87"}, {5.5, "0.0_);(0.0)", "5.5"}, {5.25, "0.0##", "5.25"},
		{58, "@", "58"}, {0.05, `"<"0.00`, "<0.05"}, {7, "000", "007"}, {"5.0", "", "5.0"}, {"阴性", "", "阴性"}, {5.1, "[Red]0.00", "5.10"}, {1e-3, "", "0.001"},
		{1, `[=0]"阴性";[=1]"阳性";0.0`, "阳性"}, {0, `[=0]"阴性";[=1]"阳性";0.0`, "阴性"}, {2.5, `[=0]"阴性";[=1]"阳性";0.0`, "2.5"}, {0, `0.00;-0.0;"阴性"`, "阴性"}, {-2, `0.00;-0.0;"阴性"`, "-2"},
		{0.004, `[<0.01]"<0.01";0.00`, "<0.01"}, {0.02, `[<0.01]"<0.01";0.00`, "0.02"}, {7.25, `[Red][>=5]0.0"↑";0.0`, "7.25"}, {0.5, "[<1]0.00;0.0", "0.5"}, {0.000012, "", "0.000012"},
	}
	for _, c := range cases {
		w := newWorkbook(t)
		w.row("Sheet1", "A1", longHeader...)
		w.row("Sheet1", "A2", "T-1", "", "R-1", "2026-11-02", "肌酐", c.value, "μmol/L", "41-73")
		if c.format != "" {
			w.shown("Sheet1", "F2", c.format)
		}
		f, err := w.parse()
		if r := only(t, f, err); r.Value.Shown() != c.want {
			t.Errorf("%v shown as %q is read as %q, want %q", c.value, c.format, r.Value.Shown(), c.want)
		}
		if f.Format != "xlsx" {
			t.Errorf("format %s", f.Format)
		}
	}
}

func TestADateCellOfAWorkbookIsADayWhateverItsFormat(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 9, 5, 0, 0, time.UTC)
	for _, format := range []string{"yyyy-mm-dd hh:mm", "m/d/yy h:mm", "dd/mm/yyyy", `yyyy"年"m"月"d"日"`, "[$-804]aaaa", "h:mm"} {
		w := newWorkbook(t)
		w.row("Sheet1", "A1", longHeader...)
		w.row("Sheet1", "A2", "T-1", "", "R-1", at, "肌酐", 58, "μmol/L", "41-73")
		w.shown("Sheet1", "D2", format)
		f, err := w.parse()
		if r := only(t, f, err); !r.EffectiveAt.Equal(time.Date(2026, 11, 2, 1, 5, 0, 0, time.UTC)) {
			t.Errorf("%s: %s", format, r.EffectiveAt)
		}
	}
}

func TestAWorkbookMayCountItsDaysFrom1904(t *testing.T) {
	t.Parallel()
	w := newWorkbook(t)
	w.row("Sheet1", "A1", longHeader...)
	w.row("Sheet1", "A2", "T-1", "", "R-1", 44866.375, "肌酐", 58, "μmol/L", "41-73")
	plain := w.bytes()
	w.shown("Sheet1", "D2", "yyyy-mm-dd hh:mm")
	from1904 := func(raw []byte) string {
		return rewritten(t, raw, "xl/workbook.xml", func(xml string) string { return strings.Replace(xml, "<workbookPr", `<workbookPr date1904="1"`, 1) })
	}
	want := time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)
	f, err := parse(t, "r.xlsx", from1904(w.bytes()))
	if r := only(t, f, err); !r.EffectiveAt.Equal(want) {
		t.Errorf("a date cell: %s", r.EffectiveAt)
	}
	o := shanghai(t)
	if o.Columns, err = labs.ReadColumnMap(strings.NewReader("dates: [excel]\n")); err != nil {
		t.Fatal(err)
	}
	f, err = labs.Parse(catalogue(t), "r.xlsx", strings.NewReader(from1904(plain)), o)
	if r := only(t, f, err); !r.EffectiveAt.Equal(want) {
		t.Errorf("a serial number: %s", r.EffectiveAt)
	}
}

func TestASerialNumberIsADayOnlyWhereTheMappingFileSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorkbook(t)
	w.row("Sheet1", "A1", longHeader...)
	w.row("Sheet1", "A2", "T-1", "", "R-1", 46328, "肌酐", 58, "μmol/L", "41-73")
	f, err := w.parse()
	if err != nil || len(f.Patients) != 0 || len(f.Quarantine) != 1 || f.Quarantine[0].Position != "sheet Sheet1, line 2" {
		t.Errorf("%+v, %v", f, err)
	}
	o := shanghai(t)
	if o.Columns, err = labs.ReadColumnMap(strings.NewReader("dates: [excel]\n")); err != nil {
		t.Fatal(err)
	}
	f, err = labs.Parse(catalogue(t), "r.xlsx", bytes.NewReader(w.bytes()), o)
	if r := only(t, f, err); !r.EffectiveAt.Equal(time.Date(2026, 11, 1, 16, 0, 0, 0, time.UTC)) {
		t.Error(r.EffectiveAt)
	}
}

func TestAWorkbookIsReadAsAPersonSeesIt(t *testing.T) {
	t.Parallel()
	w := newWorkbook(t)
	if err := w.SetSheetName("Sheet1", "说明"); err != nil {
		t.Fatal(err)
	}
	w.row("说明", "A1", "示范医院检验科")
	for _, name := range []string{"生化", "空白", "体检"} {
		if _, err := w.NewSheet(name); err != nil {
			t.Fatal(err)
		}
	}
	w.row("生化", "A1", "示范医院检验结果导出")
	w.row("生化", "A3", longHeader...)
	w.row("生化", "A4", "0012345", "王小雨", "R-1", "2026-11-02 09:00", "谷丙转氨酶", 87, "U/L", "7-40")
	w.row("生化", "A5", nil, nil, nil, nil, "谷草转氨酶", 30.0, "U/L", "13-35")
	w.row("生化", "A6", nil, nil, nil, nil, "肌酐", nil, "μmol/L", "41-73")
	w.row("生化", "A7", 110101198003050000, "长号", "R-2", "2026-11-02 09:00", "肌酐", 58, "μmol/L", "41-73")
	w.row("生化", "A8", "'0099", "李大山", "R-3", "2026-11-02 09:00", "钾", nil, "mmol/L", "3.5-5.3")
	w.shown("生化", "A7", "0")
	w.row("生化", "A9", "合计", nil, nil, nil, nil, 4)
	for _, column := range []string{"A", "B", "C", "D"} {
		if err := w.MergeCell("生化", column+"4", column+"6"); err != nil {
			t.Fatal(err)
		}
	}
	check(t, w.MergeCell("生化", "A1", "H1"), w.SetRowVisible("生化", 5, false), w.SetCellFormula("生化", "F8", "NA()"))
	w.row("体检", "A1", "体检号", "体检日期", "白细胞(10^9/L)", "血红蛋白(g/L)")
	w.row("体检", "A2", "E-1", "2026-11-02", 6.1, 128)
	f, err := w.parse()
	if err != nil {
		t.Fatal(err)
	}
	sameAsGolden(t, "testdata/sheets/workbook.golden", told(f))
	quarantineReadsAgain(t, f)
}

func check(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// rewritten is a workbook with one part changed.
func rewritten(t testing.TB, raw []byte, name string, change func(string) string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	check(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range z.File {
		in, err := part.Open()
		check(t, err)
		text, err := io.ReadAll(in)
		check(t, err)
		if part.Name == name {
			text = []byte(change(string(text)))
		}
		to, err := w.Create(part.Name)
		check(t, err)
		_, err = to.Write(text)
		check(t, err)
	}
	check(t, w.Close())
	return out.String()
}

func TestACachedValueAndAnErrorOfAFormulaAreReadAsShown(t *testing.T) {
	t.Parallel()
	w := newWorkbook(t)
	w.row("Sheet1", "A1", longHeader...)
	w.row("Sheet1", "A2", "T-1", "", "R-1", "2026-11-02", "肌酐", 58, "μmol/L", "41-73")
	for cell, want := range map[string]string{
		`<c r="F2"><f>50+8</f><v>58</v></c>`:                                   "58",
		`<c r="F2" t="str"><f>"阴"&amp;"性"</f><v>阴性</v></c>`:                    "阴性",
		`<c r="F2" t="e"><f>NA()</f><v>#N/A</v></c>`:                           "",
		`<c r="F2"><f>1</f></c>`:                                               "",
		`<c r="F2" t="inlineStr"><is><r><t>8</t></r><r><t>7↑</t></r></is></c>`: "87",
	} {
		content := rewritten(t, w.bytes(), "xl/worksheets/sheet1.xml", func(xml string) string {
			return strings.Replace(xml, `<c r="F2"><v>58</v></c>`, cell, 1)
		})
		f, err := parse(t, "r.xlsx", content)
		r := only(t, f, err)
		if r.Value.Printed != want || (want == "") != (r.AbsentReason != "") {
			t.Errorf("%s is read as %q, absent %q", cell, r.Value.Printed, r.AbsentReason)
		}
	}
}
