package channels_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"careline/channels"
)

func TestATextIsCutWhereAReaderWouldPause(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		limit      int
		want       []string
	}{
		{"what fits is one part", "转氨酶偏高。", 100, []string{"转氨酶偏高。"}},
		{"no limit is one part", strings.Repeat("长", 5000), 0, []string{strings.Repeat("长", 5000)}},
		{"at a paragraph before a later sentence", "第一段话说完了。\n\n第二段。还有。", 40, []string{"第一段话说完了。\n\n", "第二段。还有。"}},
		{"at a sentence before a later clause", "这次转氨酶偏高。建议两周内，去看医生", 45, []string{"这次转氨酶偏高。", "建议两周内，去看医生"}},
		{"at a clause", "万一眼睛发黄，小便像浓茶一样", 30, []string{"万一眼睛发黄，", "小便像浓茶一样"}},
		{"at a word in English", "Your potassium is within the printed interval", 22, []string{"Your potassium is ", "within the printed ", "interval"}},
		{"not between a number and its unit", "这一次的血钾7.1 mmol/L高", 24, []string{"这一次的血钾", "7.1 mmol/L高"}},
		{"not inside an interval", "参考范围是3.5-5.3 mmol/L", 20, []string{"参考范围是", "3.5-5.3 mmol/L"}},
		{"not inside a power of ten", "血小板 82×10⁹/L。", 18, []string{"血小板 ", "82×10⁹/L。"}},
		{"not inside a date", "上次是2026年11月3日查的", 24, []string{"上次是", "2026年11月3日查的"}},
		{"not inside an address", "请看https://care.example.org/full/42吧", 37, []string{"请看", "https://care.example.org/full/42吧"}},
		{"not inside a family of emoji", "好👨‍👩‍👧‍👦好", 27, []string{"好", "👨‍👩‍👧‍👦", "好"}},
		{"a good place near the start is passed over", "好。这次谷丙转氨酶比上次又高了一些需要复查", 40, []string{"好。这次谷丙转氨酶比上次又", "高了一些需要复查"}},
		{"a number longer than a part is cut all the same", strings.Repeat("1", 10), 4, []string{"1111", "1111", "11"}},
		{"a limit too small for a character is four", "😀😀", 1, []string{"😀", "😀"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := channels.Split(test.text, test.limit); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// pieces are what texts are built of in the tests; none may be cut.
var pieces = []string{
	"7.1 mmol/L", "3.5-5.3", "≥ 126 mg/dL", "82×10⁹/L", "10^9/L", "1,000 IU/mL", "2026年11月3日", "12.5%", "37.2℃", "40岁", "3次", "0.5 μg/L", "5 毫克",
	"https://care.example.org/full/42?p=1&q=%20", "www.example.org/a,b", "👨‍👩‍👧‍👦", "🇨🇳", "👍🏽", "é", "❤️", "1️⃣",
}

var glue = []string{"转氨酶", "偏高", "，", "。", "！", "\n", "\n\n", " ", "、", "the liver ", "is fine. ", "（", "）", "：", "“请看”", "药", "a", "؟", "\t", "ก็", "한국어 "}

func TestSplitKeepsEveryByteAndNeverCutsWhatBelongsTogether(t *testing.T) {
	t.Parallel()
	if os.Getenv("CARELINE_PROVE") != "" {
		for range 100 { // of rapid's 100 checks
			rapid.Check(t, splitKeepsAll)
		}
		return
	}
	rapid.Check(t, splitKeepsAll)
}

func splitKeepsAll(t *rapid.T) {
	limit := rapid.IntRange(64, 400).Draw(t, "limit")
	var text strings.Builder
	var held [][2]int // from, to of what may not be cut
	for range rapid.IntRange(0, 80).Draw(t, "pieces") {
		if rapid.Bool().Draw(t, "held") {
			text.WriteString("的") // so that two numbers do not become one
			piece := rapid.SampledFrom(pieces).Draw(t, "piece")
			held = append(held, [2]int{text.Len(), text.Len() + len(piece)})
			text.WriteString(piece)
			text.WriteString(" 的") // an address ends at a space
			continue
		}
		text.WriteString(rapid.SampledFrom(glue).Draw(t, "glue"))
	}
	at := 0
	parts := channels.Split(text.String(), limit)
	for i, part := range parts {
		if at += len(part); len(part) > limit || !utf8.ValidString(part) || part == "" && len(parts) > 1 {
			t.Fatalf("part %d of %d bytes, valid %v, limit %d", i, len(part), utf8.ValidString(part), limit)
		}
		for _, h := range held {
			if h[0] < at && at < h[1] {
				t.Fatalf("cut at byte %d, inside %q", at, text.String()[h[0]:h[1]])
			}
		}
	}
	if strings.Join(parts, "") != text.String() {
		t.Fatal("the parts joined are not the text")
	}
}

func TestSplitTakesAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, limit := rapid.String().Draw(t, "text"), rapid.IntRange(1, 40).Draw(t, "limit")
		parts := channels.Split(text, limit)
		if strings.Join(parts, "") != text {
			t.Fatal("the parts joined are not the text")
		}
		for _, part := range parts {
			if len(part) > max(limit, utf8.UTFMax) || !utf8.ValidString(part) {
				t.Fatalf("a part of %d bytes, limit %d", len(part), limit)
			}
		}
	})
}
