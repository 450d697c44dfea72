package wecom_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"careline/bot"
	"careline/channels/wecom"
	"careline/channels/wecom/wecomtest"
)

// TestWhateverFailsEveryMessageComesOnceAndInOrder lets patients write and things
// happen while pages are small, calls fail, and the database is down now and then.
func TestWhateverFailsEveryMessageComesOnceAndInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := newAccount(t)
		a.PageSize = rapid.IntRange(1, 5).Draw(rt, "page")
		down := rapid.SliceOfN(rapid.Bool(), 0, 10).Draw(rt, "down")
		a.down = func(bot.Inbound) (fails bool) {
			if len(down) > 0 {
				fails, down = down[0], down[1:]
			}
			return fails
		}
		var wrote []string
		p := a.puller()
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"write", "write", "fail", "event", "pull", "restart"}).Draw(rt, "step") {
			case "write":
				wrote = append(wrote, fmt.Sprintf("第%d条", len(wrote)+1))
				a.Write(rapid.SampledFrom([]string{"anna", "ben"}).Draw(rt, "who"), wrote[len(wrote)-1])
			case "fail":
				a.Fail("kf/sync_msg", rapid.SampledFrom([]wecomtest.Fault{{Code: 45009}, {Code: 95007}, {Status: 502}, {Lost: true}}).Draw(rt, "fault"))
			case "event":
				a.Undelivered("anna", "careline-7", 6)
			case "pull":
				_ = wecom.Pull(t.Context(), p)
			case "restart":
				p = a.puller()
			}
			a.Advance(time.Second)
		}
		for tries := 0; wecom.Pull(t.Context(), p) != nil; tries++ {
			if tries > 40 {
				rt.Fatal("it never ends")
			}
		}
		if got := a.texts(); !slices.Equal(got, wrote) {
			rt.Errorf("wrote %q, received %q", wrote, got)
		}
	})
}
