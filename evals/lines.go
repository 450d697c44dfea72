package evals

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"careline/bot"
)

// longestLine is the longest line of a suite, in bytes.
const longestLine = 1 << 20

// refused is what is wrong with a line, in words that hold nothing of it.
type refused string

func (r refused) Error() string { return string(r) }

// eachLine decodes a suite line by line and hands on each case. Blank lines are
// skipped. What cannot be read is KindInvalid with a sentence that names the line.
func eachLine[C any](name string, r io.Reader, each func(C) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, longestLine)
	number := 0
	for in.Scan() {
		number++
		line := bytes.TrimSpace(bytes.TrimPrefix(in.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		var one C
		if err := json.Unmarshal(line, &one); err != nil {
			return invalid(name, number, whyNot(err))
		}
		if err := each(one); err != nil {
			if why, ok := errors.AsType[refused](err); ok {
				return invalid(name, number, why)
			}
			return fmt.Errorf("evals: %s, line %d: %w", name, number, err)
		}
	}
	switch err := in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return invalid(name, number+1, "the line is longer than 1 MiB")
	case err != nil:
		return bot.Errorf(bot.KindInvalid, fmt.Sprintf("%s cannot be read.", name), "evals: %s: %w", name, err)
	}
	return nil
}

func invalid(name string, line int, why refused) error {
	return bot.Errorf(bot.KindInvalid, fmt.Sprintf("%s, line %d: %s.", name, line, why), "evals: %s, line %d: %w", name, line, why)
}

// whyNot says what is wrong with JSON. A decoder's own words may quote the line.
func whyNot(err error) refused {
	if why, ok := errors.AsType[refused](err); ok {
		return why
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return refused(fmt.Sprintf("%q is not what is expected there", e.Field))
	}
	return "this is not one JSON object"
}
