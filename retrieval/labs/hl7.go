package labs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"careline/bot"
)

// isHL7 reports whether a file is to be read as HL7 v2: it begins with a message
// or batch header, whatever its charset, or is named so.
func isHL7(s Source) bool {
	start := make([]byte, 64)
	n, _ := s.ReadAt(start, 0)
	start = start[:n]
	if wide := wideOrder(start); wide != nil {
		start, _ = wide.NewDecoder().Bytes(start)
	}
	header := hl7Header(start)
	return header != "" && header != "BTS" && header != "FTS" || strings.HasSuffix(strings.ToLower(s.Name), ".hl7")
}

const hl7Format = "hl7"

// readHL7 hands on what HL7 v2 messages say (2.1 to 2.8): results of ORU^R01, R30
// and R32 and of OUL^R21 to R24, merges of ADT^A40, A34 and A18. A message that
// cannot be trusted is quarantined whole, and so is one of another type; alone, it
// is refused: its sender must know.
func readHL7(c *Catalogue, s Source, o Options, to bot.ImportSink) error {
	in := newHL7Reader(s)
	var first *bot.Quarantined // the first message, held back until another follows
	for {
		raw, err := in.next()
		if errors.Is(err, io.EOF) && first != nil {
			return bot.Errorf(bot.KindInvalid, "The message was refused: "+first.Reason+".", "labs: hl7: the only message is refused")
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if first != nil {
			if err := to.Quarantine(*first); err != nil {
				return err
			}
			first = nil
		}
		m := &hl7Message{catalogue: c, zone: o.Location, position: fmt.Sprintf("message %d", in.messages)}
		reason := m.read(raw, in.wide)
		if reason == "" {
			err = m.send(to)
		} else if q := (bot.Quarantined{Position: m.position, Reason: reason, Format: hl7Format, Payload: bot.T(m.whole(raw, in.wide))}); in.messages == 1 {
			first = &q
		} else {
			err = to.Quarantine(q)
		}
		if err != nil {
			return err
		}
	}
}

// send hands on what was read of a message. It is called when all of it was read.
func (m *hl7Message) send(to bot.ImportSink) error {
	for _, r := range m.records {
		if err := to.Record(r); err != nil {
			return err
		}
	}
	for _, x := range m.merges {
		if err := to.Merge(x); err != nil {
			return err
		}
	}
	for _, q := range m.quarantine {
		if err := to.Quarantine(q); err != nil {
			return err
		}
	}
	return nil
}

// read reads a message; the reason why it cannot be trusted, "" when it can.
func (m *hl7Message) read(raw []byte, wide bool) string {
	text, reason := decodeHL7(raw, wide)
	if reason != "" {
		return reason
	}
	if reason = m.split(text, raw); reason != "" {
		return reason
	}
	switch kind := m.kind(); kind {
	case hl7Results:
		m.results()
	case hl7Merge:
		m.merge()
	default:
		return "the message type (MSH-9) is none that brings results or merges patients"
	}
	return m.doubt
}

// startsMLLP is the byte that starts a message on an MLLP connection, endsMLLP the
// one that ends it (HL7 v2.5.1 transport: MLLP). Files of such messages keep them.
const (
	startsMLLP = 0x0b
	endsMLLP   = 0x1c
)

// hl7Header is the name of the message or batch segment that a line starts with,
// "" where it starts with none.
func hl7Header(line []byte) string {
	line = bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(line, "\x0b \t\r\n"), []byte("\ufeff")), "\x0b \t\r\n")
	for _, id := range []string{"MSH", "FHS", "BHS", "BTS", "FTS"} {
		if bytes.HasPrefix(line, []byte(id)) && len(line) > 3 && mark(line[3]) {
			return id
		}
	}
	return ""
}
