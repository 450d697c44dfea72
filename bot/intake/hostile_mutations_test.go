package intake_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// promise is what a mutation leaves true of what is stored.
type promise struct {
	nothing bool // the file must be refused whole
	cells   bool // the mutation changed the text of cells
	fewer   bool // the mutation took results out, and nothing can show it
	moved   bool // a result may stand in another report of its patient
}

// mutation breaks a file.
type mutation struct {
	name    string
	formats string // of which files, "" all
	do      func(r *rand.Rand, f *hostileFile) promise
}

// lines are a text file's lines with their ends.
func (f *hostileFile) lines() (lines [][]byte, end []byte) {
	end = f.encode("\r")
	if f.format == "csv" {
		end = f.encode("\r\n")
	}
	end = bytes.TrimPrefix(end, []byte("\xff\xfe"))
	return bytes.SplitAfter(f.body, end), end
}

func (f *hostileFile) replace(old, with string) {
	encode := func(s string) []byte { return bytes.TrimPrefix(f.encode(s), []byte("\xff\xfe")) }
	f.body = bytes.ReplaceAll(f.body, encode(old), encode(with))
}

// cell puts a text in the place of the first result's value.
func (f *hostileFile) cell(with string) { f.replace(f.facts[0].Value, with) }

var hostileMutations = []mutation{
	{"truncated", "", func(r *rand.Rand, f *hostileFile) promise {
		f.body = f.body[:r.IntN(len(f.body)-4)]
		return promise{nothing: f.counted, fewer: true, cells: true}
	}},
	{"truncated at a line's end", "csv hl7", func(r *rand.Rand, f *hostileFile) promise {
		lines, _ := f.lines()
		f.body = bytes.Join(lines[:1+r.IntN(len(lines)-2)], nil)
		return promise{nothing: f.counted, fewer: true}
	}},
	{"beginning lost", "", func(r *rand.Rand, f *hostileFile) promise {
		f.body = f.body[1+r.IntN(len(f.body)-1):]
		return promise{nothing: f.format == "fhir" || f.format == "xlsx", fewer: true, cells: true, moved: true}
	}},
	{"a byte flipped", "", func(r *rand.Rand, f *hostileFile) promise {
		f.body[r.IntN(len(f.body))] ^= byte(1 << r.IntN(8))
		return promise{cells: true, fewer: true, moved: true}
	}},
	{"a byte taken out", "", func(r *rand.Rand, f *hostileFile) promise {
		at := r.IntN(len(f.body))
		f.body = append(f.body[:at:at], f.body[at+1:]...)
		return promise{cells: true, fewer: true, moved: true}
	}},
	{"a byte put in", "", func(r *rand.Rand, f *hostileFile) promise {
		at := r.IntN(len(f.body))
		f.body = append(append(f.body[:at:at], byte(r.IntN(256))), f.body[at:]...)
		return promise{cells: true, fewer: true, moved: true}
	}},
	{"zeros in the middle", "", func(r *rand.Rand, f *hostileFile) promise {
		at, n := r.IntN(len(f.body)), 1+r.IntN(64)
		f.body = append(append(f.body[:at:at], make([]byte, n)...), f.body[at:]...)
		return promise{cells: true, fewer: true, moved: true, nothing: f.format == "fhir" || f.format == "csv" && n%2 == 1}
	}},
	{"a block lost", "", func(r *rand.Rand, f *hostileFile) promise {
		at, end := f.block(r)
		f.body = append(f.body[:at:at], f.body[end:]...)
		return promise{cells: true, fewer: true, moved: true}
	}},
	{"a block twice", "", func(r *rand.Rand, f *hostileFile) promise {
		at, end := f.block(r)
		f.body = bytes.Join([][]byte{f.body[:end], f.body[at:]}, nil)
		return promise{cells: true, fewer: true, moved: true}
	}},
	{"a line lost", "csv hl7", func(r *rand.Rand, f *hostileFile) promise {
		lines, _ := f.lines()
		at := r.IntN(len(lines) - 1)
		f.body = bytes.Join(append(lines[:at:at], lines[at+1:]...), nil)
		return promise{fewer: true, moved: f.format == "hl7"}
	}},
	{"a line twice", "csv hl7", func(r *rand.Rand, f *hostileFile) promise {
		lines, _ := f.lines()
		at := r.IntN(len(lines) - 1)
		f.body = bytes.Join(append(lines[:at+1:at+1], lines[at:]...), nil)
		return promise{moved: f.format == "hl7"}
	}},
	{"results in another order", "csv hl7", func(r *rand.Rand, f *hostileFile) promise {
		f.reorder(r)
		return promise{}
	}},
	{"two neighbouring lines change places", "csv hl7", func(r *rand.Rand, f *hostileFile) promise {
		lines, _ := f.lines()
		at := 1 + r.IntN(len(lines)-3)
		lines[at], lines[at+1] = lines[at+1], lines[at]
		f.body = bytes.Join(lines, nil)
		return promise{moved: f.format == "hl7"}
	}},
	{"lines cut at another length", "csv hl7", func(r *rand.Rand, f *hostileFile) promise {
		lines, end := f.lines()
		at := 1 + r.IntN(len(lines)-3)
		lines[at] = bytes.TrimSuffix(lines[at], end)
		f.body = bytes.Join(lines, nil)
		return promise{cells: true, fewer: true, moved: true}
	}},
	{"another charset", "csv hl7 fhir", func(r *rand.Rand, f *hostileFile) promise {
		text := f.text()
		f.body = [...]func(string) []byte{utf8Text, gb18030Text, utf16Text}[r.IntN(3)](text)
		return promise{}
	}},
	{"another content type", "", func(r *rand.Rand, f *hostileFile) promise {
		f.mediaType = [...]string{"text/csv", "application/hl7-v2", "application/fhir+json", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "image/png", "", "text/html; charset=x"}[r.IntN(7)]
		return promise{}
	}},
	{"the patient of a result is another", "csv fhir", func(r *rand.Rand, f *hostileFile) promise {
		last := f.facts[len(f.facts)-1]
		if f.format == "fhir" {
			old := fmt.Sprintf(`"subject":{"reference":"Patient/%s"},"valueQuantity":{"unit":"mmol/L","value":%s}`, last.Patient, last.Value)
			f.replace(old, strings.Replace(old, last.Patient, f.people[0].id, 1))
			return promise{fewer: true}
		}
		lines, _ := f.lines()
		at := len(lines) - 2
		one := &hostileFile{encode: f.encode, body: lines[at]}
		one.replace(last.Patient, f.people[0].id)
		lines[at] = one.body
		f.body = bytes.Join(lines, nil)
		return promise{fewer: true}
	}},
	{"a patient's birth date is another", "csv hl7", func(r *rand.Rand, f *hostileFile) promise {
		lines, _ := f.lines()
		last := &hostileFile{encode: f.encode, body: bytes.Join(lines[len(lines)/2:], nil)}
		for _, p := range f.people {
			last.replace(p.born, "1901-01-01")
			last.replace(strings.ReplaceAll(p.born, "-", ""), "19010101")
		}
		f.body = append(bytes.Join(lines[:len(lines)/2], nil), last.body...)
		return promise{}
	}},
	{"keys twice", "fhir", func(r *rand.Rand, f *hostileFile) promise {
		x := f.facts[r.IntN(len(f.facts))]
		twice := [...]string{`"value":1,"value":` + x.Value, `"value":` + x.Value + `,"value":1`, `"value":` + x.Value + `,"VALUE":1`}[r.IntN(3)]
		f.replace(`"value":`+x.Value, twice)
		return promise{}
	}},
	{"a key of another case", "fhir", func(r *rand.Rand, f *hostileFile) promise {
		f.replace(`,"valueQuantity":{`, [...]string{`,"VALUEQUANTITY":{"value":1},"valueQuantity":{`, `,"value\u0051uantity":{"value":1},"valueQuantity":{`}[r.IntN(2)])
		return promise{}
	}},
	{"a huge field", "csv hl7 fhir", func(r *rand.Rand, f *hostileFile) promise {
		f.replace(f.facts[0].Name, strings.Repeat("项", 1<<(8+r.IntN(14))))
		return promise{cells: true, fewer: true}
	}},
	{"a huge value", "csv hl7 fhir", func(r *rand.Rand, f *hostileFile) promise {
		f.cell(strings.Repeat("9", 10_000*(1+r.IntN(100))))
		return promise{cells: true, fewer: true}
	}},
	{"a number without end", "csv hl7 fhir xlsx", func(r *rand.Rand, f *hostileFile) promise {
		f.cell([...]string{"1e999999999", "-1e-999999999", "1E+400", "0." + strings.Repeat("0", 10_000) + "1", strings.Repeat("1", 10_000) + "." + strings.Repeat("1", 10_000)}[r.IntN(5)])
		return promise{cells: true, fewer: true}
	}},
	{"100,000 columns", "csv hl7", func(r *rand.Rand, f *hostileFile) promise {
		separator := map[string]string{"csv": ",", "hl7": "|"}[f.format]
		f.replace(f.facts[0].Interval, f.facts[0].Interval+strings.Repeat(separator, 100_000))
		return promise{cells: true, fewer: true}
	}},
	{"100,000 columns in the header", "csv", func(r *rand.Rand, f *hostileFile) promise {
		f.replace("提示", "提示"+strings.Repeat(",a", 100_000))
		return promise{cells: true, fewer: true}
	}},
	{"100,000 repeats, parts and escapes", "hl7", func(r *rand.Rand, f *hostileFile) promise {
		f.cell(strings.Repeat([...]string{"~", "^", "&", `\F\`, `\X41\`, `\`}[r.IntN(6)], 100_000))
		return promise{cells: true, fewer: true}
	}},
	{"nested", "fhir", func(r *rand.Rand, f *hostileFile) promise {
		depth := 50 << r.IntN(12)
		open, end := [...]string{`[`, `{"extension":[`}[r.IntN(2)], ""
		end = map[string]string{`[`: `]`, `{"extension":[`: `]}`}[open]
		f.replace(`"status":"final"`, `"status":"final","extension":`+strings.Repeat(open, depth)+strings.Repeat(end, depth))
		return promise{nothing: true}
	}},
	{"members in a circle", "fhir", func(r *rand.Rand, f *hostileFile) promise {
		f.replace(`"resourceType":"Observation"`, `"resourceType":"Observation","hasMember":[{"reference":"Observation/o111111"},{"reference":"Observation/o112211"}]`)
		return promise{fewer: true, moved: true}
	}},
	{"a million references", "fhir", func(r *rand.Rand, f *hostileFile) promise {
		f.replace(`"result":[`, `"result":[`+strings.Repeat(`{"reference":"Observation/o111111"},`, 100_000))
		return promise{fewer: true, moved: true}
	}},
	{"another shape of a field", "fhir", func(r *rand.Rand, f *hostileFile) promise {
		old := [...]string{`"valueQuantity":{`, `"subject":{`, `"code":{`, `"identifier":[`, `"status":"final"`}[r.IntN(5)]
		f.replace(old, old[:strings.Index(old, ":")]+`":[[7]],"x":`+old[strings.Index(old, ":")+1:])
		return promise{fewer: true}
	}},
	{"separators that are letters", "hl7", func(r *rand.Rand, f *hostileFile) promise {
		f.replace(`MSH|^~\&|`, [...]string{`MSH|||||`, `MSHaaaaaa`, `MSH|^^^^|`, `MSH|12345|`, `MSH\^~|&\`}[r.IntN(5)])
		return promise{fewer: true}
	}},
	{"a declared charset that is none", "hl7", func(r *rand.Rand, f *hostileFile) promise {
		f.replace("UNICODE UTF-8", [...]string{"ASCII", "8859/1", "KLINGON", "GB 18030-2000", "BIG-5"}[r.IntN(5)])
		f.replace("GB 18030-2000", [...]string{"ASCII", "UNICODE UTF-8", "BIG-5"}[r.IntN(3)])
		return promise{cells: true, fewer: true}
	}},
	{"quotes", "csv", func(r *rand.Rand, f *hostileFile) promise {
		f.replace(f.facts[r.IntN(len(f.facts))].Name, [...]string{`"`, `""`, `"a`, `a"`, `"a""`, `=cmd|'/c calc'!A1`}[r.IntN(6)])
		return promise{cells: true, fewer: true}
	}},
	{"an archive's part damaged", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		f.rezip(func(name, text string) string {
			if strings.HasSuffix(name, ".xml") && r.IntN(3) == 0 {
				return text[:r.IntN(len(text))]
			}
			return text
		})
		return promise{fewer: true, cells: true}
	}},
	{"an archive's part lost", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		n, lost := 0, 1+r.IntN(8)
		f.rezip(func(name, text string) string {
			if n++; n == lost {
				return "\x00lost"
			}
			return text
		})
		return promise{fewer: true, cells: true}
	}},
	{"entities", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		entities := `<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>`
		f.rezip(func(name, text string) string {
			text = regexp.MustCompile(`^<\?xml[^>]*\?>`).ReplaceAllString(text, "$0"+entities)
			return strings.ReplaceAll(text, "项目111111", "&c;&d;")
		})
		return promise{fewer: true}
	}},
	{"nested elements", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		depth := 1000 << r.IntN(8)
		f.rezip(func(name, text string) string {
			return strings.Replace(strings.Replace(text, "<t>", "<t>"+strings.Repeat("<x>", depth), 1), "</t>", strings.Repeat("</x>", depth)+"</t>", 1)
		})
		return promise{fewer: true, cells: true}
	}},
	{"100,000 columns of a workbook", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		f.rezip(func(name, text string) string {
			return strings.Replace(text, `</row>`, strings.Repeat(`<c t="str"><v>x</v></c>`, 100_000)+`</row>`, 1)
		})
		return promise{nothing: true}
	}},
	{"cells named wrongly", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		with := [...]string{`r="ZZZZZZZZZZ2"`, `r="B2"`, `r="A2"`, `r="2"`, `r=""`, `r="H99999999999"`}[r.IntN(6)]
		f.rezip(func(name, text string) string { return strings.Replace(text, `r="H2"`, with, 1) })
		return promise{nothing: with != `r="H99999999999"`, cells: true, fewer: true}
	}},
	{"a bomb", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		f.body = zipBomb()
		return promise{nothing: true}
	}},
	{"a bomb that says it is small", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		f.body = lyingBomb()
		return promise{nothing: true}
	}},
	{"a million entries", "xlsx", func(r *rand.Rand, f *hostileFile) promise {
		f.body = manyEntries()
		return promise{nothing: true}
	}},
	{"noise", "", func(r *rand.Rand, f *hostileFile) promise {
		f.body = make([]byte, 1+r.IntN(1<<16))
		for i := range f.body {
			f.body[i] = byte(r.IntN(256))
		}
		if r.IntN(2) == 0 {
			f.body = append([]byte([...]string{"PK\x03\x04", "{", "MSH|^~\\&|", "\xff\xfe", "\ufeff"}[r.IntN(5)]), f.body...)
		}
		return promise{nothing: true}
	}},
}

// block is a part of the file. In a text it ends with its line: a loss that joins
// the head of one line to the tail of another cannot be seen in what is left.
func (f *hostileFile) block(r *rand.Rand) (at, end int) {
	at = r.IntN(len(f.body) - 8)
	end = min(at+1+r.IntN(512), len(f.body))
	if f.format == "csv" || f.format == "hl7" {
		if i := bytes.IndexAny(f.body[at+1:], "\r\n"); i >= 0 {
			end = min(end, at+1+i)
		}
	}
	return at, end
}

// reorder shuffles the results of a sheet, or of each message.
func (f *hostileFile) reorder(r *rand.Rand) {
	lines, _ := f.lines()
	first := 1
	if f.format == "csv" {
		rows := lines[1 : len(lines)-1]
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		f.body = bytes.Join(lines, nil)
		return
	}
	for ; first < len(lines); first++ {
		end := first
		for end < len(lines) && bytes.HasPrefix(lines[end], []byte("OBX")) {
			end++
		}
		part := lines[first:end]
		r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		first = max(first, end)
	}
	f.body = bytes.Join(lines, nil)
}

// text is a text file in UTF-8.
func (f *hostileFile) text() string {
	var b strings.Builder
	g := &hostileFile{format: f.format, encode: utf8Text, people: f.people, facts: f.facts}
	if f.format != "csv" {
		if decoded, err := gb18030Decoded(f.body); f.format == "hl7" && err == nil && bytes.Contains(f.body, []byte("GB 18030")) {
			return decoded
		}
		return string(f.body)
	}
	for _, row := range g.sheetRows() {
		b.WriteString(strings.Join(row, ",") + "\r\n")
	}
	return b.String()
}

// rezip writes the archive anew with its parts changed; "\x00lost" leaves one out.
func (f *hostileFile) rezip(change func(name, text string) string) {
	z, err := zip.NewReader(bytes.NewReader(f.body), int64(len(f.body)))
	if err != nil {
		panic(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range z.File {
		in, _ := part.Open()
		text, _ := io.ReadAll(in)
		if changed := change(part.Name, string(text)); changed != "\x00lost" {
			to, _ := w.Create(part.Name)
			_, _ = io.WriteString(to, changed)
		}
	}
	_ = w.Close()
	f.body = out.Bytes()
}

// zeros is a stream of spaces that is long unpacked and short packed.
var zeros = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for range 600 {
		_, _ = w.Write(chunk)
	}
	_ = w.Close()
	return b.Bytes()
})

// zipBomb is a workbook whose sheet unpacks to 600 MiB.
var zipBomb = sync.OnceValue(func() []byte { return bombOf(600 << 20) })

// lyingBomb is the same, and says that it unpacks to 1000 bytes.
var lyingBomb = sync.OnceValue(func() []byte { return bombOf(1000) })

func bombOf(size uint64) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"_rels/.rels":                `<R><Relationship Id="a" Type="http://x/officeDocument" Target="xl/workbook.xml"/></R>`,
		"xl/workbook.xml":            `<w><sheets><sheet name="S" r:id="s" xmlns:r="r"/></sheets></w>`,
		"xl/_rels/workbook.xml.rels": `<R><Relationship Id="s" Type="http://x/worksheet" Target="s.xml"/></R>`,
	} {
		to, _ := w.Create(name)
		_, _ = io.WriteString(to, text)
	}
	to, _ := w.CreateRaw(&zip.FileHeader{Name: "xl/s.xml", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(nil), CompressedSize64: uint64(len(zeros())), UncompressedSize64: size})
	_, _ = to.Write(zeros())
	_ = w.Close()
	return out.Bytes()
}

// manyEntries is an archive whose directory has a million entries of no bytes.
var manyEntries = sync.OnceValue(func() []byte {
	entry := append([]byte("PK\x01\x02"), make([]byte, 42)...)
	directory := bytes.Repeat(entry, 1_000_000)
	end := []byte("PK\x05\x06\x00\x00\x00\x00\x40\x42\x40\x42")
	end = append(end, byte(len(directory)), byte(len(directory)>>8), byte(len(directory)>>16), byte(len(directory)>>24), 4, 0, 0, 0, 0, 0)
	return bytes.Join([][]byte{[]byte("PK\x03\x04"), directory, end}, nil)
})

func TestTheBrokenFilesAreWholeBeforeTheyAreBroken(t *testing.T) {
	t.Parallel()
	u := newAPI(t)
	for n, kind := range hostileKinds {
		f := kind.build(t, 9000+n)
		got := u.request("POST", "/api/v1/results", f.mediaType, string(f.body))
		if s := got.summary(t); got.status != 201 || s.Results != len(f.facts) || s.Quarantined != 0 {
			t.Errorf("%s: %d %s", kind.name, got.status, got.body)
		}
	}
}
