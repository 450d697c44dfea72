package labs

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"careline/bot"
)

// charsets are the names a mapping file gives an encoding. GBK is the part of
// GB18030 with two bytes a character.
var charsets = map[string]encoding.Encoding{
	"utf-8": utf16.UTF8BOM, "gb18030": simplifiedchinese.GB18030, "gbk": simplifiedchinese.GB18030, "gb2312": simplifiedchinese.GB18030,
	"utf-16le": utf16.UTF16(utf16.LittleEndian, utf16.UseBOM), "utf-16be": utf16.UTF16(utf16.BigEndian, utf16.UseBOM),
}

// charset tells a text's encoding: by its byte order mark, else UTF-8 where every
// byte fits, else GB18030, which is what other Chinese systems write.
func (l looked) charset() (string, error) {
	switch {
	case bytes.HasPrefix(l.start, []byte("\xff\xfe")):
		return "utf-16le", nil
	case bytes.HasPrefix(l.start, []byte("\xfe\xff")):
		return "utf-16be", nil
	case l.nul:
		return "", bot.Errorf(bot.KindInvalid, "The file is not text; export FHIR R4 JSON, or a table as XLSX or CSV in UTF-8.", "labs: binary file")
	case l.utf8:
		return "utf-8", nil
	}
	return "gb18030", nil
}

// decoded is a text in UTF-8 with line ends "\n", whatever the file has. It never
// holds a character that stands for another one: such a file is refused.
type decoded struct {
	in      *transform.Reader
	charset string
	line    int
	return_ bool   // the last byte was "\r"
	rest    []byte // of a character that is not whole yet
	allowed int    // bytes until the record in hand is too long
	failed  error
}

// mostRecord is the longest record of a sheet, in bytes.
const mostRecord = 1 << 20

func decode(in io.Reader, charset string) *decoded {
	return &decoded{in: transform.NewReader(in, charsets[charset].NewDecoder()), charset: charset, line: 1, allowed: mostRecord}
}

// record allows the next record its length.
func (d *decoded) record() { d.allowed = mostRecord }

func (d *decoded) Read(p []byte) (int, error) {
	if d.failed != nil {
		return 0, d.failed
	}
	if len(p) < 2*utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	kept := copy(p, d.rest)
	n, err := d.in.Read(p[kept:])
	all := p[:kept+n]
	whole := len(all)
	if err == nil {
		whole = wholeCharacters(all)
	}
	d.rest = append(d.rest[:0], all[whole:]...)
	all = all[:whole]
	if d.allowed -= len(all); d.allowed < 0 {
		d.failed = bot.Errorf(bot.KindInvalid, fmt.Sprintf("The record at line %d is longer than 1 MiB; nothing was imported.", d.line), "labs: sheet: record too long")
		return 0, d.failed
	}
	kept, refused := d.plain(all)
	if refused != nil {
		err = refused
	}
	d.failed = err
	return kept, err
}

// plain checks characters and brings line ends to "\n", in place.
func (d *decoded) plain(text []byte) (int, error) {
	out := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		if !readableRune(r) {
			return out, bot.Errorf(bot.KindInvalid, fmt.Sprintf("Line %d is not readable as %s; export the file as FHIR R4 JSON, or as XLSX or CSV in UTF-8. Nothing was imported.", d.line, charsetName(d.charset)), "labs: sheet: not %s", d.charset)
		}
		again := r == '\n' && d.return_
		d.return_ = r == '\r'
		switch {
		case again:
		case r == '\r' || r == '\n':
			d.line++
			text[out] = '\n'
			out++
		default:
			out += copy(text[out:], text[i:i+size])
		}
		i += size
	}
	return out, nil
}

// readableRune is false for what only a wrong decoding makes: the replacement
// character, NUL, characters nobody assigned or each vendor by itself.
func readableRune(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r != 0
	case r >= 0x4e00 && r < 0x9fff:
		return true
	}
	return r != utf8.RuneError && (unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029)
}

func charsetName(charset string) string {
	switch charset {
	case "utf-16le", "utf-16be":
		return "UTF-16"
	case "utf-8":
		return "UTF-8"
	}
	return "GB18030"
}
