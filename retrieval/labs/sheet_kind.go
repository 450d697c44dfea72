package labs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"careline/bot"
)

// looked is what one pass over a file's bytes shows.
type looked struct {
	digest string // SHA-256, hex
	start  []byte // the first bytes
	utf8   bool   // every byte is UTF-8
	nul    bool   // a zero byte stands in it
}

const utf8BOM = "\ufeff"

// look reads a file once in pieces.
func look(s Source) (looked, error) {
	l := looked{utf8: true}
	digest := sha256.New()
	in := s.reader()
	piece := make([]byte, 64<<10)
	kept := 0 // bytes of a character the last piece cut
	for {
		n, err := io.ReadFull(in, piece[kept:])
		fresh := piece[kept : kept+n]
		digest.Write(fresh)
		if l.start == nil {
			l.start = bytes.Clone(fresh)
		}
		l.nul = l.nul || bytes.IndexByte(fresh, 0) >= 0
		all := piece[:kept+n]
		last := err != nil
		whole := len(all)
		if !last {
			whole = wholeCharacters(all)
		}
		l.utf8 = l.utf8 && utf8.Valid(all[:whole])
		kept = copy(piece, all[whole:])
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			l.digest = hex.EncodeToString(digest.Sum(nil))
			return l, nil
		}
		if err != nil {
			return looked{}, unreadable(err)
		}
	}
}

// wholeCharacters is how much of a piece ends with a whole UTF-8 character.
func wholeCharacters(b []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if utf8.FullRune(b[len(b)-i:]) {
				return len(b)
			}
			return len(b) - i
		}
	}
	return len(b)
}

// Beginnings of files, as their specifications give them.
const (
	zipMagic = "PK\x03\x04"
	oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" // MS-CFB: .xls, and an encrypted .xlsx
)

// otherFiles are files people send in place of results.
var otherFiles = []struct{ begins, is string }{
	{"%PDF-", "a PDF"}, {"\x89PNG\r\n\x1a\n", "a picture (PNG)"}, {"\xff\xd8\xff", "a picture (JPEG)"}, {"GIF8", "a picture (GIF)"},
	{"\x1f\x8b", "compressed (gzip)"}, {"Rar!\x1a\x07", "an archive (RAR)"}, {"7z\xbc\xaf\x27\x1c", "an archive (7z)"},
	{"PK\x05\x06", "an empty archive (zip)"}, {"{\\rtf", "a text document (RTF)"}, {"<", "XML or HTML"},
}

// format tells by content what a file is; the error says what it is instead.
func (l looked) format(s Source) (string, error) {
	text := bytes.TrimSpace(bytes.TrimPrefix(l.start, []byte(utf8BOM)))
	switch {
	case len(text) == 0:
		return "", bot.Errorf(bot.KindInvalid, "The file is empty; export FHIR R4 JSON, or a table as XLSX or CSV in UTF-8.", "labs: empty file")
	case isHL7(s):
		return hl7Format, nil
	case bytes.HasPrefix(l.start, []byte(oleMagic)):
		return "", oldWorkbook(s)
	case bytes.HasPrefix(l.start, []byte(zipMagic)):
		return "xlsx", nil
	}
	for _, other := range otherFiles {
		if bytes.HasPrefix(text, []byte(other.begins)) {
			return "", bot.Errorf(bot.KindInvalid, fmt.Sprintf("The file is %s; export FHIR R4 JSON, or a table as XLSX or CSV in UTF-8.", other.is), "labs: the file is %s", other.is)
		}
	}
	if text[0] == '{' || text[0] == '[' || strings.HasSuffix(strings.ToLower(s.Name), ".json") {
		return "fhir", nil
	}
	return "csv", nil
}

// oldWorkbook says what to do with a compound file: a workbook with a password
// holds a stream of this name (MS-OFFCRYPTO 1.3.3), any other is an old .xls.
func oldWorkbook(s Source) error {
	name, err := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String("EncryptedPackage")
	if err != nil {
		return unreadable(err)
	}
	found, err := contains(s.reader(), []byte(name))
	switch {
	case err != nil:
		return unreadable(err)
	case found:
		return bot.Errorf(bot.KindInvalid, "The workbook has a password; save it without one as .xlsx.", "labs: encrypted workbook")
	}
	return bot.Errorf(bot.KindInvalid, "The file is an old Excel workbook (.xls); save it as .xlsx.", "labs: old workbook")
}

// contains reports whether a stream holds some bytes.
func contains(in io.Reader, what []byte) (bool, error) {
	_, found, err := behind(in, what)
	return found, err
}

// behind finds some bytes in a stream and gives what follows them.
func behind(in io.Reader, what []byte) (rest io.Reader, found bool, err error) {
	piece := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := io.ReadFull(in, piece[kept:])
		all := piece[:kept+n]
		if i := bytes.Index(all, what); i >= 0 {
			return io.MultiReader(bytes.NewReader(all[i+len(what):]), in), true, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		kept = copy(piece, all[max(0, len(all)-len(what)+1):])
	}
}
