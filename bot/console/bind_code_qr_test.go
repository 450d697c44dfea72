package console

import (
	"regexp"
	"strconv"
	"testing"

	"rsc.io/qr"
)

// TestTheDrawingIsTheCode: every module of it, and white around.
func TestTheDrawingIsTheCode(t *testing.T) {
	t.Parallel()
	code, err := qr.Encode("https://care.example.org/w/demo/bind?code=KX7M2PQD", qr.M)
	if err != nil {
		t.Fatal(err)
	}
	view := drawQR(code)
	if view.Side != code.Size+8 {
		t.Errorf("side %d of a code of %d", view.Side, code.Size)
	}
	drawn := map[[2]int]bool{}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(view.Path, -1) {
		x, y, long := number(t, run[1]), number(t, run[2]), number(t, run[3])
		if run[3] != run[4] {
			t.Fatalf("%s is no rectangle", run[0])
		}
		for i := range long {
			drawn[[2]int{x + i, y}] = true
		}
	}
	for y := range view.Side {
		for x := range view.Side {
			if drawn[[2]int{x, y}] != code.Black(x-4, y-4) {
				t.Fatalf("module %d, %d is drawn %v", x, y, drawn[[2]int{x, y}])
			}
		}
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
