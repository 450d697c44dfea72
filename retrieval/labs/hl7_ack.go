package labs

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Acknowledgement codes of MSA-1 (HL7 table 0008, original mode).
const (
	AckAccept = "AA" // stored
	AckError  = "AE" // not stored; sending it again may help
	AckReject = "AR" // not stored; sending it again as it is does not help
)

// Ack answers a message of HL7 v2, with its own separators, character set, version
// and control id, without MLLP's framing. One whose header cannot be read is
// rejected, whatever the code. The reason is for the sender's engineer and holds
// nothing of the patient; AA needs none.
func Ack(raw []byte, code, reason string, now time.Time) []byte {
	h, ok := readAckHeader(raw)
	if !ok {
		code, reason = AckReject, brokenMarks
	}
	lines := []string{h.header(now), h.status(code, reason)}
	if code != AckAccept {
		lines = append(lines, h.failure(code, reason))
	}
	text := strings.Join(lines, "\r") + "\r"
	if h.charset == nil {
		return []byte(text)
	}
	answer, err := encoding.ReplaceUnsupported(h.charset.NewEncoder()).String(text)
	if err != nil {
		return []byte(text)
	}
	return []byte(answer)
}

// ackHeader is what an answer repeats of a message's header.
type ackHeader struct {
	hl7Marks
	segment hl7Segment
	charset encoding.Encoding // the answer's; nil for UTF-8
	version string
}

// readAckHeader reads MSH alone; false when that is not possible.
func readAckHeader(raw []byte) (ackHeader, bool) {
	h := ackHeader{hl7Marks: hl7Marks{'|', '^', '~', '\\', '&', 0}, segment: newHL7Segment(`MSH|^~\&`), version: "2.5.1"}
	line := bytes.TrimLeft(raw, "\x0b \t\r\n")
	if wide := wideOrder(line); wide != nil {
		h.charset = wide
		line, _ = wide.NewDecoder().Bytes(line)
	}
	line = bytes.TrimPrefix(line, []byte("\ufeff"))
	if i := bytes.IndexAny(line, "\r\n\x1c"); i >= 0 {
		line = line[:i]
	}
	if hl7Header(line) != "MSH" {
		h.charset = nil
		return h, false
	}
	text, charset := headerText(line)
	marks, ok := readMarks(text)
	if !ok {
		return h, false
	}
	h.hl7Marks, h.segment = marks, newHL7Segment(text)
	if h.charset == nil {
		h.charset = charset
	}
	if version := h.part(h.segment.field(12), 1); version != "" {
		h.version = version
	}
	return h, true
}

// headerText is a header as text, and the charset to write its answer in. What
// cannot be read is left out: an answer is given all the same.
func headerText(line []byte) (string, encoding.Encoding) {
	declared := declaredCharset(line)
	charset := hl7Charset(declared)
	if charset == nil && declared == "" && !intact(line) {
		charset = simplifiedchinese.GB18030
	}
	if charset != nil {
		if text, reason := decodeBy(charset, line); reason == "" {
			return text, charset
		}
	}
	return strings.Map(func(r rune) rune {
		if r == '\ufffd' || r == 0 {
			return -1
		}
		return r
	}, string(line)), charset
}

// header is the answer's MSH: who received is who sends now.
func (h ackHeader) header(now time.Time) string {
	fields := make([]string, 19)
	for i, from := range map[int]int{3: 5, 4: 6, 5: 3, 6: 4, 11: 11, 12: 12, 18: 18} {
		fields[i] = h.segment.field(from)
	}
	fields[7] = now.Format("20060102150405-0700")
	fields[9] = h.kind()
	fields[10] = strconv.FormatInt(now.UnixNano(), 36)
	fields[11] = cmp.Or(fields[11], "P")
	fields[12] = cmp.Or(fields[12], h.version)
	marks := h.segment.field(2)
	if marks == "" {
		marks = `^~\&`
	}
	all := append([]string{"MSH", marks}, fields[3:]...)
	return strings.TrimRight(strings.Join(all, string(h.fields)), string(h.fields))
}

// kind is ACK^R01 for ORU^R01; 2.1 names no event, and from 2.3.1 the structure
// may stand behind it.
func (h ackHeader) kind() string {
	event := h.part(h.segment.field(9), 2)
	switch {
	case event == "" || h.version == "2.1" || h.parts == 0:
		return "ACK"
	case h.version < "2.3.1":
		return "ACK" + string(h.parts) + event
	}
	return strings.Join([]string{"ACK", event, "ACK"}, string(h.parts))
}

// status is MSA. Its text was the place for a reason until ERR had one (2.5).
func (h ackHeader) status(code, reason string) string {
	fields := []string{"MSA", code, h.segment.field(10)}
	if reason != "" && (code == AckAccept || h.version < "2.5") {
		fields = append(fields, h.escapedText(reason))
	}
	return strings.Join(fields, string(h.fields))
}

// failure is ERR with a condition of table 0357: until 2.4 its only field is
// ERR-1, whose text 2.1 and 2.2 do not know.
func (h ackHeader) failure(code, reason string) string {
	condition, text := "207", "Application internal error"
	switch {
	case reason == brokenMarks:
		condition, text = "101", "Required field missing"
	case code == AckReject:
		condition, text = "102", "Data type error"
	}
	part := sign(h.parts)
	switch {
	case h.version < "2.3":
		return "ERR" + string(h.fields) + part + part + part + condition
	case h.version < "2.5":
		coded := condition
		if h.subparts != 0 {
			coded = strings.Join([]string{condition, text, "HL70357"}, sign(h.subparts))
		}
		return "ERR" + string(h.fields) + part + part + part + coded
	}
	coded := condition
	if part != "" {
		coded = strings.Join([]string{condition, text, "HL70357"}, part)
	}
	return strings.Join([]string{"ERR", "", "", coded, "E", "", "", "", h.escapedText(reason)}, string(h.fields))
}

// escapedText is a text in which the message's separators are escaped. Where it
// has no escape they become spaces.
func (h ackHeader) escapedText(s string) string {
	return h.escapes(readable(strings.ReplaceAll(s, "\n", " "), mostName))
}
