package labs

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"

	"careline/bot"
)

// Bounds of a workbook. Its parts are compressed: 64 MiB may hold a thousand times
// as much, and none of it is read at once.
const (
	mostUnzipped = 512 << 20 // bytes that are unpacked of all parts together; a sheet is read twice
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
	return f.read(table{name: s.name, date1904: b.date1904, next: func() (line, error) {
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
	rows     int    // of the sheet in hand
	unzipped uint64 // bytes that have been unpacked, as the parts' headers say: more is an error of theirs
}

type workbookSheet struct{ name, part string }

func openWorkbook(s Source) (*workbook, error) {
	if err := countParts(s); err != nil {
		return nil, brokenWorkbook(err)
	}
	z, err := zip.NewReader(s.ReaderAt, s.Size)
	if err != nil {
		return nil, brokenWorkbook(err)
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
	if part.UncompressedSize64 > mostUnzipped-b.unzipped {
		return nil, bot.Errorf(bot.KindInvalid, "The workbook holds more than 512 MiB; split it or save it as CSV in UTF-8.", "labs: xlsx: %s is too large", name)
	}
	b.unzipped += part.UncompressedSize64
	in, err := part.Open()
	if err != nil {
		return nil, brokenWorkbook(err)
	}
	return in, nil
}

// directoryEntry begins each part's entry in an archive's directory (APPNOTE 4.3.12).
var directoryEntry = []byte("PK\x01\x02")

// countParts refuses an archive whose directory has too many entries before it is
// read: zip.NewReader keeps all there are, whatever count the directory states.
func countParts(s Source) error {
	in, buffer := s.reader(), make([]byte, 64<<10)
	parts, kept := 0, 0
	for {
		n, err := io.ReadFull(in, buffer[kept:])
		parts += bytes.Count(buffer[:kept+n], directoryEntry)
		switch {
		case parts > mostParts:
			return fmt.Errorf("more than %d parts", mostParts)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		kept = copy(buffer, buffer[len(buffer)-len(directoryEntry)+1:])
	}
}

func brokenWorkbook(err error) error {
	if bot.KindOf(err) == bot.KindInvalid {
		return err
	}
	return bot.Errorf(bot.KindInvalid, "The file is an archive (zip) and not a workbook that can be read; save it again as .xlsx, or as CSV in UTF-8.", "labs: xlsx: %w", err)
}
