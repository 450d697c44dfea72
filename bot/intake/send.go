package intake

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/google/uuid"

	"careline/bot"
)

// TestMessage is an ORU^R01 of an invented person, marked as a test (MSH-11 T):
// it is acknowledged and not stored.
func TestMessage(now time.Time) []byte {
	at := now.UTC().Format("20060102150405-0700")
	return []byte(strings.Join([]string{
		`MSH|^~\&|CARELINE-TEST|CARELINE|||` + at + `||ORU^R01^ORU_R01|` + uuid.NewString()[:20] + `|T|2.5.1|||||CHN|UNICODE UTF-8`,
		`PID|1||TEST-0000^^^CARELINE-TEST^MR||Test^Invented||19700101|F`,
		`OBR|1||TEST-0000|24323-8^Test panel^LN|||` + at + `|||||||||||||||` + at + `|||F`,
		`OBX|1|NM|2823-3^Potassium^LN||4.2|mmol/L|3.5-5.3|N|||F`,
	}, "\r") + "\r")
}

// maxAck is the largest acknowledgement that is read.
const maxAck = 1 << 20

// Send sends one message over a connection and returns its acknowledgement.
func Send(ctx context.Context, conn net.Conn, message []byte) (Acknowledgement, error) {
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	if _, err := conn.Write(framed(message)); err != nil {
		return Acknowledgement{}, bot.Errorf(bot.KindUnavailable, "The message could not be sent.", "intake: send: %w", err)
	}
	in := frames{bufio.NewReader(conn), maxAck}
	err := in.begin()
	var raw []byte
	if err == nil {
		raw, err = in.message()
	}
	if err != nil {
		return Acknowledgement{}, bot.Errorf(bot.KindUnavailable, "No acknowledgement came.", "intake: read acknowledgement: %w", err)
	}
	return readAck(raw)
}

// Acknowledgement is what a receiver said of a message.
type Acknowledgement struct {
	Code    string // MSA-1: AA, AE, AR
	Control string // MSA-2: the message it answers
	Reason  string // MSA-3, or ERR-8
}

func readAck(raw []byte) (Acknowledgement, error) {
	head, ok := readHeader(raw)
	if !ok {
		return Acknowledgement{}, bot.Errorf(bot.KindInvalid, "What came back is no HL7 v2 acknowledgement.", "intake: no MSH in the acknowledgement")
	}
	var a Acknowledgement
	for line := range strings.FieldsFuncSeq(string(raw), func(r rune) bool { return r == '\r' || r == '\n' }) {
		fields := append(strings.Split(line, head.fields[1]), make([]string, 9)...)
		switch fields[0] {
		case "MSA":
			a.Code, a.Control, a.Reason = fields[1], fields[2], firstText(fields[3], a.Reason)
		case "ERR":
			a.Reason = firstText(a.Reason, fields[8])
		}
	}
	if a.Code == "" {
		return a, fmt.Errorf("intake: %w", bot.Errorf(bot.KindInvalid, "What came back is no HL7 v2 acknowledgement.", "no MSA in the acknowledgement"))
	}
	return a, nil
}

func firstText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
