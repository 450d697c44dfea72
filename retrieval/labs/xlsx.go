package labs

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"

	"careline/bot"
)

// Bounds of a workbook. Its parts are compressed: 64 MiB may hold a thousand times
// as much, and none of it is read at once.
const (
	mostUnzipped = 512 << 20 // bytes of the parts that are read
	mostParts    = 10_000
	mostSheets   = 200
)

// readXLSX reads the sheets of a workbook (ISO/IEC 29500) that have a header line,
// row by row.
func readXLSX(c *Catalogue, s Source, o Options, to bot.ImportSink) error {
	b, err := openWorkbook(s)
	if err != nil {
		return err
	}
	f := newSheetFile(c, o, to)
	var missing error
	read, passed := 0, []string{}
	for _, sheet := range b.sheets {
		err := b.read(f, sheet)
		switch {
		case errors.Is(err, errNoHeader):
			if b.rows > 0 {
				missing = err
				passed = append(passed, sheet.name)
			}
		case err != nil:
			return err
		default:
			read++
		}
	}
	if read == 0 {
		if missing == nil {
			missing = bot.Errorf(bot.KindInvalid, "The workbook is empty.", "labs: xlsx: empty")
		}
		return missing
	}
	if err := f.flush(); err != nil {
		return err
	}
	for _, name := range passed {
		if err := to.Quarantine(bot.Quarantined{Position: "sheet " + name, Reason: "the sheet has no header line and was not read", Format: "record"}); err != nil {
			return err
		}
	}
	return nil
}

// read hands on one sheet of the workbook.
func (b *workbook) read(f *sheetFile, s workbookSheet) error {
	merged, err := b.merged(s)
	if err != nil {
		return err
	}
	in, err := b.open(s.part)
	if err != nil {
		return err
	}
	defer in.Close()
	rows := newRows(b, in, merged)
	b.rows = 0
	return f.read(table{name: s.name, next: func() (line, error) {
		l, err := rows.next()
		if err == nil {
			b.rows++
			return l, nil
		}
		if errors.Is(err, io.EOF) {
			return line{}, io.EOF
		}
		return line{}, brokenWorkbook(err)
	}})
}

// workbook is an open XLSX.
type workbook struct {
	parts    map[string]*zip.File
	sheets   []workbookSheet
	strings  sharedStrings
	formats  []numberFormat // by a cell's style
	date1904 bool
	rows     int // of the sheet in hand
}

type workbookSheet struct{ name, part string }

func openWorkbook(s Source) (*workbook, error) {
	z, err := zip.NewReader(s.ReaderAt, s.Size)
	if err != nil {
		return nil, brokenWorkbook(err)
	}
	if len(z.File) > mostParts {
		return nil, brokenWorkbook(fmt.Errorf("%d parts", len(z.File)))
	}
	b := &workbook{parts: map[string]*zip.File{}}
	for _, part := range z.File {
		b.parts[part.Name] = part
	}
	if err := b.readParts(); err != nil {
		return nil, err
	}
	return b, nil
}

// open gives a part's content, and refuses one that is too large before it is read.
func (b *workbook) open(name string) (io.ReadCloser, error) {
	part, ok := b.parts[name]
	if !ok {
		return nil, brokenWorkbook(fmt.Errorf("no part %s", name))
	}
	if part.UncompressedSize64 > mostUnzipped {
		return nil, bot.Errorf(bot.KindInvalid, "The workbook holds more than 512 MiB; split it or save it as CSV in UTF-8.", "labs: xlsx: %s is too large", name)
	}
	in, err := part.Open()
	if err != nil {
		return nil, brokenWorkbook(err)
	}
	return in, nil
}

func brokenWorkbook(err error) error {
	if bot.KindOf(err) == bot.KindInvalid {
		return err
	}
	return bot.Errorf(bot.KindInvalid, "The file is an archive (zip) and not a workbook that can be read; save it again as .xlsx, or as CSV in UTF-8.", "labs: xlsx: %w", err)
}
