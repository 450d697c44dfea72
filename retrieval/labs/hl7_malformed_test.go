package labs_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"careline/bot"
	"careline/retrieval/labs"
)

// malformed are messages of which nothing can be trusted.
func malformed() map[string]string {
	good := obx("NM", "4.1")
	declares := func(charset, sent string) string { return strings.Replace(sent, "2.5.1", "2.5.1||||||"+charset, 1) }
	kind := func(kind string) string { return strings.Replace(oru(good), "ORU^R01^ORU_R01", kind, 1) }
	order := func(fields ...any) string { return message(hl7MSH, hl7PID, segment("OBR", fields...), good) }
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(oru(good))
	return map[string]string{
		"no file":                          "MSH",
		"a header alone":                   "MSH|",
		"separators alone":                 `MSH|^~\&`,
		"separators and a line":            "MSH|^~\\&\r",
		"no separators":                    strings.Replace(oru(good), `|^~\&|`, "||", 1),
		"the same separator twice":         strings.Replace(oru(good), `^~\&`, `^^\&`, 1),
		"a separator that is the field":    strings.Replace(oru(good), `^~\&`, `^~\\&`, 1),
		"six separators":                   strings.Replace(oru(good), `^~\&`, `^~\&#!`, 1),
		"a letter as separator":            strings.Replace(oru(good), `^~\&`, `^~A&`, 1),
		"a space as separator":             strings.Replace(oru(good), `^~\&`, `^~ &`, 1),
		"no message type":                  kind(""),
		"another message type":             kind("ADT^A01"),
		"an order":                         kind("ORM^O01"),
		"an acknowledgement":               kind("ACK^R01"),
		"an unknown event":                 kind("ORU^Z99"),
		"text in front":                    "Dear doctor\r" + oru(good),
		"a batch without message":          "FHS|^~\\&\rBHS|^~\\&\rBTS|0\rFTS|1\r",
		"a batch that lost a message":      "BHS|^~\\&\r" + oru(good) + "BTS|2\r",
		"a batch with one too many":        "BHS|^~\\&\r" + oru(good) + oru(good) + "BTS|1\r",
		"a batch without its trailer":      "BHS|^~\\&\r" + oru(good) + oru(good),
		"a file without its trailer":       "FHS|^~\\&\rBHS|^~\\&\r" + oru(good) + "BTS|1\r",
		"UTF-8 declared as GB 18030":       declares("GB 18030-2000", oru(obx("TX", "项目"))),
		"UTF-8 declared as Latin":          declares("8859/1", oru(obx("TX", "项目"))),
		"text behind a batch":              "BHS|^~\\&\r" + oru(good) + "BTS|1\rand more\r",
		"no patient":                       message(hl7MSH, hl7Order("A"), good),
		"no patient, a result":             message(hl7MSH, good),
		"the patient last":                 message(hl7MSH, hl7Order("A"), good, hl7PID),
		"no identifier":                    message(hl7MSH, "PID|1||||王^小雨||19800305|F", hl7Order("A"), good),
		"an identifier of zeros":           message(hl7MSH, "PID|1||0000^^^LAB||王^小雨", hl7Order("A"), good),
		"a null identifier":                message(hl7MSH, `PID|1||""^^^LAB||王^小雨`, hl7Order("A"), good),
		"an authority without a value":     message(hl7MSH, "PID|1||^^^LAB^MR||王^小雨", hl7Order("A"), good),
		"the mother's identifier alone":    message(hl7MSH, segment("PID", 5, "王^之女", 21, "T-1^^^LAB"), hl7Order("A"), good),
		"a very long identifier":           message(hl7MSH, "PID|1||"+strings.Repeat("9", 300)+"^^^LAB", hl7Order("A"), good),
		"an identifier that was cut":       message(strings.Replace(hl7MSH, `^~\&`, `^~\&#`, 1), "PID|1||T-12#", hl7Order("A"), good),
		"no order":                         message(hl7MSH, hl7PID, good),
		"no order and no result":           message(hl7MSH, hl7PID),
		"no order number":                  order(4, "G", 7, "20261102", 25, "F"),
		"a null order number":              order(3, `""`, 4, "G", 7, "20261102", 25, "F"),
		"a long order number":              order(3, strings.Repeat("1", 300), 7, "20261102", 25, "F"),
		"a month 13 as collected":          order(3, "A", 7, "20261302", 25, "F"),
		"a 30th of February as released":   order(3, "A", 22, "20260230", 25, "F"),
		"letters as released":              order(3, "A", 22, "yesterday", 25, "F"),
		"an hour 24":                       order(3, "A", 22, "2026110224", 25, "F"),
		"an odd number of digits":          order(3, "A", 22, "202611022", 25, "F"),
		"a year 0":                         order(3, "A", 22, "0000", 25, "F"),
		"a zone of 99 hours":               order(3, "A", 22, "20261102100000+9900", 25, "F"),
		"no time anywhere":                 strings.Replace(order(3, "A", 25, "F"), "20261102103000", "", 1),
		"an order alone":                   message(hl7MSH, hl7PID, segment("OBR", 3, "A", 7, "20261102")),
		"no name and no code":              oru(segment("OBX", 2, "NM", 5, "4.1", 11, "F")),
		"a null name":                      oru(segment("OBX", 2, "NM", 3, `""`, 5, "4.1", 11, "F")),
		"a coding system alone":            oru(segment("OBX", 2, "NM", 3, "^^LN", 5, "4.1", 11, "F")),
		"an observation time in letters":   oru(obx("NM", "4.1", 14, "today")),
		"an analysis time in letters":      oru(obx("NM", "4.1", 19, "today")),
		"made final without its value":     oru(obx("NM", "", 11, "U")),
		"a text too long to keep":          oru(obx("TX", strings.Repeat("长", 2001))),
		"a line that is no segment":        strings.ReplaceAll(message(hl7MSH, hl7PID, "???", hl7Order("A"), good), "\r", "\n"),
		"a segment name in small letters":  strings.ReplaceAll(message(hl7MSH, hl7PID, "obr|1", hl7Order("A"), good), "\r", "\n"),
		"a segment with another separator": strings.ReplaceAll(message(hl7MSH, hl7PID, "OBR^1^2", good), "\r", "\n"),
		"a line behind the header":         message(hl7MSH, "???", hl7PID, hl7Order("A"), good),
		"cut in a value":                   strings.TrimSuffix(oru(good, "OBX|2|NM|NA^钠||14"), "\r"),
		"cut in a name":                    strings.TrimSuffix(oru(good, "OBX|2|NM|N"), "\r"),
		"cut behind a segment name":        strings.TrimSuffix(oru(good, "OBX"), "\r"),
		"cut in a segment name":            strings.TrimSuffix(oru(good, "OB"), "\r"),
		"cut in a unit, with a line end":   oru(good, "OBX|2|NM|NA^钠||140|mm"),
		"cut in an order":                  strings.TrimSuffix(oru(good, "OBR|2||F-"), "\r"),
		"cut on MLLP":                      "\x0b" + oru(good),
		"continued":                        oru(good, "DSC|2"),
		"a continuation":                   strings.Replace(oru(good), "2.5.1", "2.5.1||7", 1),
		"an addendum":                      oru(good, "ADD|more"),
		"GB 18030 declared as UTF-8":       declares("UNICODE UTF-8", gb),
		"UTF-8 declared as ASCII":          declares("ASCII", oru(good)),
		"bytes of no charset":              strings.Replace(oru(good), "钾", "\xff\xfe\xff", 1),
		"UTF-8 with a lost character":      declares("UNICODE UTF-8", strings.Replace(oru(good), "钾", "\ufffd", 1)),
		"GB 18030 cut in a character":      declares("GB 18030-2000", gb[:len(gb)-40]+"\x81"),
		"a charset nobody reads":           declares("JAS2020", oru(good)),
		"control bytes of Latin-1":         declares("8859/1", strings.NewReplacer("王^小雨", "A", "组合", "G", "钾", "K\x85").Replace(oru(good))),
		"a zero byte":                      strings.Replace(oru(good), "钾", "K\x00", 1),
		"bytes in an escape":               oru(obx("ST", `\XFF\`)),
		"a charset switched in a text":     oru(obx("ST", `\M2442\x`)),
		"half UTF-16":                      "\xff\xfe" + strings.Join(strings.Split(hl7MSH+"\rPID|", ""), "\x00"),
		"a merge without MRG":              message(`MSH|^~\&|A|HIS|||2026||ADT^A40|1|P|2.5`, "PID|1||N^^^HIS"),
		"a merge without PID":              message(`MSH|^~\&|A|HIS|||2026||ADT^A40|1|P|2.5`, "MRG|O^^^HIS"),
		"a merge of nobody":                message(`MSH|^~\&|A|HIS|||2026||ADT^A40|1|P|2.5`, "PID|1||N^^^HIS", "MRG|"),
		"a merge into nobody":              message(`MSH|^~\&|A|HIS|||2026||ADT^A40|1|P|2.5`, "PID|1", "MRG|O^^^HIS"),
		"a merge with oneself":             message(`MSH|^~\&|A|HIS|||2026||ADT^A40|1|P|2.5`, "PID|1||N^^^HIS", "MRG|N^^^HIS"),
	}
}

func TestAMalformedMessageIsRefusedOrQuarantinedNeverPartial(t *testing.T) {
	t.Parallel()
	cases := malformed()
	if len(cases) < 60 {
		t.Fatalf("%d cases", len(cases))
	}
	for name, content := range cases {
		f, err := labs.Parse(catalogue(t), "f.hl7", strings.NewReader(content), shanghai(t))
		trusted(t, f, err)
		results := 0
		for _, p := range f.Patients {
			for _, r := range p.Reports {
				results += len(r.Results)
			}
		}
		switch {
		case results > 0 || len(f.Merges) > 0:
			t.Errorf("%s: taken in: %+v", name, f.Patients)
		case err == nil && len(f.Quarantine) == 0:
			t.Errorf("%s: neither refused nor quarantined", name)
		case err != nil && bot.KindOf(err) != bot.KindInvalid:
			t.Errorf("%s: %v", name, err)
		}
		for _, q := range f.Quarantine {
			if q.Reason == "" || q.Position == "" || q.Format != "hl7" || q.Payload.Empty() {
				t.Errorf("%s: %+v", name, q)
			}
		}
	}
}
