package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func readAll(stream []byte, max int) (messages []string, err error) {
	in := frames{bufio.NewReaderSize(bytes.NewReader(stream), 16), max}
	for {
		if err := in.begin(); err != nil {
			return messages, err
		}
		raw, err := in.message()
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(raw))
	}
}

func TestFramesAreReadTolerantly(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		name, stream string
		want         []string
		err          error
	}{
		{"nothing", "", nil, io.EOF},
		{"as the protocol says", "\x0bA\x1c\r\x0bB\x1c\r", []string{"A", "B"}, io.EOF},
		{"without CR", "\x0bA\x1c\x0bB\x1c", []string{"A", "B"}, io.EOF},
		{"with LF", "\x0bA\x1c\r\n\x0bB\x1c\n", []string{"A", "B"}, io.EOF},
		{"garbage before and between", "xx\x1c\r\x0bA\x1c\rnoise\r\n\x0bB\x1c\r", []string{"A", "B"}, io.EOF},
		{"line ends inside are content", "\x0bMSH|\rPID|\r\n\x1c\r", []string{"MSH|\rPID|\r\n"}, io.EOF},
		{"an empty message", "\x0b\x1c\r", []string{""}, io.EOF},
		{"longer than the buffer", "\x0b" + long + "\x1c\r", []string{long}, io.EOF},
		{"a message given up for another", "\x0bhalf\x0bwhole\x1c\r", []string{"whole"}, io.EOF},
		{"the stream ends inside", "\x0bA\x1c\r\x0bhalf", []string{"A"}, io.ErrUnexpectedEOF},
		{"too large", "\x0b" + strings.Repeat("x", 201) + "\x1c\r", nil, errTooLarge},
		{"the largest", "\x0b" + strings.Repeat("x", 200) + "\x1c\r", []string{strings.Repeat("x", 200)}, io.EOF},
		{"garbage without end", strings.Repeat("x", maxGarbage+1), nil, errGarbage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := readAll([]byte(c.stream), 200)
			if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
				t.Errorf("read %q, %v; want %q, %v", got, err, c.want, c.err)
			}
		})
	}
}

// FuzzFrames: no stream panics or yields a mark; what was framed comes back
// whatever stands before it.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{"", "\x0bA\x1c\r", "\x0bA\x0bB\x1c", "\x1c\x1c\r\x0b", "MSH|^~\\&|", "\x0b" + strings.Repeat("y", 300) + "\x1c\r", "\xff\xfe\x0b\x00\x1c"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		messages, err := readAll(stream, 256)
		if err == nil {
			t.Fatal("a stream has no end")
		}
		for _, m := range messages {
			if len(m) > 256 || strings.ContainsAny(m, "\x0b\x1c") {
				t.Fatalf("a message of %d bytes with a mark in it", len(m))
			}
		}
		if errors.Is(err, errTooLarge) || errors.Is(err, errGarbage) || len(stream) >= maxGarbage {
			return
		}
		after, _ := readAll(append(bytes.Clone(stream), framed([]byte("MSH|whole"))...), 256)
		if !slices.Equal(after, append(messages, "MSH|whole")) {
			t.Fatalf("a message after the stream was lost: %q", after)
		}
	})
}
