package labs_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"careline/bot"
	"careline/retrieval/labs"
)

const (
	hl7MSH = `MSH|^~\&|LIS|LAB|||20261102103000||ORU^R01^ORU_R01|1|P|2.5.1`
	hl7PID = `PID|1||T-1^^^LAB^MR||王^小雨||19800305|F`
)

// hl7Order is an order with its number, title and status.
func hl7Order(number string) string {
	return segment("OBR", 1, "1", 3, number, 4, "GROUP^组合", 7, "20261102080000", 22, "20261102100000", 25, "F")
}

// segment has the fields that are named by their number.
func segment(id string, fields ...any) string {
	all := []string{id}
	for i := 0; i < len(fields); i += 2 {
		for len(all) <= fields[i].(int) {
			all = append(all, "")
		}
		all[fields[i].(int)] = fields[i+1].(string)
	}
	return strings.Join(all, "|")
}

// message is segments as they are sent.
func message(segments ...string) string { return strings.Join(segments, "\r") + "\r" }

// oru is a message with results of one order.
func oru(obx ...string) string {
	return message(append([]string{hl7MSH, hl7PID, hl7Order("F-1")}, obx...)...)
}

// obx is a final result of a type, with further fields.
func obx(kind, value string, more ...any) string {
	return segment("OBX", append([]any{1, "1", 2, kind, 3, "K^钾^99LIS", 5, value, 11, "F"}, more...)...)
}

func TestAnHL7ValueIsReadByItsType(t *testing.T) {
	t.Parallel()
	cases := []struct{ kind, sent, printed, number, comparator, absent string }{
		{"NM", "4.10", "4.10", "4.10", "", ""},
		{"NM", "+4.1", "+4.1", "4.1", "", ""},
		{"NM", "-0.3", "-0.3", "-0.3", "", ""},
		{"NM", "12,5", "12,5", "", "", ""},
		{"NM", "<0.01", "0.01", "0.01", "<", ""},
		{"NM", "4.1~4.2", "4.1; 4.2", "", "", ""},
		{"NM", "阴性", "阴性", "", "", ""},
		{"NM", "", "", "", "", "unknown"},
		{"NM", `""`, "", "", "", "unknown"},
		{"SN", ">^100", "100", "100", ">", ""},
		{"SN", "<=^0.5", "0.5", "0.5", "<=", ""},
		{"SN", "=^5.0", "5.0", "5.0", "", ""},
		{"SN", "<>^5", "<>5", "", "", ""},
		{"SN", "^1^:^80", "1:80", "", "", ""},
		{"SN", ">^1^:^1280", ">1:1280", "", "", ""},
		{"SN", "^2^-^5", "2-5", "", "", ""},
		{"SN", "^3^+", "3+", "", "", ""},
		{"SN", "^1^/^2", "1/2", "", "", ""},
		{"SN", "^5^.^2", "5.2", "", "", ""},
		{"SN", "^", "", "", "", "unknown"},
		{"ST", "4.1", "4.1", "4.1", "", ""},
		{"ST", "1:80", "1:80", "", "", ""},
		{"ST", "1.2x10^9&3", "1.2x10^9&3", "", "", ""},
		{"", "4.1", "4.1", "4.1", "", ""},
		{"TX", "one~two", "one\ntwo", "", "", ""},
		{"FT", `a\.br\b\H\c\N\ \T\ d`, "a\nbc & d", "", "", ""},
		{"CE", "POS^阳性^L", "阳性", "", "", ""},
		{"CWE", "260^ Present ++ ^SCT^^^^^^见(++)", "见(++)", "", "", ""},
		{"CWE", "POS", "POS", "", "", ""},
		{"CWE", "^^^A^弱阳性^L", "弱阳性", "", "", ""},
		{"CWE", "A^甲^L~B^乙^L", "甲; 乙", "", "", ""},
		{"CWE", "LA6576-8^Positive^LN^P^阳性^L", "阳性", "", "", ""},
		{"CNE", "N^阴性^L", "阴性", "", "", ""},
		{"CF", "1^行\\.br\\行^L", "行\n行", "", "", ""},
		{"DT", "20261102", "2026-11-02", "", "", ""},
		{"TM", "1430", "14:30", "", "", ""},
		{"TS", "202611021430", "2026-11-02 14:30", "", "", ""},
		{"DTM", "2026", "2026", "", "", ""},
		{"RP", "http://lis.example/1.pdf^^AP^PDF", "", "", "", "unsupported"},
		{"ED", "LIS^AP^PDF^Base64^JVBERi0xLjQ=", "", "", "", "unsupported"},
		{"NA", "1^2^3", "1^2^3", "", "", ""},
		{"ST", `\X41\`, "A", "", "", ""},
		{"ST", `\F\\S\\T\\R\\E\`, `|^&~\`, "", "", ""},
		{"ST", `mmol\L`, `mmol\L`, "", "", ""},
		{"ST", `5\Zown\`, `5\Zown\`, "", "", ""},
		{"ST", `a\C2842\b`, "ab", "", "", ""},
	}
	for _, c := range cases {
		f, err := parse(t, "f.hl7", oru(obx(c.kind, c.sent)))
		r := only(t, f, err)
		if r.Value.Printed != c.printed || r.Value.Number.String() != c.number || r.Value.Comparator != c.comparator || r.AbsentReason != c.absent {
			t.Errorf("%s %s: %+v %q", c.kind, c.sent, r.Value, r.AbsentReason)
		}
		if strings.Contains(r.Note+r.Value.Printed, "JVBER") {
			t.Errorf("an attachment's bytes are kept: %+v", r)
		}
	}
}

func TestAnHL7StatusIsReadByTable0085(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]bot.ResultStatus{
		"F": "final", "U": "final", "V": "final", "C": "corrected", "A": "amended", "B": "amended", "P": "preliminary", "R": "preliminary", "S": "preliminary",
		"I": "registered", "O": "registered", "X": "cancelled", "N": "cancelled", "W": "entered-in-error", "D": "entered-in-error", "Q": "unknown", "": "final",
	} {
		f, err := parse(t, "f.hl7", oru(segment("OBX", 2, "NM", 3, "K^钾", 5, "4.1", 11, code, 14, "20261102")))
		if r := only(t, f, err); r.Status != status {
			t.Errorf("%s: %s", code, r.Status)
		}
	}
}

func TestAnHL7ValueThatIsNotThereIsNoZero(t *testing.T) {
	t.Parallel()
	for code, absent := range map[string]string{"I": "temp-unknown", "X": "not-performed", "N": "not-asked", "O": "not-applicable"} {
		for _, sent := range []string{"", "0", `""`, "---"} {
			f, err := parse(t, "f.hl7", oru(segment("OBX", 2, "NM", 3, "K^钾", 5, sent, 7, "3.5-5.3", 11, code)))
			r := only(t, f, err)
			if r.Value.Number.Valid() || r.AbsentReason != absent || r.Status.Usable() || r.Direction != bot.DirectionUnknown {
				t.Errorf("%s %q: %+v", code, sent, r)
			}
		}
	}
}

func TestAnHL7ResultKeepsWhatItsFieldsSay(t *testing.T) {
	t.Parallel()
	base := func(n int, value string) bot.Result {
		f, err := parse(t, "f.hl7", oru(obx("NM", "4.1", n, value)))
		return only(t, f, err)
	}
	cases := []struct {
		name  string
		field int
		sent  string
		want  string
		of    func(bot.Result) string
	}{
		{"name of a local code", 3, "K^钾^99LIS", "K 钾 ", named},
		{"LOINC first", 3, "2823-3^Potassium^LN^K^钾^99LIS", "K 钾 2823-3", named},
		{"LOINC second", 3, "K^钾^99LIS^2823-3^Potassium^LN", "K 钾 2823-3", named},
		{"LOINC alone", 3, "2823-3^Potassium^LN", "2823-3 Potassium 2823-3", named},
		{"original text", 3, "K^K+^L^^^^^^血清钾", "K 血清钾 ", named},
		{"a code that is no LOINC", 3, "2823-3^钾^L", "2823-3 钾 ", named},
		{"a name without code", 3, "^钾", "钾 钾 ", named},
		{"a code without name", 3, "K", "K K ", named},
		{"a sub-id", 4, "2", "K#2 钾 ", named},
		{"a sub-id in parts", 4, "1^2", "K#1.2 钾 ", named},
		{"a unit", 6, "mmol/L", "mmol/L", unit},
		{"a unit with UCUM", 6, "mmol/L^mmol/l^UCUM", "mmol/l", unit},
		{"a power without escape", 6, "10^9/L", "10^9/L", unit},
		{"a power with a sign without escape", 6, "×10^9/L", "×10^9/L", unit},
		{"a power with escape", 6, `10\S\9/L`, "10^9/L", unit},
		{"an interval", 7, "4.3 to 6.2", "4.3 to 6.2 4.3 6.2", interval},
		{"an interval whose sign is a separator", 7, "1.003 ~ 1.03", "1.003 ~ 1.03 1.003 1.03", interval},
		{"an interval in words", 7, "3-5 或 7-9", "3-5 或 7-9  ", interval},
		{"an interval for each sex", 7, "男:3-5 女:2-4", "男:3-5 女:2-4 2 4", interval},
		{"a flag", 8, "HH", "HH", flagged},
		{"a star", 8, "*", "*", flagged},
		{"flags", 8, "U~H", "H", flagged},
		{"a coded flag", 8, "L^Low^HL70078", "L", flagged},
		{"an unknown flag", 8, "N/A", "N/A", flagged},
		{"a method", 17, "ISE^离子选择电极法^L", "离子选择电极法", func(r bot.Result) string { return r.Method }},
		{"a laboratory", 23, "中心实验室^L", "中心实验室", func(r bot.Result) string { return r.Laboratory }},
		{"a time with a zone", 14, "20261102093000.5+0000", "2026-11-02T09:30:00.5Z", observed},
		{"a time without", 14, "202611020930", "2026-11-02T01:30:00Z", observed},
		{"a day", 14, "20261102", "2026-11-01T16:00:00Z", observed},
		{"a month", 14, "202611", "2026-10-31T16:00:00Z", observed},
		{"a year", 14, "2026", "2025-12-31T16:00:00Z", observed},
		{"an hour", 14, "2026110209", "2026-11-02T01:00:00Z", observed},
		{"as people write", 14, "2026-11-02 09:30", "2026-11-02T01:30:00Z", observed},
		{"no time: the specimen's", 14, "", "2026-11-02T00:00:00Z", observed},
	}
	for _, c := range cases {
		if got := c.of(base(c.field, c.sent)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func named(r bot.Result) string {
	return strings.TrimSuffix(r.SourceID, "@GROUP") + " " + r.Name + " " + r.Code
}
func unit(r bot.Result) string     { return r.Value.Unit }
func flagged(r bot.Result) string  { return r.Flag }
func observed(r bot.Result) string { return r.EffectiveAt.Format(time.RFC3339Nano) }
func interval(r bot.Result) string {
	return r.Interval.Printed + " " + r.Interval.Low.String() + " " + r.Interval.High.String()
}

func TestEveryVersionOfAResultHasTheSameID(t *testing.T) {
	t.Parallel()
	var ids []string
	for i, code := range []string{"P", "F", "C"} {
		m := message(hl7MSH, hl7PID, segment("OBR", 3, "F-1^LIS", 22, fmt.Sprintf("2026110210%02d", i), 25, code), segment("OBX", 2, "NM", 3, "K^钾", 4, "1", 5, "4."+code, 11, code))
		f, err := parse(t, "f.hl7", m)
		r := only(t, f, err)
		ids = append(ids, f.Patients[0].Reports[0].System+" "+f.Patients[0].Reports[0].Number+" "+r.SourceID)
		if want := time.Date(2026, 11, 2, 2, i, 0, 0, time.UTC); !r.IssuedAt.Equal(want) {
			t.Errorf("%s: released %s", code, r.IssuedAt)
		}
	}
	if ids[0] != "LIS F-1 K#1" || ids[1] != ids[0] || ids[2] != ids[0] {
		t.Error(ids)
	}
}

func TestAMessageIsReadInTheCharsetItDeclares(t *testing.T) {
	t.Parallel()
	plain := func(charset string) string {
		return strings.Replace(oru(obx("ST", "4.1", 17, "法")), "2.5.1", "2.5.1||||||"+charset, 1)
	}
	gb := func(s string) string {
		out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	utf16 := func(s string, bom string) string {
		out := bom
		for _, r := range s {
			out += string([]byte{byte(r), byte(r >> 8)})
		}
		return out
	}
	latin := strings.NewReplacer("王^小雨", "M\xfcller", "组合", "Gr", "钾", "Kalium \xb5", "法", "ISE")
	cases := map[string]struct {
		sent string
		name string
	}{
		"UTF-8":                 {plain("UNICODE UTF-8"), "钾"},
		"UTF-8 undeclared":      {plain(""), "钾"},
		"UTF-8 with a mark":     {"\ufeff" + plain(""), "钾"},
		"UNICODE as UTF-8":      {plain("UNICODE"), "钾"},
		"GB 18030":              {gb(plain("GB 18030-2000")), "钾"},
		"GB18030":               {gb(plain("GB18030")), "钾"},
		"GB 18030 undeclared":   {gb(plain("")), "钾"},
		"two charsets":          {gb(plain("GB 18030-2000~UNICODE UTF-8")), "钾"},
		"a second byte like |":  {gb(strings.Replace(plain("GB 18030-2000"), "|LAB|", "|韡院|", 1)), "钾"},
		"UTF-16 with a mark":    {utf16(plain("UNICODE"), "\xff\xfe"), "钾"},
		"UTF-16 by zero bytes":  {utf16(plain(""), ""), "钾"},
		"8859/1":                {latin.Replace(plain("8859/1")), "Kalium µ"},
		"ASCII":                 {strings.NewReplacer("王^小雨", "A^B", "组合", "G", "钾", "K", "法", "x").Replace(plain("ASCII")), "K"},
		"with MLLP's bytes":     {"\x0b" + plain("") + "\x1c\r", "钾"},
		"lines of LF":           {strings.ReplaceAll(plain(""), "\r", "\n"), "钾"},
		"lines of CR LF":        {strings.ReplaceAll(plain(""), "\r", "\r\n"), "钾"},
		"a blank line in front": {"\r\n \r\n" + plain(""), "钾"},
	}
	for name, c := range cases {
		f, err := parse(t, "f", c.sent)
		if r := only(t, f, err); r.Name != c.name || r.Value.Number.String() != "4.1" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if s, _ := charmap.ISO8859_1.NewDecoder().String("\xb5"); s != "µ" {
		t.Error(s)
	}
}

func TestABatchsGoodMessagesGoIn(t *testing.T) {
	t.Parallel()
	good := func(n string) string { return message(hl7MSH, hl7PID, hl7Order(n), obx("NM", "4.1")) }
	f, err := parse(t, "f", "FHS|^~\\&\rBHS|^~\\&\r"+good("A")+"MSH|^^^|\rPID|1\r"+good("B")+"BTS|3\rBHS|^~\\&\r"+good("C")+"BTS|1\rFTS|2\r")
	if err != nil || len(f.Patients[0].Reports) != 3 || len(f.Quarantine) != 1 || f.Quarantine[0].Position != "message 2" {
		t.Errorf("%v %+v", err, f)
	}
}

func TestEveryPatientOfAMessageHasTheirOwnResults(t *testing.T) {
	t.Parallel()
	mother, baby := hl7PID, segment("PID", 3, "T-2^^^LAB^MR", 5, "王^之女", 7, "202611011200", 8, "F", 21, "T-1^^^LAB^MR")
	f, err := parse(t, "f", message(hl7MSH, mother, hl7Order("A"), obx("NM", "4.1"), baby, hl7Order("B"), obx("NM", "5.9"), segment("PID", 5, "无号"), hl7Order("C"), obx("NM", "9.9")))
	if err != nil || len(f.Patients) != 2 || len(f.Quarantine) != 1 {
		t.Fatalf("%v %+v", err, f)
	}
	p := f.Patients[1].Patient
	if len(p.Identifiers) != 1 || p.Identifiers[0].Value != "T-2" || p.BirthDate != "2026-11-01" || f.Patients[1].Reports[0].Results[0].Value.Printed != "5.9" {
		t.Errorf("%+v", f.Patients[1])
	}
	if strings.Contains(f.Quarantine[0].Payload.Plain(), "5.9") || !strings.Contains(f.Quarantine[0].Payload.Plain(), "9.9") {
		t.Error("the quarantine holds somebody else's result, or not the patient's")
	}
}

func TestWhatIsQuarantinedIsQuarantinedAgainForTheSameReason(t *testing.T) {
	t.Parallel()
	for name, c := range malformed() {
		f, err := parse(t, "f.hl7", c)
		if err != nil {
			continue
		}
		for _, q := range f.Quarantine {
			again, err := labs.Parse(catalogue(t), "again.hl7", strings.NewReader(q.Payload.Plain()), shanghai(t))
			if err != nil || len(again.Quarantine) != 1 || again.Quarantine[0].Reason != q.Reason {
				t.Errorf("%s: %q became %v %v", name, q.Reason, again.Quarantine, err)
			}
		}
	}
}

func TestAQuarantinedResultIsAMessageOfItsOwn(t *testing.T) {
	t.Parallel()
	broken := segment("OBX", 2, "TX", 3, "D^描述", 5, "甲", 11, "F", 14, "today")
	for _, sent := range []string{
		message(hl7MSH, hl7PID, "ORC|RE||F-9", segment("OBR", 4, "G", 7, "20261102", 25, "F"), obx("NM", "4.1"), broken, "NTE|1||备注", "SPM|1|||SER"),
		message(strings.Replace(hl7MSH, "ORU^R01^ORU_R01", "OUL^R22", 1), hl7PID, "SPM|1|||SER", segment("OBR", 3, "F-9", 25, "F"), obx("NM", "4.1"), broken, "NTE|1||备注"),
	} {
		f, err := parse(t, "f", sent)
		if r := only(t, f, err); r.Value.Printed != "4.1" || len(f.Quarantine) != 1 {
			t.Fatalf("%+v", f)
		}
		again := strings.Replace(f.Quarantine[0].Payload.Plain(), "today", "20261101", 1)
		f, err = parse(t, "again", again)
		r := only(t, f, err)
		if r.Value.Printed != "甲" || r.Note != "备注" || r.Specimen != bot.SpecimenBlood || f.Patients[0].Reports[0].Number != "F-9" {
			t.Errorf("%q: %+v", again, f)
		}
	}
}

func TestAMergeNamesTheSurvivorAndTheRetired(t *testing.T) {
	t.Parallel()
	f, err := parse(t, "f", message(`MSH|^~\&|ADT|HIS|||20261102||ADT^A40^ADT_A39|1|P|2.5`, "EVN|A40", "PID|1||N^^^HIS&1.2&ISO^MR||王^小雨", "MRG|O1^^^HIS^MR~O2^^^&1.2.9&ISO^PI"))
	if err != nil || len(f.Merges) != 1 {
		t.Fatalf("%v %+v", err, f)
	}
	want := []bot.Identifier{{System: "HIS", Type: "MR", Value: "O1"}, {System: "1.2.9", Type: "PI", Value: "O2"}}
	if m := f.Merges[0]; m.Survivor.Identifiers[0].Value != "N" || len(m.Retired) != 2 || m.Retired[0] != want[0] || m.Retired[1] != want[1] {
		t.Errorf("%+v", m)
	}
}

func TestAnHL7FileTooLargeForMemoryIsRefused(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"a long line":    oru(obx("TX", strings.Repeat("a", 17<<20))),
		"a long message": oru(strings.Repeat(obx("NM", "4.1")+"\r", 600_000)),
	} {
		f, err := labs.Parse(catalogue(t), "f", bytes.NewReader([]byte(content)), shanghai(t))
		if bot.KindOf(err) != bot.KindInvalid || !strings.Contains(err.(*bot.Error).Person, "16 MiB") || len(f.Patients) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// idsOf are the results of messages, one after the other.
func idsOf(t *testing.T, messages ...string) (all []string) {
	t.Helper()
	for _, m := range messages {
		f, err := parse(t, "f.hl7", m)
		if err != nil || len(f.Quarantine) > 0 {
			t.Fatalf("%+v, %v", f.Quarantine, err)
		}
		for _, r := range f.Patients[0].Reports[0].Results {
			all = append(all, r.SourceID)
		}
	}
	return all
}

func TestTheSameTestOfTwoPanelsOfOneSampleIsTwoResults(t *testing.T) {
	t.Parallel()
	fasting, loaded := hl7Order("F-1"), strings.Replace(hl7Order("F-1"), "GROUP", "OGTT120", 1)
	apart := idsOf(t, message(hl7MSH, hl7PID, fasting, obx("NM", "5.1")), message(hl7MSH, hl7PID, loaded, obx("NM", "9.8")))
	if apart[0] == apart[1] {
		t.Errorf("one overwrites the other: %q", apart)
	}
	together := idsOf(t, message(hl7MSH, hl7PID, loaded, obx("NM", "9.8"), fasting, obx("NM", "5.1")))
	if together[0] != apart[1] || together[1] != apart[0] {
		t.Errorf("their order in a message changes their ids: %q, %q", together, apart)
	}
	for _, status := range []string{"P", "F", "C", "W"} {
		version := idsOf(t, message(hl7MSH, hl7PID, strings.TrimSuffix(loaded, "F")+status, obx("NM", "9.7", 11, status)))
		if version[0] != apart[1] {
			t.Errorf("version %s is %q, not %q", status, version[0], apart[1])
		}
	}
}

func TestACommentOfAnOrderWithoutResultIsNotLost(t *testing.T) {
	t.Parallel()
	order := strings.TrimSuffix(hl7Order("F-1"), "F") + "X"
	f, err := parse(t, "f.hl7", message(hl7MSH, hl7PID, order, "NTE|1||标本溶血"))
	if err != nil || len(f.Quarantine) != 1 || !strings.Contains(f.Quarantine[0].Payload.Plain(), "标本溶血") || f.Patients[0].Reports[0].Status != bot.StatusCancelled {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestAResultOutsideAnOrderIsNotLost(t *testing.T) {
	t.Parallel()
	f, err := parse(t, "f.hl7", message(hl7MSH, hl7PID, obx("NM", "7.7"), hl7Order("F-1"), obx("NM", "4.1")))
	if r := only(t, bot.ImportFile{Patients: f.Patients}, err); r.Value.Printed != "4.1" || len(f.Quarantine) != 1 || !strings.Contains(f.Quarantine[0].Payload.Plain(), "7.7") {
		t.Errorf("%+v", f)
	}
}
