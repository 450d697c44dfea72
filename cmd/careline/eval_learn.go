package main

import (
	"io"

	"careline/bot/guard"
)

type evalLearnCmd struct {
	Files []string `arg:"" name:"file" help:"Files of labelled messages, one JSON object a line; - reads standard input."`
}

// Run writes the weights to standard output. The same messages give the same file.
func (c evalLearnCmd) Run(std stdio) error {
	b, err := bench()
	if err != nil {
		return err
	}
	var examples []guard.Example
	err = suites{Files: c.Files}.each(std, func(name string, r io.Reader) error {
		found, err := b.Examples(name, r)
		examples = append(examples, found...)
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(std.out, b.Learn(examples))
	return err
}
