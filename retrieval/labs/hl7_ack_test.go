package labs_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"careline/retrieval/labs"
)

var atNoon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.FixedZone("", 8*3600))

// answered is an answer without its own time and control id.
func answered(raw []byte) string {
	s := string(raw)
	fields := strings.Split(s, s[3:4])
	if len(fields) > 9 {
		fields[6], fields[9] = "T", "ID"
	}
	return strings.ReplaceAll(strings.Join(fields, s[3:4]), "\r", "\n")
}

func TestAnAnswerMirrorsTheMessage(t *testing.T) {
	t.Parallel()
	header := func(kind, version string) string {
		return `MSH|^~\&|LIS|LAB|Care|Line|20261102||` + kind + `|M-7|P|` + version + `||||||UNICODE UTF-8` + "\rPID|1||T-1"
	}
	cases := []struct{ name, sent, code, reason, want string }{
		{"accepted", header("ORU^R01^ORU_R01", "2.5.1"), labs.AckAccept, "",
			`MSH|^~\&|Care|Line|LIS|LAB|T||ACK^R01^ACK|ID|P|2.5.1||||||UNICODE UTF-8` + "\nMSA|AA|M-7\n"},
		{"failed", header("ORU^R01^ORU_R01", "2.5.1"), labs.AckError, "the database | is away",
			`MSH|^~\&|Care|Line|LIS|LAB|T||ACK^R01^ACK|ID|P|2.5.1||||||UNICODE UTF-8` + "\nMSA|AE|M-7\n" + `ERR|||207^Application internal error^HL70357|E||||the database \F\ is away` + "\n"},
		{"rejected", header("ORU^R01", "2.4"), labs.AckReject, "not read",
			`MSH|^~\&|Care|Line|LIS|LAB|T||ACK^R01^ACK|ID|P|2.4||||||UNICODE UTF-8` + "\nMSA|AR|M-7|not read\nERR|^^^102&Data type error&HL70357\n"},
		{"2.3", header("ORU^R01", "2.3"), labs.AckError, "away",
			`MSH|^~\&|Care|Line|LIS|LAB|T||ACK^R01|ID|P|2.3||||||UNICODE UTF-8` + "\nMSA|AE|M-7|away\nERR|^^^207&Application internal error&HL70357\n"},
		{"2.1", header("ORU", "2.1"), labs.AckError, "away",
			`MSH|^~\&|Care|Line|LIS|LAB|T||ACK|ID|P|2.1||||||UNICODE UTF-8` + "\nMSA|AE|M-7|away\nERR|^^^207\n"},
		{"other separators", "\x0bMSH#@~!&#LIS#LAB###20261102##ORU@R01#M-8#T#2.6\rPID#1\x1c\r", labs.AckError, "a#b",
			"MSH#@~!&###LIS#LAB#T##ACK@R01@ACK#ID#T#2.6\nMSA#AE#M-8\nERR###207@Application internal error@HL70357#E####a!F!b\n"},
		{"no header", "PID|1||T-1", labs.AckAccept, "",
			`MSH|^~\&|||||T||ACK|ID|P|2.5.1` + "\nMSA|AR|\n" + "ERR|||101^Required field missing^HL70357|E||||the separators (MSH-1, MSH-2) cannot be told apart\n"},
		{"nothing", "", labs.AckAccept, "",
			`MSH|^~\&|||||T||ACK|ID|P|2.5.1` + "\nMSA|AR|\n" + "ERR|||101^Required field missing^HL70357|E||||the separators (MSH-1, MSH-2) cannot be told apart\n"},
		{"separators twice", `MSH|^^\&|LIS|LAB`, labs.AckAccept, "",
			`MSH|^~\&|||||T||ACK|ID|P|2.5.1` + "\nMSA|AR|\n" + "ERR|||101^Required field missing^HL70357|E||||the separators (MSH-1, MSH-2) cannot be told apart\n"},
	}
	for _, c := range cases {
		if got := answered(labs.Ack([]byte(c.sent), c.code, c.reason, atNoon)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestAnAnswerIsWrittenInTheMessagesCharset(t *testing.T) {
	t.Parallel()
	for _, charset := range []string{"GB 18030-2000", ""} {
		sent, err := simplifiedchinese.GB18030.NewEncoder().String(`MSH|^~\&|LIS|韡院|||20261102||ORU^R01|M-9|P|2.4||||||` + charset + "\rPID|1")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := simplifiedchinese.GB18030.NewDecoder().String(string(labs.Ack([]byte(sent), labs.AckAccept, "", atNoon)))
		if err != nil || !strings.Contains(answer, "|LIS|韡院|") || !strings.Contains(answer, "MSA|AA|M-9\r") {
			t.Errorf("%q: %q %v", charset, answer, err)
		}
	}
}

func TestAnAnswerHoldsNothingOfThePatient(t *testing.T) {
	t.Parallel()
	for name, sent := range malformed() {
		f, err := parse(t, "f.hl7", sent)
		reason := ""
		if err != nil {
			reason = err.Error()
		}
		for _, q := range f.Quarantine {
			reason += q.Reason
		}
		answer := string(labs.Ack([]byte(sent), labs.AckReject, reason, atNoon))
		for _, private := range []string{"T-1", "王", "小雨", "4.1", "19800305"} {
			if strings.Contains(answer, private) {
				t.Errorf("%s: the answer says %s: %s", name, private, answer)
			}
		}
	}
}
