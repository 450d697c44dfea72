package labs_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"strings"
	"testing"
	"unicode/utf8"

	"careline/bot"
	"careline/retrieval/labs"
)

// trusted checks what holds of every file that was read, whatever was in it.
func trusted(t *testing.T, f bot.ImportFile, err error) {
	t.Helper()
	if err != nil && (bot.KindOf(err) != bot.KindInvalid || len(f.Patients)+len(f.Quarantine) > 0) {
		t.Fatalf("a refused file left something, or no sentence: %v", err)
	}
	for _, p := range f.Patients {
		if len(p.Patient.Identifiers) == 0 {
			t.Error("a patient without identifier")
		}
		for _, r := range p.Reports {
			if r.System == "" || r.Number == "" || r.Status == "" {
				t.Errorf("a report without a name or status: %+v", r)
			}
			for _, x := range r.Results {
				if x.SourceID == "" || x.Name == "" || x.Status == "" || x.Value.Printed == "" && x.AbsentReason == "" {
					t.Errorf("half a result: %+v", x)
				}
				if x.Direction != bot.DirectionUnknown && (x.UnitProblem || x.FlagConflict) {
					t.Errorf("a doubtful result is judged: %+v", x)
				}
				if strings.ContainsRune(x.SourceID+x.Name+x.Value.Printed+x.Value.Unit+x.Interval.Printed+x.Flag+string(x.Status), 0) {
					t.Errorf("a result the database cannot hold: %+v", x)
				}
			}
		}
	}
}

func FuzzFHIR(f *testing.F) {
	f.Add(observation(`"valueQuantity":{"value":5.0}`))
	f.Add(`{"resourceType":"DiagnosticReport","contained":[{"resourceType":"Observation","id":"a","hasMember":[{"reference":"#a"}]}],"result":[{"reference":"#a"}]}`)
	f.Add(bundleOf(woman, man, potassium("k", `,"subject":{"reference":"http://a/fhir/Patient/p"}`)))
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, content string) {
		file, err := labs.Parse(c, "fuzz.json", strings.NewReader(content), labs.Options{})
		trusted(t, file, err)
	})
}

func FuzzCSV(f *testing.F) {
	f.Add(csvHeader + "T-1,王小雨,女,1980-03-05,R-1,2026-11-02,肌酐,58↑,μmol/L,41-73,H\n")
	f.Add("mrn;date;item;result\n1;2026-11-02;ALT;<5\n")
	f.Add("导出\n病历号,报告时间,ALT(U/L),甲\n,,7-40,\n1,2026-11-02,87↑,阴性\n合计,1,,\n")
	f.Add(utf16Of("病历号\t报告时间\t项目名称\t结果\r\n1\t2026-11-02\t钾\t4\r\n", true))
	f.Add(gb(f, "病历号|报告时间|项目名称|结果\r1|20261102|钾|1,250\r"))
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, content string) {
		file, err := labs.Parse(c, "fuzz.csv", strings.NewReader(content), labs.Options{})
		trusted(t, file, err)
		shownWhole(t, file)
	})
}

// shownWhole checks that no character of a sheet stands for one that could not be read.
func shownWhole(t *testing.T, f bot.ImportFile) {
	t.Helper()
	for _, p := range f.Patients {
		for _, r := range p.Reports {
			for _, x := range r.Results {
				if text := x.Name + x.Value.Printed + x.Value.Unit + x.Interval.Printed; strings.ContainsRune(text, utf8.RuneError) {
					t.Errorf("a character is lost in %q", text)
				}
			}
		}
	}
}

// FuzzXLSX reads workbooks whose sheet, texts and styles are the fuzzer's.
func FuzzXLSX(f *testing.F) {
	row := `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>报告时间</t></is></c><c r="C1" t="str"><v>ALT</v></c></row>`
	f.Add("<worksheet><sheetData>"+row+`<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="0"><v>46328</v></c><c r="C2" s="1"><v>5</v></c></row></sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells></worksheet>`,
		"<sst><si><t>病历号</t></si></sst>", "yyyy-mm-dd", "0.0")
	f.Add("<worksheet><sheetData>"+row, "<sst>", "[<1]0;#", "")
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, sheet, texts, date, number string) {
		file, err := labs.Parse(c, "fuzz.xlsx", bytes.NewReader(minimalWorkbook(t, sheet, texts, date, number)), labs.Options{})
		trusted(t, file, err)
	})
}

// minimalWorkbook is the smallest archive that is a workbook.
func minimalWorkbook(t testing.TB, sheet, texts, date, number string) []byte {
	t.Helper()
	const relation = `<Relationship Id="%s" Type="http://x/%s" Target="%s"/>`
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"_rels/.rels":                "<R>" + fmt.Sprintf(relation, "a", "officeDocument", "xl/workbook.xml") + "</R>",
		"xl/workbook.xml":            `<w><sheets><sheet name="S" r:id="s" xmlns:r="r"/></sheets></w>`,
		"xl/_rels/workbook.xml.rels": "<R>" + fmt.Sprintf(relation, "s", "worksheet", "s.xml") + fmt.Sprintf(relation, "t", "sharedStrings", "t.xml") + fmt.Sprintf(relation, "u", "styles", "u.xml") + "</R>",
		"xl/s.xml":                   sheet,
		"xl/t.xml":                   texts,
		"xl/u.xml":                   fmt.Sprintf(`<u><numFmts><numFmt numFmtId="164" formatCode="%s"/><numFmt numFmtId="165" formatCode="%s"/></numFmts><cellXfs><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></u>`, html.EscapeString(date), html.EscapeString(number)),
	} {
		part, err := w.Create(name)
		check(t, err)
		_, err = part.Write([]byte(content))
		check(t, err)
	}
	check(t, w.Close())
	return b.Bytes()
}

func FuzzInterval(f *testing.F) {
	for _, s := range []string{"3.5-9.5", "<5.2", "阴性", "1.003 ~ 1.03", "-2.5--1.0"} {
		f.Add(s, "87↑")
	}
	f.Fuzz(func(t *testing.T, printed, value string) {
		i := labs.ParseInterval(printed)
		if i.Printed != strings.TrimSpace(printed) {
			t.Errorf("%q is kept as %q", printed, i.Printed)
		}
		v, _ := labs.ParseValue(value, "")
		if labs.Direction(v, i) != bot.DirectionUnknown && !i.Usable() {
			t.Errorf("%q is judged by %q", value, printed)
		}
	})
}
