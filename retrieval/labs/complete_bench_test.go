package labs

import (
	"testing"

	"careline/bot"
)

// BenchmarkComplete is what one result of an import costs beyond reading it.
func BenchmarkComplete(b *testing.B) {
	c, err := LoadCatalogue()
	if err != nil {
		b.Fatal(err)
	}
	v, flag := ParseValue("87↑", "U/L")
	printed := bot.Result{Name: "*谷丙转氨酶(ALT)", Value: v, Flag: flag, Interval: ParseInterval("7-40")}
	for b.Loop() {
		r := printed
		c.complete(&r, setting{title: "肝功能"})
	}
}

func BenchmarkParseValueAndInterval(b *testing.B) {
	for b.Loop() {
		ParseValue("87↑", "U/L")
		ParseInterval("7-40")
	}
}
