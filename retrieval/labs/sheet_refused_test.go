package labs_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"careline/bot"
	"careline/retrieval/labs"
)

const csvRow = "T-1,王小雨,女,1980-03-05,R-1,2026-11-02,肌酐,58,μmol/L,41-73,\n"

// utf16Of is a text in UTF-16 with its byte order mark.
func utf16Of(text string, little bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		if little {
			b.Write([]byte{byte(u), byte(u >> 8)})
		} else {
			b.Write([]byte{byte(u >> 8), byte(u)})
		}
	}
	return b.String()
}

func gb(t testing.TB, text string) string {
	t.Helper()
	encoded, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	check(t, err)
	return encoded
}

func TestASheetIsTheSameInEachCharset(t *testing.T) {
	t.Parallel()
	plain := csvHeader + csvRow
	want, err := parse(t, "r.csv", plain)
	check(t, err)
	for name, content := range map[string]string{
		"UTF-8 with BOM": "\ufeff" + plain, "GB18030": gb(t, plain), "UTF-16LE": utf16Of(plain, true), "UTF-16BE": utf16Of(plain, false),
		"CRLF": strings.ReplaceAll(plain, "\n", "\r\n"), "CR": strings.ReplaceAll(plain, "\n", "\r"),
		"GB18030 far behind the header": gb(t, "title"+strings.Repeat("\n", 100_000)+plain),
	} {
		f, err := parse(t, "r.csv", content)
		if err != nil || told(f) != told(want) {
			t.Errorf("%s: %v\n%s", name, err, told(f))
		}
	}
}

func TestASheetThatCannotBeReadIsRefusedWholeWithOneSentence(t *testing.T) {
	t.Parallel()
	w := newWorkbook(t)
	w.row("Sheet1", "A1", longHeader...)
	w.row("Sheet1", "A2", "T-1", "", "R-1", "2026-11-02", "肌酐", 58, "μmol/L", "41-73")
	book := w.bytes()
	in := func(part string, change func(string) string) string { return rewritten(t, book, part, change) }
	cut := func(part, at string) string {
		return in(part, func(xml string) string { before, _, _ := strings.Cut(xml, at); return before })
	}
	swap := func(part, old, new string) string {
		return in(part, func(xml string) string { return strings.Replace(xml, old, new, 1) })
	}
	const sheet1, strings1 = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
	cases := map[string]struct{ content, says string }{
		"nothing":                  {"", "empty"},
		"white space":              {" \n\t\r\n", "empty"},
		"a BOM alone":              {"\ufeff", "empty"},
		"a PDF":                    {"%PDF-1.7\n", "PDF"},
		"a PNG":                    {"\x89PNG\r\n\x1a\n0000", "PNG"},
		"a JPEG":                   {"\xff\xd8\xff\xe0", "JPEG"},
		"a GIF":                    {"GIF89a", "GIF"},
		"gzip":                     {"\x1f\x8b\x08\x00", "gzip"},
		"RAR":                      {"Rar!\x1a\x07\x00", "RAR"},
		"7z":                       {"7z\xbc\xaf\x27\x1c", "7z"},
		"an empty zip":             {"PK\x05\x06" + strings.Repeat("\x00", 18), "empty archive"},
		"RTF":                      {"{\\rtf1 }", "RTF"},
		"HTML called .xls":         {"<html><table><tr><td>病历号", "HTML"},
		"XML":                      {"<?xml version='1.0'?>", "XML"},
		"an old workbook":          {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), ".xlsx"},
		"a workbook with password": {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 500) + strings.TrimPrefix(utf16Of("EncryptedPackage", true), "\xff\xfe"), "password"},
		"a zip of nothing":         {"PK\x03\x04", "not a workbook"},
		"a zip cut off":            {string(book[:len(book)/2]), "not a workbook"},
		"another zip":              {swap("[Content_Types].xml", "x", "x")[:40], "not a workbook"},
		"no relations":             {swap("_rels/.rels", `/officeDocument"`, `/other"`), "not a workbook"},
		"sheet cut off":            {cut(sheet1, `<c r="F2"`), "not a workbook"},
		"sheet cut off after rows": {cut(sheet1, "</sheetData>"), "not a workbook"},
		"broken XML":               {swap(sheet1, "</row>", "</rov>"), "not a workbook"},
		"texts cut off":            {cut(strings1, "</sst>"), "not a workbook"},
		"a text that is not there": {swap(sheet1, `t="s"><v>0</v>`, `t="s"><v>999</v>`), "not a workbook"},
		"a number that is none":    {swap(sheet1, "<v>58</v>", "<v>5a</v>"), "not a workbook"},
		"rows out of order":        {swap(sheet1, `<row r="2"`, `<row r="1"`), "not a workbook"},
		"a cell twice":             {swap(sheet1, `<c r="F2"`, `<c r="A2"`), "not a workbook"},
		"a cell without a column":  {swap(sheet1, `<c r="F2"`, `<c r="2"`), "not a workbook"},
		"an endless cell":          {swap(sheet1, "<v>58</v>", `<v>`+strings.Repeat("5", 2<<20)+`</v>`), "1 MiB"},
		"an endless text":          {swap(strings1, "肌酐", strings.Repeat("a", 2<<20)), "1 MiB"},
		"a private character":      {swap(strings1, "肌酐", "\ue000"), "not a workbook"},
		"an empty workbook":        {string(newWorkbook(t).bytes()), "empty"},
		"a letter":                 {"Dear doctor,\nplease find my results attached.\n", "column"},
		"no patient":               {"报告时间,项目名称,结果\n2026-11-02,肌酐,58\n", "patient"},
		"no time":                  {"病历号,项目名称,结果\n1,肌酐,58\n", "report time"},
		"no value":                 {"病历号,项目名称,报告时间\n1,肌酐,2026-11-02\n", "result"},
		"header on line 30":        {strings.Repeat("标题\n", 29) + csvHeader + csvRow, "column"},
		"wide without time":        {"病历号,ALT,AST\n1,2,3\n", "(item)"},
		"wide without an item":     {"病历号,报告时间,甲,乙\n1,2026-11-02,3,4\n", "(item)"},
		"an open quote":            {csvHeader + csvRow + `T-1,"王`, "Line 3"},
		"a quote inside a cell":    {csvHeader + `T-1,王"小"雨,` + "\n", "Line 2"},
		"a record without end":     {csvHeader + `"` + strings.Repeat("a,\n", 1<<19), "1 MiB"},
		"zero bytes":               {csvHeader + "T-1\x00", "not text"},
		"U+FFFD":                   {csvHeader + csvRow + "T-\ufffd,\n", "Line 3"},
		"a private UTF-8 one":      {csvHeader + csvRow + "T-\ue123,\n", "Line 3"},
		"GB18030 with half a sign": {gb(t, csvHeader+csvRow) + "\xce", "Line 3"},
		"GB18030 and UTF-8 mixed":  {gb(t, csvHeader) + "T-1,\xff\xff,\n", "GB18030"},
		"Latin-1":                  {csvHeader + "T-1,M\xfcller,\n", "GB18030"},
		"half of UTF-16":           {utf16Of(csvHeader+csvRow, true) + "\x31", "UTF-16"},
		"half a surrogate":         {utf16Of(csvHeader, true) + "\x00\xd8\x0a\x00", "UTF-16"},
		"the other UTF-16":         {"\xfe\xff" + utf16Of(csvHeader+csvRow, true)[2:], "UTF-16"},
		"JSON in GB18030":          {gb(t, `{"resourceType":"病"}`), "JSON"},
	}
	if len(cases) < 40 {
		t.Fatal(len(cases))
	}
	for name, c := range cases {
		f, err := parse(t, "file", c.content)
		if bot.KindOf(err) != bot.KindInvalid || !strings.Contains(err.(*bot.Error).Person, c.says) || len(f.Patients)+len(f.Quarantine) > 0 {
			t.Errorf("%s: %v, %d patients", name, err, len(f.Patients))
			if e, ok := err.(*bot.Error); ok {
				t.Log(e.Person)
			}
		}
	}
}

func TestAMappingFileSaysWhatIsWrongWithItByLineAndField(t *testing.T) {
	t.Parallel()
	for content, says := range map[string][]string{
		"encoding: utf-7\n":                             {"Line 1", "encoding"},
		"decimal: \".\"\nseparator: x\n":                {"Line 2", "separator"},
		"decimal: ;\n":                                  {"Line 1", "decimal"},
		"header_line: -1\n":                             {"Line 1", "header_line"},
		"columns:\n  patient: a\n  patiant: b\n":        {"Line 3", "columns.patiant"},
		"columns:\n  patient: a\n  item: A\n":           {"columns.patient", "item"},
		"columns:\n  patient: \"\"\n":                   {"Line 2", "columns.patient"},
		"dates:\n- dd/MM/yyyy\n- dd/MM\n":               {"Line 3", "dates[1]"},
		"items:\n- {column: a}\n":                       {"Line 2", "items[0]"},
		"colums:\n  patient: a\n":                       {"Line 1", "colums"},
		"columns:\n  patient: [a]\n":                    {"Line 2"},
		"columns: {\n":                                  {"Line 1"},
		"header_line: first\n":                          {"Line 1"},
		"constants:\n  laboratory: a\n  labratory: b\n": {"Line 3", "labratory"},
	} {
		_, err := labs.ReadColumnMap(strings.NewReader(content))
		if bot.KindOf(err) != bot.KindInvalid {
			t.Errorf("%q: %v", content, err)
			continue
		}
		for _, part := range says {
			if person := err.(*bot.Error).Person; !strings.Contains(person, part) {
				t.Errorf("%q: %q does not say %q", content, person, part)
			}
		}
	}
}

func TestATwoDigitYearIsReadOnlyInAShapeTheMappingFileNames(t *testing.T) {
	t.Parallel()
	for shape, want := range map[string]string{"": "", "dates: [dd/MM/yyyy]": "2026-04-03", "dates: [MM/dd/yyyy]": "2026-03-04"} {
		o := shanghai(t)
		m, err := labs.ReadColumnMap(strings.NewReader(shape))
		check(t, err)
		o.Columns = m
		f, err := labs.Parse(catalogue(t), "r.csv", strings.NewReader("病历号,报告单号,报告时间,项目名称,结果\nT-1,R-1,03/04/2026,肌酐,58\n"), o)
		check(t, err)
		if want == "" {
			if len(f.Quarantine) != 1 {
				t.Errorf("an ambiguous date went in: %s", told(f))
			}
			continue
		}
		if r := only(t, f, nil); r.EffectiveAt.In(o.Location).Format("2006-01-02") != want {
			t.Errorf("%s: %s", shape, r.EffectiveAt)
		}
	}
}

func TestALineInQuarantineKeepsWhatItsMappingFileSaid(t *testing.T) {
	t.Parallel()
	o := shanghai(t)
	var err error
	o.Columns, err = labs.ReadColumnMap(strings.NewReader("columns: {patient: KdNr}\nconstants: {laboratory: 示范检验所, title: 生化, identifier_system: 'urn:example:lab'}\n"))
	check(t, err)
	f, err := labs.Parse(catalogue(t), "r.csv", strings.NewReader("KdNr,报告单号,报告时间,项目名称,结果\nT-1,R-1,never,钾,4.1\n"), o)
	if err != nil || len(f.Quarantine) != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
	again, err := parse(t, "again.csv", strings.Replace(f.Quarantine[0].Payload.Plain(), "never", "2026-11-02", 1))
	only(t, again, err)
	if p := again.Patients[0]; p.Patient.Identifiers[0].System != "urn:example:lab" || p.Reports[0].Title != "生化" || p.Reports[0].Laboratory != "示范检验所" {
		t.Errorf("%+v", p)
	}
}
