package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// passes is how often a file's bytes are read: for its digest, then for its content.
const passes = 2

// progress shows on a terminal how much of a file has been read; elsewhere nothing.
func progress(io stdio, name string, from io.ReaderAt, size int64) (read io.ReaderAt, finish func()) {
	f, ok := io.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return from, func() {}
	}
	bar := progressbar.NewOptions64(passes*size, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(name),
		progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	return &counted{from, bar}, func() { _ = bar.Finish() }
}

// counted tells a bar what is read.
type counted struct {
	io.ReaderAt
	bar *progressbar.ProgressBar
}

// ReadAt reads and counts; a file whose pieces are read more often stays full.
func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	if c.bar.State().CurrentNum+int64(n) < c.bar.GetMax64() {
		_ = c.bar.Add(n)
	}
	return n, err
}
