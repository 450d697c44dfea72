package labs

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"careline/bot"
)

// table is a sheet of cells, read from the top.
type table struct {
	name     string // of the sheet in a workbook, "" for a text
	comma    rune   // between the cells of a text
	date1904 bool   // a workbook's serial numbers count from 1904
	next     func() (line, error)
}

// line is a row of a table. Its cells are valid until the next one is read.
type line struct {
	number int
	cells  []string
	merged map[int]bool // columns whose cell reaches down from a line above
}

func (l line) blank() bool {
	return !slices.ContainsFunc(l.cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// sheetFile is a file of one or more sheets, with what is kept of it while it is
// read: little, and the same for a short and a long line.
type sheetFile struct {
	catalogue *Catalogue
	options   Options
	columns   *ColumnMap
	to        bot.ImportSink
	people    people
	named     map[uint64]int32 // how often an item has stood in a report
	run       bot.ImportRecord // neighbouring lines of one report
}

func newSheetFile(c *Catalogue, o Options, to bot.ImportSink) *sheetFile {
	f := &sheetFile{catalogue: c, options: o, columns: o.Columns, to: to, people: people{}, named: map[uint64]int32{}}
	if f.columns == nil {
		f.columns = &ColumnMap{}
	}
	return f
}

// sheet is one table of a file, with the meaning of its columns.
type sheet struct {
	*sheetFile
	table
	held    []line // read ahead
	header  line
	columns map[string]int
	items   []itemColumn // of a wide sheet
	below   []line       // units and intervals under a wide header
	repeats repeats
}

// read hands on a whole table. It fails with errNoHeader before anything went to
// the sink where no header line is found.
func (f *sheetFile) read(t table) error {
	s := &sheet{sheetFile: f, table: t}
	if err := s.findHeader(); err != nil {
		return err
	}
	if err := s.findItems(); err != nil {
		return err
	}
	for {
		l, err := s.nextLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = s.line(l)
		}
		if err != nil {
			return err
		}
	}
}

// nextLine is the next one that may hold results.
func (s *sheet) nextLine() (line, error) {
	for {
		l, err := s.ahead()
		if err != nil {
			return line{}, err
		}
		switch {
		case l.blank(), s.sheetFile.columns.skips(l.number), s.catalogue.sheetWords.footer(l.cells), slices.Equal(l.cells, s.header.cells):
			continue
		}
		return l, nil
	}
}

// ahead is the next line, of those read ahead first.
func (s *sheet) ahead() (line, error) {
	if len(s.held) > 0 {
		l := s.held[0]
		s.held = s.held[1:]
		return l, nil
	}
	return s.next()
}

// peek reads lines ahead and gives them, the next first.
func (s *sheet) peek(most int) ([]line, error) {
	for len(s.held) < most {
		l, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		l.cells = slices.Clone(l.cells)
		s.held = append(s.held, l)
	}
	return s.held, nil
}

// line reads one line of results.
func (s *sheet) line(l line) error {
	e, reason := s.entry(l)
	if reason == "" && !s.people.same(e.patient) {
		reason = anotherPerson
	}
	if reason != "" {
		return s.quarantine(l, reason)
	}
	for _, p := range e.printed() {
		if err := s.add(e, s.result(e, p)); err != nil {
			return err
		}
	}
	return nil
}

// mostRun is the most results handed on at once.
const mostRun = 256

// add puts a result to those of its report, if they are neighbours.
func (s *sheet) add(e sheetEntry, x bot.Result) error {
	same := s.run.Report.Number == e.report.Number && slices.Equal(s.run.Patient.Identifiers, e.patient.Identifiers) && s.run.Report.IssuedAt.Equal(e.report.IssuedAt)
	if !same || len(s.run.Report.Results) >= mostRun {
		if err := s.flush(); err != nil {
			return err
		}
		s.run = bot.ImportRecord{Patient: e.patient, Report: e.report, Position: s.position(e.number)}
	}
	s.run.Report.Results = append(s.run.Report.Results, x)
	return nil
}

// flush hands on the results that are together.
func (f *sheetFile) flush() error {
	if len(f.run.Report.Results) == 0 {
		return nil
	}
	r := f.run
	f.run = bot.ImportRecord{}
	return f.to.Record(r)
}

func (s *sheet) position(number int) string {
	if s.name != "" {
		return fmt.Sprintf("sheet %s, line %d", s.name, number)
	}
	return fmt.Sprintf("line %d", number)
}

// quarantine keeps a line as a table of its own, which can be read again.
func (s *sheet) quarantine(l line, reason string) error {
	if err := s.flush(); err != nil {
		return err
	}
	return s.to.Quarantine(bot.Quarantined{Position: s.position(l.number), Reason: reason, Format: "csv", Payload: bot.T(s.alone(l))})
}
