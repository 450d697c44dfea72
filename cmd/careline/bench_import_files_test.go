package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// benchItems are eight results of a report as laboratories print them.
var benchItems = []struct{ name, loinc, unit, interval, value string }{
	{"丙氨酸氨基转移酶", "1742-6", "U/L", "9-50", "31"},
	{"天门冬氨酸氨基转移酶", "1920-8", "U/L", "15-40", "27"},
	{"总蛋白", "2885-2", "g/L", "65-85", "72"},
	{"白蛋白", "1751-7", "g/L", "40-55", "44"},
	{"尿素", "22664-7", "mmol/L", "3.1-8.0", "5"},
	{"肌酐", "14682-9", "umol/L", "57-97", "78"},
	{"葡萄糖", "14749-6", "mmol/L", "3.9-6.1", "5"},
	{"钾", "2823-3", "mmol/L", "3.5-5.3", "4"},
}

// perPatient is how many reports an invented patient has in a generated file.
const perPatient = 2

// benchHL7 is the nth message: a report of eight results.
func benchHL7(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "MSH|^~\\&|LIS|HOSPITAL|CARELINE||20261102093000+0800||ORU^R01^ORU_R01|M%d|P|2.5.1|||||CHN|UNICODE UTF-8\r", n)
	fmt.Fprintf(&b, "PID|1||T%d^^^HOSPITAL^MR||测试^患者%d||19800305|F\r", n/perPatient, n/perPatient)
	fmt.Fprintf(&b, "OBR|1|P%d|F%d|SH^生化全项^L|||20261102083000|||||||20261102084500|SER|||||||20261102093000||CH|F\r", n, n)
	for i, x := range benchItems {
		fmt.Fprintf(&b, "OBX|%d|NM|%s^%s^LN||%s.%d|%s|%s|N|||F|||20261102083000|检验科|||BECKMAN-AU5800\r", i+1, x.loinc, x.name, x.value, n%10, x.unit, x.interval)
	}
	return b.String()
}

const benchCSVHeader = "病历号,姓名,性别,出生日期,科室,申请医生,报告单号,报告名称,标本类型,采样时间,报告时间,项目名称,LOINC,结果,单位,参考范围,提示,状态,检验机构,检验方法,仪器,审核者\n"

// benchCSV are the eight lines of the nth report.
func benchCSV(n int) string {
	var b strings.Builder
	for _, x := range benchItems {
		fmt.Fprintf(&b, "T%d,测试患者%d,女,1980-03-05,内分泌科门诊,李医生,F%d,生化全项,血清,2026-11-02 08:30:00,2026-11-02 09:30:00,%s,%s,%s.%d,%s,%s,,最终,测试医院检验科,速率法,BECKMAN-AU5800,王审核\n",
			n/perPatient, n/perPatient, n, x.name, x.loinc, x.value, n%10, x.unit, x.interval)
	}
	return b.String()
}

// benchFHIR are the entries of the nth report.
func benchFHIR(n int) string {
	var b, refs strings.Builder
	if n%perPatient == 0 {
		fmt.Fprintf(&b, `{"fullUrl":"urn:p:%d","resource":{"resourceType":"Patient","id":"p%d","identifier":[{"system":"urn:oid:1.2.3","value":"T%[1]d"}],"name":[{"text":"测试患者%[1]d"}],"gender":"female","birthDate":"1980-03-05"}},`, n/perPatient, n/perPatient)
	}
	for i, x := range benchItems {
		fmt.Fprintf(&refs, `,{"reference":"Observation/o%d-%d"}`, n, i)
		fmt.Fprintf(&b, `{"fullUrl":"urn:o:%d-%d","resource":{"resourceType":"Observation","id":"o%[1]d-%[2]d","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],`+
			`"code":{"coding":[{"system":"http://loinc.org","code":"%s"}],"text":"%s"},"subject":{"reference":"Patient/p%d"},"effectiveDateTime":"2026-11-02T08:30:00+08:00","issued":"2026-11-02T09:30:00+08:00",`+
			`"valueQuantity":{"value":%s.%d,"unit":"%s"},"referenceRange":[{"text":"%s"}]}},`, n, i, x.loinc, x.name, n/perPatient, x.value, n%10, x.unit, x.interval)
	}
	fmt.Fprintf(&b, `{"fullUrl":"urn:r:%d","resource":{"resourceType":"DiagnosticReport","id":"r%d","identifier":[{"system":"urn:oid:1.2.4","value":"F%[1]d"}],"status":"final","code":{"text":"生化全项"},"subject":{"reference":"Patient/p%[3]d"},"issued":"2026-11-02T09:30:00+08:00","result":[%[4]s]}}`,
		n, n, n/perPatient, refs.String()[1:])
	return b.String()
}

// benchFile writes an invented file of about size bytes and returns its path.
func benchFile(b *testing.B, format string, size int) string {
	b.Helper()
	head, between, tail, part := "", "", "", benchHL7
	switch format {
	case "csv":
		head, part = benchCSVHeader, benchCSV
	case "fhir":
		head, between, tail, part = `{"resourceType":"Bundle","type":"collection","entry":[`, ",\n", "]}", benchFHIR
	case "xlsx":
		return benchWorkbook(b)
	}
	path := filepath.Join(b.TempDir(), "results."+map[string]string{"csv": "csv", "hl7": "hl7", "fhir": "json"}[format])
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriter(f)
	written, _ := out.WriteString(head)
	for n := 0; ; n++ {
		next := part(n)
		if n > 0 {
			next = between + next
		}
		if written += len(next); written+len(tail) > size {
			break
		}
		_, _ = out.WriteString(next)
	}
	_, _ = out.WriteString(tail)
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// benchWorkbook has the lines of benchCSV, 200,000 results.
func benchWorkbook(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "results.xlsx")
	f := excelize.NewFile()
	sheet, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	row := 0
	add := func(lines string) {
		for line := range strings.Lines(lines) {
			row++
			var cells []any
			for cell := range strings.SplitSeq(strings.TrimSpace(line), ",") {
				cells = append(cells, cell)
			}
			if err := sheet.SetRow(fmt.Sprintf("A%d", row), cells); err != nil {
				b.Fatal(err)
			}
		}
	}
	add(benchCSVHeader)
	for n := range 200_000 / len(benchItems) {
		add(benchCSV(n))
	}
	if err := sheet.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.SaveAs(path); err != nil {
		b.Fatal(err)
	}
	return path
}

func TestTheBundleOfTheBenchmarkIsJSON(t *testing.T) {
	t.Parallel()
	if !json.Valid([]byte("[" + benchFHIR(0) + "," + benchFHIR(1) + "]")) {
		t.Error(benchFHIR(0))
	}
}
