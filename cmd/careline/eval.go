package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"careline/bot"
	"careline/evals"
)

type evalCmd struct {
	Triage evalTriageCmd `cmd:"" help:"Run labelled messages through triage: recall a level, false alarms, bounds."`
	Review evalReviewCmd `cmd:"" help:"Run labelled drafts through the review: what was blocked by which check, what passed."`
	Learn  evalLearnCmd  `cmd:"" help:"Write what labelled messages teach triage about words: bot/guard/data/learned.tsv."`
	Mutate evalMutateCmd `cmd:"" help:"Make passing drafts harmful in many ways and review them: none may be released."`
}

// suites are the files of an evaluation; none of its commands needs a database.
type suites struct {
	Files []string `arg:"" name:"file" help:"Files of cases, one JSON object a line; - reads standard input."`
	JSON  bool     `help:"Print one JSON object a case instead of the table." name:"json"`
}

// errInput ends a command with exit code 2: the file is at fault, nothing was judged.
type errInput struct{ error }

// Unwrap shows the sentence to read.
func (e errInput) Unwrap() error { return e.error }

// ExitCode tells a file that cannot be read from figures that are not reached.
func (errInput) ExitCode() int { return 2 }

// each opens one file after another.
func (s suites) each(std stdio, run func(name string, r io.Reader) error) error {
	for _, path := range s.Files {
		if err := eachFile(std, path, run); err != nil {
			if bot.KindOf(err) == bot.KindInternal {
				return err
			}
			return errInput{err}
		}
	}
	return nil
}

func eachFile(std stdio, path string, run func(string, io.Reader) error) error {
	if path == "-" {
		return run("standard input", std.in)
	}
	f, err := os.Open(path)
	if err != nil {
		return openError(err)
	}
	defer f.Close()
	return run(filepath.Base(path), f)
}

// print writes lines or, without --json, a table; nothing is written before every
// file was read.
func (s suites) print(std stdio, lines []any, table func(io.Writer) error) error {
	if len(lines) == 0 {
		return errInput{bot.Errorf(bot.KindInvalid, "There is no case in the file.", "eval: no case")}
	}
	if !s.JSON {
		return table(std.out)
	}
	out := json.NewEncoder(std.out)
	out.SetEscapeHTML(false)
	for _, line := range lines {
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func bench() (*evals.Bench, error) { return evals.New(time.Now()) }

// notReached joins the figures that were not reached into one error.
func notReached(sentences []string) error {
	var all []error
	for _, sentence := range sentences {
		all = append(all, errors.New(sentence))
	}
	return errors.Join(all...)
}
