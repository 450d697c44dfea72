package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// The marks of the Minimal Lower Layer Protocol (HL7 v2 implementation guide,
// appendix C): <VT> message <FS><CR>.
const (
	startBlock = 0x0b
	endBlock   = 0x1c
	lineEnd    = 0x0d
)

// maxGarbage is how much may stand between two messages, in bytes.
const maxGarbage = 64 << 10

// Errors of frames; after errGarbage the connection cannot be understood.
var (
	errTooLarge = errors.New("intake: message too large")
	errGarbage  = errors.New("intake: no message begins or ends")
)

// frames reads messages from a stream. It is tolerant: anything between messages
// is skipped, so that a missing CR or an added LF does no harm, and a message
// that begins inside another one ends that one, which its sender gave up.
type frames struct {
	r   *bufio.Reader
	max int
}

// begin skips to the next message: io.EOF when the stream ends before one.
func (f frames) begin() error {
	for range maxGarbage {
		c, err := f.r.ReadByte()
		if err != nil {
			return err
		}
		if c == startBlock {
			return nil
		}
	}
	return errGarbage
}

// oversize is how many times the largest message is skipped of one that is larger.
const oversize = 8

// message reads what has begun, to its end. With errTooLarge, after which the next
// message can be read, comes the beginning of the one that was skipped.
func (f frames) message() ([]byte, error) {
	var message []byte
	skipped := 0
	for skipped <= oversize*f.max {
		chunk, err := f.r.Peek(max(1, f.r.Buffered()))
		if len(chunk) == 0 {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		used := bytes.IndexFunc(chunk, func(r rune) bool { return r == startBlock || r == endBlock })
		if used < 0 {
			used = len(chunk)
		}
		kept := min(used, f.max-len(message))
		message = append(message, chunk[:kept]...)
		skipped += used - kept
		ended, again := used < len(chunk) && chunk[used] == endBlock, used < len(chunk) && chunk[used] == startBlock
		_, _ = f.r.Discard(min(used+1, len(chunk)))
		switch {
		case ended && skipped > 0:
			return message[:min(len(message), headerAtMost)], errTooLarge
		case ended:
			return message, nil
		case again:
			message, skipped = message[:0], 0
		}
	}
	return nil, errGarbage
}

// framed is a message as it goes over the wire.
func framed(message []byte) []byte {
	out := make([]byte, 0, len(message)+3)
	out = append(out, startBlock)
	out = append(out, message...)
	return append(out, endBlock, lineEnd)
}
