package labs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

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
}

// Read hands a file's content to a sink, item by item: FHIR R4 JSON, else CSV in
// UTF-8. A malformed file is refused whole with KindInvalid, also where part of it
// has been handed on: the sink must undo that. An item that cannot be trusted is
// quarantined and the rest goes in.
func Read(c *Catalogue, s Source, o Options, to bot.ImportSink) (bot.ImportHead, error) {
	if s.Size > MaxFile {
		return bot.ImportHead{}, bot.Errorf(bot.KindInvalid, "The file is larger than 64 MiB; split it.", "labs: file too large")
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	digest := sha256.New()
	raw, err := io.ReadAll(io.TeeReader(s.reader(), digest))
	if err != nil {
		return bot.ImportHead{}, bot.Errorf(bot.KindInvalid, "The file cannot be read.", "labs: %w", err)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if err := checkCharset(raw); err != nil {
		return bot.ImportHead{}, err
	}
	head := bot.ImportHead{Digest: hex.EncodeToString(digest.Sum(nil))}
	text := bytes.TrimSpace(raw)
	switch {
	case len(text) == 0:
		return bot.ImportHead{}, bot.Errorf(bot.KindInvalid, "The file is empty; export FHIR R4 JSON or CSV in UTF-8.", "labs: empty file")
	case text[0] == '{' || text[0] == '[' || strings.HasSuffix(strings.ToLower(s.Name), ".json"):
		head.Format, err = "fhir", readFHIR(c, s, o, to)
	default:
		head.Format, err = "csv", readCSV(c, raw, o, to)
	}
	if err != nil {
		return bot.ImportHead{}, err
	}
	return head, nil
}

// checkCharset names the encoding that older Chinese systems export, so that the
// operator knows what to change.
func checkCharset(raw []byte) error {
	if utf8.Valid(raw) && bytes.IndexByte(raw, 0) < 0 {
		return nil
	}
	encoding := "not UTF-8"
	if decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw); err == nil && bytes.IndexByte(raw, 0) < 0 && !bytes.Contains(decoded, []byte("\ufffd")) {
		encoding = "GB18030, not UTF-8"
	}
	return bot.Errorf(bot.KindInvalid, fmt.Sprintf("The file is %s; export it as FHIR R4 JSON or CSV in UTF-8.", encoding), "labs: wrong charset")
}

// Parse is Read for a small file: its whole content in memory.
func Parse(c *Catalogue, name string, r io.Reader, o Options) (bot.ImportFile, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return bot.ImportFile{}, bot.Errorf(bot.KindInvalid, "The file cannot be read.", "labs: %w", err)
	}
	all := &collector{patients: map[string]int{}, reports: map[string]int{}}
	head, err := Read(c, Bytes(name, raw), o, all)
	if err != nil {
		return bot.ImportFile{}, err
	}
	all.file.ImportHead = head
	return all.file, nil
}
