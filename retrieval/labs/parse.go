package labs

import (
	"bytes"
	"io"
	"time"

	"careline/bot"
)

// MaxFile is the largest file that is read, in bytes.
const MaxFile = 64 << 20

// Source is a file to read: its name and its bytes, which are read more than once.
type Source struct {
	Name string
	io.ReaderAt
	Size int64
}

// Bytes is a Source in memory.
func Bytes(name string, raw []byte) Source {
	return Source{Name: name, ReaderAt: bytes.NewReader(raw), Size: int64(len(raw))}
}

// reader reads the source from its beginning.
func (s Source) reader() *io.SectionReader { return io.NewSectionReader(s.ReaderAt, 0, s.Size) }

// Options for Read.
type Options struct {
	Location *time.Location // of times without a zone; UTC if nil
	Columns  *ColumnMap     // how this source's sheets are laid out; nil: as their headers say
}

// Read hands a file's content to a sink, item by item: HL7 v2, FHIR R4 JSON,
// an XLSX workbook, else a table as text. A malformed file is refused whole with
// KindInvalid, also where part of it has been handed on: the sink must undo that.
// An item that cannot be trusted is quarantined and the rest goes in.
func Read(c *Catalogue, s Source, o Options, to bot.ImportSink) (head bot.ImportHead, err error) {
	if s.Size > MaxFile {
		return bot.ImportHead{}, bot.Errorf(bot.KindInvalid, "The file is larger than 64 MiB; split it.", "labs: file too large")
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	seen, err := look(s)
	if err != nil {
		return bot.ImportHead{}, err
	}
	head.Digest = seen.digest
	switch format, refused := seen.format(s); {
	case refused != nil:
		return bot.ImportHead{}, refused
	case format == "fhir":
		head.Format, err = "fhir", readJSON(c, s, seen, o, to)
	case format == hl7Format:
		head.Format, err = format, readHL7(c, s, o, to)
	case format == "xlsx":
		head.Format, err = "xlsx", readXLSX(c, s, o, to)
	default:
		head.Format, err = "csv", readCSV(c, s, seen, o, to)
	}
	if err != nil {
		return bot.ImportHead{}, err
	}
	return head, nil
}

// readJSON reads a FHIR file, which is UTF-8.
func readJSON(c *Catalogue, s Source, seen looked, o Options, to bot.ImportSink) error {
	if !seen.utf8 || seen.nul {
		return bot.Errorf(bot.KindInvalid, "The file is JSON and not in UTF-8; export it as FHIR R4 JSON in UTF-8.", "labs: json: wrong charset")
	}
	return readFHIR(c, s, o, to)
}

func unreadable(err error) error {
	return bot.Errorf(bot.KindInvalid, "The file cannot be read.", "labs: %w", err)
}

// Parse is Read for a small file: its whole content in memory.
func Parse(c *Catalogue, name string, r io.Reader, o Options) (bot.ImportFile, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return bot.ImportFile{}, unreadable(err)
	}
	all := &collector{patients: map[string]int{}, reports: map[string]int{}}
	head, err := Read(c, Bytes(name, raw), o, all)
	if err != nil {
		return bot.ImportFile{}, err
	}
	all.file.ImportHead = head
	return all.file, nil
}
