package labs_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"careline/bot"
	"careline/retrieval/labs"
)

// escaped is a text in HL7's escapes.
var escaped = strings.NewReplacer(`\`, `\E\`, "|", `\F\`, "^", `\S\`, "&", `\T\`, "~", `\R\`)

func TestAnEscapedTextComesBackAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Z血钾|^&~\\#.]([a-zA-Z0-9血钾 |^&~\\#.]{0,30}[a-zA-Z血钾|^&~\\#.])?`).Draw(t, "text")
		f, err := labs.Parse(catalogueOf(t), "f.hl7", strings.NewReader(oru(obx("FT", escaped.Replace(text)))), labs.Options{})
		if err != nil || len(f.Patients) != 1 {
			t.Fatalf("%q: %v %v", text, err, f.Quarantine)
		}
		if r := f.Patients[0].Reports[0].Results[0]; r.Value.Printed != text && r.Flag == "" {
			t.Fatalf("%q became %q", text, r.Value.Printed)
		}
	})
}

func catalogueOf(t *rapid.T) *labs.Catalogue {
	c, err := theCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// anyMessage draws a message with orders, results, notes and specimens.
func anyMessage(t *rapid.T) []string {
	segments := []string{hl7MSH, hl7PID}
	for o := range rapid.IntRange(1, 3).Draw(t, "orders") {
		segments = append(segments, segment("OBR", 1, "1", 3, fmt.Sprint("F-", o), 4, "G^组合", 7, "20261102", 15, "", 22, "20261102100000", 25, "F", 26, ""))
		for n := range rapid.IntRange(1, 4).Draw(t, "results") {
			value := rapid.SampledFrom([][2]string{{"NM", "4.1"}, {"ST", "阳性"}, {"TX", "a~b"}, {"SN", "^3^+"}, {"CE", "P^阳性"}, {"NM", ""}}).Draw(t, "value")
			segments = append(segments, segment("OBX", 1, "1", 2, value[0], 3, fmt.Sprintf("X%d^项目^^^^", n), 5, value[1], 6, "mmol/L^^", 7, "3-5", 8, "", 11, "F", 14, "", 17, "", 23, ""))
			if rapid.Bool().Draw(t, "noted") {
				segments = append(segments, "NTE|1||备注|||")
			}
		}
		if rapid.Bool().Draw(t, "specimen") {
			segments = append(segments, "SPM|1|||SER^血清^^|||||")
		}
	}
	return segments
}

func read(t *rapid.T, segments []string) bot.ImportFile {
	f, err := labs.Parse(catalogueOf(t), "f.hl7", strings.NewReader(message(segments...)), labs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.Digest = ""
	return f
}

var (
	emptyFields     = regexp.MustCompile(`\|+$`)
	emptyComponents = regexp.MustCompile(`\^+(\||$)`)
	plainTexts      = cmp.Comparer(func(a, b bot.Text) bool { return a.Plain() == b.Plain() })
	exactDecimals   = cmp.Comparer(func(a, b bot.Decimal) bool { return a.String() == b.String() })
)

func TestAMessageReadsTheSameWithoutItsEmptyEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		segments := anyMessage(t)
		short := slices.Clone(segments)
		for i := range short[1:] {
			short[i+1] = emptyFields.ReplaceAllString(emptyComponents.ReplaceAllString(short[i+1], "$1"), "")
		}
		if diff := cmp.Diff(read(t, segments), read(t, short), plainTexts, exactDecimals); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestUnknownSegmentsAnywhereChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		segments := anyMessage(t)
		more := slices.Clone(segments)
		for _, unknown := range rapid.Permutation([]string{"ZZZ|own|4.9", "PV1|1|I", "SFT|x", "ZRS", "PRT||AD", "TQ1|1", "CTI|1", "FT1|1", "TCD|1", "UAC|1"}).Draw(t, "unknown") {
			more = slices.Insert(more, rapid.IntRange(1, len(more)-1).Draw(t, "at"), unknown)
		}
		if diff := cmp.Diff(read(t, segments), read(t, more), plainTexts, exactDecimals); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAnySeparatorsReadTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		segments := anyMessage(t)
		marks := rapid.Permutation([]byte("!#$%;?@_")).Draw(t, "separators")
		other := strings.NewReplacer("|", string(marks[0]), "^", string(marks[1]), "~", string(marks[2]), `\`, string(marks[3]), "&", string(marks[4]))
		changed := make([]string, len(segments))
		for i, s := range segments {
			changed[i] = other.Replace(s)
		}
		if diff := cmp.Diff(read(t, segments), read(t, changed), plainTexts, exactDecimals); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A message that was cut never brings a number that the whole one does not.
func TestACutMessageBringsNoOtherValue(t *testing.T) {
	t.Parallel()
	whole := oru(obx("NM", "412.5", 6, "mmol/L"), obx("NM", "37.25", 3, "NA^钠"), obx("SN", ">^1000", 3, "A^淀粉酶"))
	values := map[string]bool{"412.5": true, "37.25": true, ">1000": true}
	for n := range len(whole) {
		f, err := parse(t, "f.hl7", whole[:n])
		trusted(t, f, err)
		for _, p := range f.Patients {
			for _, x := range p.Reports[0].Results {
				if !values[x.Value.Shown()] {
					t.Errorf("cut at %d: %s", n, x.Value.Shown())
				}
			}
		}
	}
}

func FuzzHL7(f *testing.F) {
	f.Add([]byte(oru(obx("NM", "4.1"), `OBX|2|FT|D^描述||a\.br\b\X41\~c|||||F`)))
	f.Add([]byte("\x0bMSH|^~\\&#|A|B|||2026||OUL^R22|1|P|2.7||||||GB 18030-2000\rPID|1||1^^^A\rSPM|1|||UR\rOBR|1||2||||||||||||||||||||||F\rOBX|1|SN|A||^1^:^80||||||P\x1c\r"))
	f.Add([]byte("FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|A|B|||2026||ADT^A40|1|P|2.5\rPID|1||1^^^A\rMRG|2^^^A\rBTS|1\rFTS|1"))
	f.Add([]byte("\xff\xfeM\x00S\x00H\x00|\x00"))
	for _, c := range malformed() {
		f.Add([]byte(c))
	}
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := labs.Parse(c, "fuzz.hl7", strings.NewReader(string(content)), labs.Options{})
		trusted(t, file, err)
		for _, q := range file.Quarantine {
			if strings.ContainsRune(q.Payload.Plain(), 0) || strings.ToValidUTF8(q.Payload.Plain(), "") != q.Payload.Plain() {
				t.Errorf("a payload the database cannot hold: %q", q.Reason)
			}
		}
		answer := string(labs.Ack(content, labs.AckAccept, "", atNoon))
		if !strings.HasPrefix(answer, "MSH") && !strings.HasPrefix(answer, "\xff\xfe") && !strings.HasPrefix(answer, "\xfe\xff") && !strings.Contains(answer, "M\x00S") && !strings.Contains(answer, "\x00M") {
			t.Errorf("no answer: %q", answer)
		}
	})
}
