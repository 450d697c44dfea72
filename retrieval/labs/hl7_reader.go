package labs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/transform"

	"careline/bot"
)

// mostMessage is the longest message that is read, in bytes.
const mostMessage = 16 << 20

// hl7Reader reads a file message by message; it holds one at a time.
type hl7Reader struct {
	lines    *bufio.Scanner
	wide     bool // the file was UTF-16 and is UTF-8 now
	pending  []byte
	messages int      // read so far
	batch    int      // messages before the batch that is read now
	open     []string // trailers that must follow: a header of the file or of a batch was read
}

func newHL7Reader(s Source) *hl7Reader {
	start := make([]byte, 64)
	n, _ := s.ReadAt(start, 0)
	r := &hl7Reader{}
	var in io.Reader = s.reader()
	if wide := wideOrder(start[:n]); wide != nil {
		r.wide, in = true, transform.NewReader(in, wide.NewDecoder())
	}
	r.lines = bufio.NewScanner(in)
	r.lines.Buffer(make([]byte, 64<<10), mostMessage)
	r.lines.Split(hl7Lines)
	return r
}

// hl7Lines splits after what may end a segment: CR, LF, and MLLP's end of a message.
func hl7Lines(data []byte, end bool) (int, []byte, error) {
	if i := bytes.IndexAny(data, "\r\n\x1c"); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if end && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// next is the next message as it stands in the file, io.EOF after the last.
func (r *hl7Reader) next() ([]byte, error) {
	message := r.pending
	r.pending = nil
	for r.lines.Scan() {
		line := r.lines.Bytes()
		header := hl7Header(line)
		switch {
		case header == "MSH" && message != nil:
			r.pending = bytes.Clone(line)
			return r.counted(message)
		case header == "MSH":
			message = bytes.Clone(line)
		case header != "" && message != nil:
			r.pending = nil
			r.messages++
			return message, r.batchLine(header, line)
		case header != "":
			if err := r.batchLine(header, line); err != nil {
				return nil, err
			}
		case message != nil:
			message = append(message, line...)
		case len(bytes.Trim(line, " \t\r\n\x0b\x1c\ufeff")) > 0:
			return nil, brokenHL7("The file holds text outside HL7 messages; nothing was imported.", "text outside messages")
		}
		if len(message) > mostMessage {
			return nil, tooLong()
		}
	}
	if errors.Is(r.lines.Err(), bufio.ErrTooLong) {
		return nil, tooLong()
	}
	if err := r.lines.Err(); err != nil {
		return nil, bot.Errorf(bot.KindInvalid, "The file cannot be read.", "labs: hl7: %w", err)
	}
	return r.counted(message)
}

// counted is the message, or the end of the file where there is none.
func (r *hl7Reader) counted(message []byte) ([]byte, error) {
	switch {
	case message != nil:
		r.messages++
		return message, nil
	case r.messages == 0:
		return nil, brokenHL7("The file holds no HL7 message that can be read.", "no message")
	case len(r.open) > 0:
		return nil, brokenHL7("The file begins a batch (FHS, BHS) and ends without its trailer ("+r.open[0]+"): it was cut; nothing was imported.", "no trailer")
	}
	return nil, io.EOF
}

// batchLine checks the count of messages that a batch's trailer states (BTS-1), and
// that each header of a file and a batch has its trailer: a batch that lost some is
// not half imported.
func (r *hl7Reader) batchLine(header string, line []byte) error {
	switch header {
	case "FHS":
		r.open = append(r.open, "FTS")
	case "FTS":
		r.closed("FTS")
	case "BHS":
		r.batch = r.messages
		r.open = append(r.open, "BTS")
	case "BTS":
		r.closed("BTS")
		text := strings.TrimLeft(string(line), "\x0b \t\ufeff")
		count, _, _ := strings.Cut(strings.TrimRight(text[4:], "\r\n\x1c"), text[3:4])
		stated, err := strconv.Atoi(strings.TrimSpace(count))
		if found := r.messages - r.batch; err == nil && stated != found {
			return brokenHL7(fmt.Sprintf("The batch trailer (BTS) counts %d messages and %d were found; nothing was imported.", stated, found), "batch count differs")
		}
	}
	return nil
}

func (r *hl7Reader) closed(trailer string) {
	if i := slices.Index(r.open, trailer); i >= 0 {
		r.open = slices.Delete(r.open, i, i+1)
	}
}

func tooLong() error {
	return brokenHL7("The file holds a message larger than 16 MiB; nothing was imported.", "message too long")
}

func brokenHL7(sentence, what string) error {
	return bot.Errorf(bot.KindInvalid, sentence, "labs: hl7: %s", what)
}
