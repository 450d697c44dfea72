package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"careline/bot"
	"careline/channels"
)

// marker stands in texts that must not come back in an error.
const marker = "标记MARKER7c1f"

// part is a part of a reply that staff wrote: it carries no label.
func (h Harness) part(text string) bot.Outbound {
	return bot.Outbound{
		ID: 1, Institution: "default", Conversation: 1, Channel: h.Adapter.Name(), ExternalID: h.To,
		Author: bot.AuthorStaff, Text: bot.T(text), Language: bot.Chinese,
	}
}

func (h Harness) send(t *testing.T, texts ...string) {
	t.Helper()
	for i, text := range texts {
		out := h.part(text)
		out.ID = bot.MessageID(i + 1)
		if err := h.Adapter.Send(t.Context(), out); err != nil {
			t.Fatalf("part %d: %v", i+1, err)
		}
	}
}

func (h Harness) saw(t *testing.T, want ...string) {
	t.Helper()
	if got := h.Seen(); !slices.Equal(got, want) {
		t.Errorf("the person sees %d messages %.300q, want %d %.300q", len(got), got, len(want), want)
	}
}

// failed checks that err says what to do, and neither to whom nor what was sent.
func (h Harness) failed(t *testing.T, err error, want channels.SendError) {
	t.Helper()
	e, ok := errors.AsType[*channels.SendError](err)
	if !ok {
		t.Fatalf("error %v, want a SendError of kind %s", err, want.Kind)
	}
	if e.Kind != want.Kind || e.Closed != want.Closed || e.Operator != want.Operator || (e.After > 0) != (want.After > 0) {
		t.Errorf("kind %s, closed %v, operator %v, after %s; want %s, %v, %v, %s", e.Kind, e.Closed, e.Operator, e.After, want.Kind, want.Closed, want.Operator, want.After)
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", e.Err)} {
		if strings.Contains(text, marker) || strings.Contains(text, h.To.Plain()) {
			t.Errorf("the error holds the text or who it was for: %s", text)
		}
	}
}

func limits(t *testing.T, h Harness) {
	l := h.Adapter.Limits()
	if h.Adapter.Name() == "" || l.TextBytes < 0 || l.Parts < 0 || l.Pace < 0 {
		t.Errorf("name %q, limits %+v", h.Adapter.Name(), l)
	}
	for _, w := range l.Windows {
		assistant, staff, danger := w.Allowance(bot.AuthorAssistant, false), w.Allowance(bot.AuthorStaff, false), w.Allowance(bot.AuthorSystem, true)
		if assistant < 1 || staff < assistant || danger <= staff || danger != w.Messages || w.For <= 0 {
			t.Errorf("window %+v: %d for the assistant, %d for staff, %d for a danger", w, assistant, staff, danger)
		}
	}
	if _, ok := h.Adapter.(channels.Library); ok != (l.MediaBytes > 0) {
		t.Errorf("a library: %v, of %d bytes", ok, l.MediaBytes)
	}
}

// perReply is how many parts the tests send in one window.
func perReply(l channels.Limits) int {
	n := 3
	for _, w := range l.Windows {
		n = min(n, w.Messages)
	}
	return n
}

func order(t *testing.T, h Harness) {
	h.Writes("你好", 1)
	l := h.Adapter.Limits()
	limit := l.TextBytes
	if limit == 0 {
		limit = 2000
	}
	var text strings.Builder
	for i := 0; text.Len() < limit*(perReply(l)-1)+limit/3; i++ {
		fmt.Fprintf(&text, "第%d项：7.1 mmol/L，参考范围3.5-5.3。", i)
	}
	parts := channels.Split(text.String(), limit)
	if len(parts) != perReply(l) {
		t.Fatalf("%d parts, want %d", len(parts), perReply(l))
	}
	h.send(t, parts...)
	h.saw(t, parts...)
	if strings.Join(h.Seen(), "") != text.String() {
		t.Error("what is seen, joined, is not the text")
	}
}

func oversize(t *testing.T, h Harness) {
	limit := h.Adapter.Limits().TextBytes
	if limit == 0 {
		t.Skip("the channel has no limit")
	}
	h.Writes("你好", 1)
	long := strings.Repeat("a", limit)
	h.send(t, long)
	h.failed(t, h.Adapter.Send(t.Context(), h.part(long[len(marker)-1:]+marker)), channels.SendError{Kind: channels.Never})
	h.saw(t, long)
}

// hard are texts that a careless channel spoils.
var hard = []string{
	"血钾 7.1 mmol/L（参考范围3.5–5.3）↑",
	"👨‍👩‍👧‍👦 👍🏽 🇨🇳 1️⃣ 𠮷 é",
	"a\nb\n\nc\td\\n\\\" \"引号\" 'x' %s %d {{.}} ${x}",
	"5 < 7 & 7 > 5; <b>粗</b> ]]> &amp; \u2028 \u2029",
	"שלום مرحبا \u202eabc\u202c 한국어 ไทย",
}

func unicode(t *testing.T, h Harness) {
	for _, text := range hard {
		h.Writes("你好", 1)
		h.send(t, text)
	}
	h.saw(t, hard...)
}

func noText(t *testing.T, h Harness) {
	h.Writes("你好", 1)
	for _, text := range []string{"", marker + "\xff", "\xe4\xb8" + marker} {
		h.failed(t, h.Adapter.Send(t.Context(), h.part(text)), channels.SendError{Kind: channels.Never})
	}
	h.saw(t)
}

func unopened(t *testing.T, h Harness) {
	if len(h.Adapter.Limits().Windows) == 0 {
		t.Skip("the channel has no windows")
	}
	h.failed(t, h.Adapter.Send(t.Context(), h.part(marker)), channels.SendError{Kind: channels.Hold, Closed: true})
	h.saw(t)
}

func window(t *testing.T, h Harness) {
	windows := h.Adapter.Limits().Windows
	at := slices.IndexFunc(windows, func(w bot.Window) bool { return w.Opening == bot.OpenedByWriting })
	if at < 0 {
		t.Skip("the channel has no window for who writes")
	}
	h.Writes("你好", 1)
	var sent []string
	for i := range windows[at].Messages {
		sent = append(sent, fmt.Sprintf("第%d条", i+1))
	}
	h.send(t, sent...)
	h.failed(t, h.Adapter.Send(t.Context(), h.part(marker)), channels.SendError{Kind: channels.Hold})
	h.Writes("还在吗", 1)
	h.send(t, "在的")
	h.Expire()
	h.failed(t, h.Adapter.Send(t.Context(), h.part(marker)), channels.SendError{Kind: channels.Hold, Closed: true})
	h.saw(t, append(sent, "在的")...)
}

func again(t *testing.T, h Harness) {
	if !h.Adapter.Limits().Again {
		t.Skip("the channel shows a part as often as it is sent")
	}
	h.Writes("你好", 1)
	h.send(t, "一次")
	if err := h.Restart().Send(t.Context(), h.part("一次")); err != nil {
		t.Fatal(err)
	}
	h.saw(t, "一次")
}

func duplicates(t *testing.T, h Harness) {
	if h.Inbox == nil {
		t.Skip("the receiving side is tested elsewhere")
	}
	type identity struct {
		institution      bot.InstitutionID
		channel, from    string
		id, text, kindOf string
	}
	h.Writes("我的血钾高吗", 3)
	h.Writes("我的血钾高吗", 1)
	all := map[identity]int{}
	for _, in := range h.Inbox() {
		all[identity{in.Institution, in.Channel, in.ExternalID.Plain(), in.ProviderID, in.Text.Plain(), in.Kind}]++
		if in.ProviderID == "" || in.ExternalID != h.To || in.Channel != h.Adapter.Name() || in.Kind != bot.MessageText || in.Text.Plain() != "我的血钾高吗" {
			t.Errorf("provider's id empty: %v, kind %s, channel %s, from the person: %v", in.ProviderID == "", in.Kind, in.Channel, in.ExternalID == h.To)
		}
	}
	if len(all) != 2 {
		t.Errorf("%d different messages came, want 2: one delivered often, and the same words again", len(all))
	}
}

func restart(t *testing.T, h Harness) {
	h.Writes("我的血钾高吗", 1)
	to := h.To
	if h.Inbox != nil {
		to = h.Inbox()[0].ExternalID
	}
	out := h.part("请今天去医院。")
	out.ExternalID = to
	if err := h.Restart().Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	h.saw(t, "请今天去医院。")
}

func givenUp(t *testing.T, h Harness) {
	h.Writes("你好", 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.failed(t, h.Adapter.Send(ctx, h.part(marker)), channels.SendError{Kind: channels.Retry})
	h.saw(t)
}

func library(t *testing.T, h Harness) {
	l, ok := h.Adapter.(channels.Library)
	if !ok {
		t.Skip("the channel has no pictures and no voice")
	}
	body, err := l.Fetch(t.Context(), "no-such-media", 1<<20)
	if err == nil {
		body.Close()
	}
	h.failed(t, err, channels.SendError{Kind: channels.Never})
}

// fault looks its fault up by name, for each harness has faults of its own.
func fault(t *testing.T, h Harness, name string) {
	at := slices.IndexFunc(h.Faults, func(f Fault) bool { return f.Name == name })
	f := h.Faults[at]
	h.Writes("你好", 1)
	f.Arm()
	h.failed(t, h.Adapter.Send(t.Context(), h.part(marker)), f.Want)
	if f.Shown != slices.Contains(h.Seen(), marker) {
		t.Errorf("the person sees the text: %v", !f.Shown)
	}
	h.Writes("还在吗", 1)
	if err := h.Restart().Send(t.Context(), h.part("在的")); err != nil {
		t.Errorf("after the fault: %v", err)
	}
	if seen := h.Seen(); len(seen) == 0 || seen[len(seen)-1] != "在的" {
		t.Errorf("after the fault the person sees %q", seen)
	}
}
