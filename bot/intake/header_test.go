package intake

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"careline/retrieval/labs"
)

func TestAHeaderIsReadAsSendersWriteIt(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("Asia/Shanghai", 8*3600)
	nine := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, raw, source string
		test              bool
		sent              time.Time
	}{
		{"plain", `MSH|^~\&|LIS|HOSP|||20261123090000||ORU^R01|1|P|2.5`, "LIS@HOSP", false, nine},
		{"with a zone", `MSH|^~\&|LIS|HOSP|||20261123020000+0100||ORU^R01|1|P|2.5`, "LIS@HOSP", false, nine},
		{"with fractions", `MSH|^~\&|LIS|HOSP|||20261123090000.1234+0800||ORU^R01|1|P|2.5`, "LIS@HOSP", false, nine},
		{"to the minute", `MSH|^~\&|LIS|HOSP|||202611230900||ORU^R01|1|P|2.5`, "LIS@HOSP", false, nine},
		{"no time", `MSH|^~\&|LIS|HOSP|||||ORU^R01|1|P|2.5`, "LIS@HOSP", false, time.Time{}},
		{"components", `MSH|^~\&|LIS^1.2^ISO|HOSP^x|||||ORU^R01|1|T^A|2.5`, "LIS@HOSP", true, time.Time{}},
		{"debugging", `MSH|^~\&||HOSP|||||ORU^R01|1|D|2.5`, "HOSP", true, time.Time{}},
		{"other separators", `MSH$%~\&$LIS%x$HOSP$$$$$ORU%R01$1$T$2.5`, "LIS@HOSP", true, time.Time{}},
		{"BOM and a batch", "\ufeffFHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|LIS||||20261123090000||ORU^R01|1|P|2.5", "LIS", false, nine},
		{"cut short", `MSH|^~\&|`, "", false, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			head, ok := readHeader([]byte(c.raw))
			if !ok || head.Source() != c.source || head.Test() != c.test || !head.SentAt(shanghai).Equal(c.sent) {
				t.Errorf("%v: source %q, test %v, sent %v", ok, head.Source(), head.Test(), head.SentAt(shanghai))
			}
		})
	}
	for _, raw := range []string{"", "MSH", "PID|1", "GET / HTTP/1.1", "MSHx^~\\&|LIS", "\x00\x01\x02", "{}"} {
		if _, ok := readHeader([]byte(raw)); ok {
			t.Errorf("%q is no header", raw)
		}
	}
}

func TestAHeaderIsReadInEveryCharset(t *testing.T) {
	t.Parallel()
	message := "MSH|^~\\&|示范系统|HOSP|||20261123090000||ORU^R01|1|%s|2.5||||||UNICODE\rPID|1||1\r"
	charsets := map[string]encoding.Encoding{
		"GB18030": simplifiedchinese.GB18030, "UTF-16LE with a mark": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16BE with a mark": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
		"UTF-16LE": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16BE": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "UTF-8": encoding.Nop,
	}
	for name, charset := range charsets {
		for _, c := range []struct {
			ids         []any
			test, mixed bool
		}{{[]any{"T", "T"}, true, false}, {[]any{"P", "P"}, false, false}, {[]any{"P", "D"}, false, true}} {
			raw, err := charset.NewEncoder().String(fmt.Sprintf(message+message, c.ids...))
			if err != nil {
				t.Fatal(err)
			}
			file := labs.Bytes("m.hl7", []byte(raw))
			head, ok := headerOf(file)
			if !ok || head.Source() != "示范系统@HOSP" || !head.SentAt(time.UTC).Equal(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)) {
				t.Errorf("%s: %v, source %q, sent %v", name, ok, head.Source(), head.SentAt(time.UTC))
			}
			if test, mixed := tests(file); test != c.test || mixed != c.mixed {
				t.Errorf("%s, %v: test %v, mixed %v", name, c.ids, test, mixed)
			}
		}
	}
}
