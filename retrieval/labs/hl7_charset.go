package labs

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// wideOrder is the UTF-16 a file begins in, nil when it does not: by its byte
// order mark, or by the zero bytes in its first letters.
func wideOrder(start []byte) encoding.Encoding {
	start = bytes.TrimPrefix(start, []byte{startsMLLP})
	switch {
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), len(start) > 3 && start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(start, []byte{0xfe, 0xff}), len(start) > 3 && start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
}

// Why a message's text is not known.
const (
	wrongCharset   = "the bytes do not fit the character set that the message declares (MSH-18)"
	unknownCharset = "the message declares a character set (MSH-18) that is not read"
)

// decodeHL7 is a message in UTF-8, or why its text is not known. Nothing is
// replaced: a character that was lost makes the message untrusted.
func decodeHL7(raw []byte, wide bool) (text, reason string) {
	declared := declaredCharset(raw)
	if wide {
		if !intact(raw) || !unicodeNamed(declared) && declared != "UNICODEUTF-16" && !ascii(raw) {
			return "", wrongCharset
		}
		return string(raw), ""
	}
	switch {
	case unicodeNamed(declared) && intact(raw), asciiNamed(declared) && ascii(raw):
		return string(raw), ""
	case declared == "":
		return decodeBy(simplifiedchinese.GB18030, raw)
	case unicodeNamed(declared), asciiNamed(declared), chineseInUTF8(raw):
		return "", wrongCharset
	}
	if by := hl7Charset(declared); by != nil {
		return decodeBy(by, raw)
	}
	return "", unknownCharset
}

// chineseInUTF8 reports whether text is UTF-8 and holds a Chinese character. Its
// bytes mean other characters in every other charset; that a text of another one
// reads like this all through does not happen by chance.
func chineseInUTF8(raw []byte) bool {
	return utf8.Valid(raw) && bytes.ContainsFunc(raw, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
}

// unicodeNamed reports whether a declared charset is read as UTF-8, as none is too.
func unicodeNamed(declared string) bool {
	switch declared {
	case "", "UNICODE", "UNICODEUTF-8", "UTF-8", "UTF8":
		return true
	}
	return false
}

func asciiNamed(declared string) bool {
	return declared == "ASCII" || declared == "US-ASCII" || declared == "ISOIR6" || declared == "ISOIR006"
}

// hl7Charset is the encoding a code of table 0211 or a usual spelling of it means.
func hl7Charset(declared string) encoding.Encoding {
	switch declared {
	case "GB18030-2000", "GB18030", "GBK", "GB2312":
		return simplifiedchinese.GB18030
	case "BIG-5", "BIG5":
		return traditionalchinese.Big5
	}
	_, part, _ := strings.Cut(declared, "8859/")
	return map[string]encoding.Encoding{
		"1": charmap.ISO8859_1, "2": charmap.ISO8859_2, "3": charmap.ISO8859_3, "4": charmap.ISO8859_4, "5": charmap.ISO8859_5,
		"6": charmap.ISO8859_6, "7": charmap.ISO8859_7, "8": charmap.ISO8859_8, "9": charmap.ISO8859_9, "15": charmap.ISO8859_15,
	}[part]
}

func decodeBy(by encoding.Encoding, raw []byte) (text, reason string) {
	decoded, err := by.NewDecoder().Bytes(raw)
	if err != nil || !intact(decoded) {
		return "", wrongCharset
	}
	return string(decoded), ""
}

// intact reports whether text is UTF-8 without zero bytes, without the sign for a
// lost character and without the control characters that no charset prints.
func intact(text []byte) bool {
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 || bytes.Contains(text, []byte("\ufffd")) {
		return false
	}
	for i := 0; ; {
		n := bytes.IndexByte(text[i:], 0xc2)
		if n < 0 || i+n+1 >= len(text) {
			return true
		}
		if text[i+n+1] < 0xa0 {
			return false
		}
		i += n + 2
	}
}

func ascii(raw []byte) bool {
	for _, b := range raw {
		if b >= utf8.RuneSelf || b == 0 {
			return false
		}
	}
	return true
}

// declaredCharset is the first of MSH-18, without spaces and in capitals. The
// header may itself hold Chinese names, whose second byte in GB18030 may look like
// a separator: it is read as text first.
func declaredCharset(raw []byte) string {
	line := bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(raw, "\x0b \t"), []byte("\ufeff")), "\x0b \t")
	if i := bytes.IndexAny(line, "\r\n\x1c"); i >= 0 {
		line = line[:i]
	}
	if !utf8.Valid(line) {
		if decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(line); err == nil && intact(decoded) {
			if declared := charsetField(string(decoded)); hl7Charset(declared) == simplifiedchinese.GB18030 {
				return declared
			}
		}
	}
	return charsetField(string(line))
}

func charsetField(line string) string {
	s := newHL7Segment(line)
	declared := s.field(18)
	if marks, ok := readMarks(line); ok {
		declared = marks.part(marks.first(declared), 1)
	}
	if declared == `""` {
		return ""
	}
	return strings.ToUpper(strings.ReplaceAll(declared, " ", ""))
}
