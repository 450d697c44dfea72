package intake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// fact is what must be stored of one result, or nothing of it.
type fact struct{ Patient, Report, Name, Value, Unit, Interval string }

// hostilePerson is an invented patient of a file.
type hostilePerson struct{ id, name, sex, born string }

// hostileFile is a valid file of invented people whose every result is known.
// Numbers of different people, reports and results differ in two places or more,
// so that one changed byte makes none of them another.
type hostileFile struct {
	format, mediaType string
	counted           bool // truncation shows: the format ends, or counts what it holds
	body              []byte
	encode            func(string) []byte // of a text's charset
	people            []hostilePerson
	facts             []fact
}

const (
	hostilePeople  = 3
	hostileReports = 2
	hostileResults = 3
)

// hostileFacts are the people and results of the n-th file.
func hostileFacts(n int) (people []hostilePerson, facts []fact) {
	for p := 1; p <= hostilePeople; p++ {
		person := hostilePerson{
			id: fmt.Sprintf("%s%05d-%d%[3]d%[3]d", canary, n*11, p), name: "王小雨" + canary, sex: []string{"女", "男"}[p%2], born: fmt.Sprintf("19%d%[1]d-0%[1]d-1%[1]d", p+4),
		}
		people = append(people, person)
		for r := 1; r <= hostileReports; r++ {
			for i := 1; i <= hostileResults; i++ {
				key := fmt.Sprintf("%d%[1]d%d%[2]d%d%[3]d", p, r, i)
				facts = append(facts, fact{person.id, fmt.Sprintf("R%05d-%d%[2]d%d%[3]d", n*11, p, r), "项目" + key, key + ".5", "mmol/L", key + ".1-" + key + ".9"})
			}
		}
	}
	return people, facts
}

func (f *hostileFile) person(id string) hostilePerson {
	for _, p := range f.people {
		if p.id == id {
			return p
		}
	}
	return hostilePerson{}
}

// hostileKinds are the valid files that are broken, by name.
var hostileKinds = []struct {
	name  string
	build func(t testing.TB, n int) *hostileFile
}{
	{"fhir", fhirHostile},
	{"hl7", func(t testing.TB, n int) *hostileFile { return hl7Hostile(t, n, false, utf8Text) }},
	{"hl7 batch", func(t testing.TB, n int) *hostileFile { return hl7Hostile(t, n, true, utf8Text) }},
	{"hl7 gb18030", func(t testing.TB, n int) *hostileFile { return hl7Hostile(t, n, false, gb18030Text) }},
	{"csv", func(t testing.TB, n int) *hostileFile { return csvHostile(t, n, utf8Text) }},
	{"csv gb18030", func(t testing.TB, n int) *hostileFile { return csvHostile(t, n, gb18030Text) }},
	{"csv utf-16", func(t testing.TB, n int) *hostileFile { return csvHostile(t, n, utf16Text) }},
	{"xlsx", xlsxHostile},
}

func utf8Text(text string) []byte { return []byte(text) }

func gb18030Text(text string) []byte {
	raw, _ := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	return raw
}

func utf16Text(text string) []byte {
	raw, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(text))
	return raw
}

// sheetRows are a file's results as the rows of a sheet, its header first.
func (f *hostileFile) sheetRows() [][]string {
	rows := [][]string{{"病历号", "姓名", "性别", "出生日期", "报告单号", "报告时间", "项目名称", "结果", "单位", "参考范围", "提示"}}
	for _, x := range f.facts {
		p := f.person(x.Patient)
		rows = append(rows, []string{p.id, p.name, p.sex, p.born, x.Report, "2026-11-02 09:00", x.Name, x.Value, x.Unit, x.Interval, ""})
	}
	return rows
}

func csvHostile(t testing.TB, n int, encode func(string) []byte) *hostileFile {
	f := &hostileFile{format: "csv", mediaType: "text/csv", encode: encode}
	f.people, f.facts = hostileFacts(n)
	var b strings.Builder
	for _, row := range f.sheetRows() {
		b.WriteString(strings.Join(row, ",") + "\r\n")
	}
	f.body = encode(b.String())
	return f
}

func xlsxHostile(t testing.TB, n int) *hostileFile {
	t.Helper()
	f := &hostileFile{format: "xlsx", mediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", counted: true, encode: utf8Text}
	f.people, f.facts = hostileFacts(n)
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range f.sheetRows() {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	f.body = b.Bytes()
	return f
}

// hl7Hostile is a message for each report, in a batch that counts them or alone.
func hl7Hostile(t testing.TB, n int, batch bool, encode func(string) []byte) *hostileFile {
	f := &hostileFile{format: "hl7", mediaType: "application/hl7-v2", counted: batch, encode: encode}
	f.people, f.facts = hostileFacts(n)
	charset := map[bool]string{true: "GB 18030-2000", false: "UNICODE UTF-8"}[len(encode("王")) == 2]
	var lines []string
	for i, x := range f.facts {
		if i%hostileResults == 0 {
			p := f.person(x.Patient)
			lines = append(lines,
				`MSH|^~\&|LIS|HOSP|||20261102090000||ORU^R01|M`+x.Report+`|P|2.5.1||||||`+charset,
				"PID|1||"+p.id+"^^^HOSP^MR||"+p.name+"||"+strings.ReplaceAll(p.born, "-", "")+"|"+map[string]string{"女": "F", "男": "M"}[p.sex],
				"OBR|1||"+x.Report+"|CHEM^生化^L|||20261102083000|||||||||||||||20261102090000|||F")
		}
		lines = append(lines, fmt.Sprintf("OBX|%d|NM|C%s^%s^L||%s|%s|%s||||F", i%hostileResults+1, x.Value[:6], x.Name, x.Value, x.Unit, x.Interval))
	}
	if batch {
		lines = append(append([]string{`FHS|^~\&|LIS`, `BHS|^~\&|LIS`}, lines...), fmt.Sprintf("BTS|%d", hostilePeople*hostileReports), "FTS|1")
	}
	f.body = encode(strings.Join(lines, "\r") + "\r")
	return f
}

type object map[string]any

func fhirHostile(t testing.TB, n int) *hostileFile {
	t.Helper()
	f := &hostileFile{format: "fhir", mediaType: "application/fhir+json", counted: true, encode: utf8Text}
	f.people, f.facts = hostileFacts(n)
	var entries []object
	for _, p := range f.people {
		entries = append(entries, object{"resource": object{
			"resourceType": "Patient", "id": p.id, "identifier": []object{{"system": "urn:h", "value": p.id}}, "name": []object{{"text": p.name}},
			"birthDate": p.born, "gender": map[string]string{"女": "female", "男": "male"}[p.sex],
		}})
	}
	for i := 0; i < len(f.facts); i += hostileResults {
		of := f.facts[i : i+hostileResults]
		var results []object
		subject := object{"reference": "Patient/" + of[0].Patient}
		for _, x := range of {
			low, high, _ := strings.Cut(x.Interval, "-")
			id := "o" + x.Value[:6]
			results = append(results, object{"reference": "Observation/" + id})
			entries = append(entries, object{"resource": object{
				"resourceType": "Observation", "id": id, "status": "final", "code": object{"text": x.Name}, "subject": subject, "effectiveDateTime": "2026-11-02T08:30:00+08:00",
				"valueQuantity":  object{"value": json.Number(x.Value), "unit": x.Unit},
				"referenceRange": []object{{"text": x.Interval, "low": object{"value": json.Number(low)}, "high": object{"value": json.Number(high)}}},
			}})
		}
		entries = append(entries, object{"resource": object{
			"resourceType": "DiagnosticReport", "id": of[0].Report, "identifier": []object{{"system": "urn:h", "value": of[0].Report}}, "status": "final", "subject": subject,
			"code": object{"text": "生化"}, "issued": "2026-11-02T09:00:00+08:00", "result": results,
		}})
	}
	var err error
	if f.body, err = json.Marshal(object{"resourceType": "Bundle", "type": "collection", "entry": entries}); err != nil {
		t.Fatal(err)
	}
	return f
}
