package reception_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"careline/bot"
	"careline/bot/store"
)

var update = flag.Bool("update", false, "write what was said into the chats")

// TestChats plays each file of testdata/*.chat. A line is what somebody does; the
// indented lines below it are what leaves the hospital then, and to whom. Lines that
// begin with "+" belong to the same burst as the line above them.
//
//	staff makes code C for ANNA [printed] [agreed]
//	anna follows [with C]        anna scans C        anna leaves        anna comes back
//	anna taps 我的报告             anna: any words, $C for a code, $C.factor for its factor
//	20m pass                     anna is bound to MOTHER as parent
func TestChats(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.chat")
	if err != nil || len(files) == 0 {
		t.Fatal("no chats", err)
	}
	w := newWorld(t, true)
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".chat"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			w.fresh(t)
			got := w.play(t, string(raw))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(strings.Split(string(raw), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// fresh ends every binding: the next chat has people of its own.
func (w *world) fresh(t *testing.T) {
	t.Helper()
	w.exec(t, `update bindings set ended_at = $1 where ended_at is null`, w.now)
	w.exec(t, `update accounts set external_hash = decode(md5(id::text), 'hex')`)
	w.exec(t, `delete from proxy_requests`)
	w.codes = map[string][2]string{}
}

// play does what the lines say and writes what left below them.
func (w *world) play(t *testing.T, chat string) string {
	t.Helper()
	var said strings.Builder
	lines := strings.Split(strings.TrimRight(chat, "\n"), "\n")
	lines = without(lines)
	for i, line := range lines {
		said.WriteString(line + "\n")
		act, _ := strings.CutPrefix(line, "+ ")
		c := w.act(t, act)
		if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "+ ") {
			continue
		}
		if c.ID != 0 {
			w.answer(t, c)
		}
		w.jobs(t)
		for _, out := range w.sent(t) {
			said.WriteString("    " + strings.ReplaceAll(out, "\n", "\n      ") + "\n")
		}
		w.now = w.now.Add(20 * time.Second)
	}
	return said.String()
}

// without leaves out what was said the last time.
func without(lines []string) (acts []string) {
	for _, line := range lines {
		if !strings.HasPrefix(line, " ") {
			acts = append(acts, line)
		}
	}
	return acts
}

// act does what one line says; the conversation has a turn to answer then.
func (w *world) act(t *testing.T, line string) (c bot.Conversation) {
	t.Helper()
	if line == "" || strings.HasPrefix(line, "#") {
		return c
	}
	if who, text, says := strings.Cut(line, ": "); says {
		for name, code := range w.codes {
			text = strings.NewReplacer("$"+name+".factor", code[1], "$"+name, code[0]).Replace(text)
		}
		return w.inbound(t, who, bot.MessageText, text, "")
	}
	words := strings.Fields(line)
	has := func(word string) bool { return strings.Contains(" "+line+" ", " "+word+" ") }
	code := w.codes[words[len(words)-1]][0]
	switch {
	case words[0] == "staff":
		w.code(t, words[3], words[5], store.CodeOptions{Printed: has("printed"), PatientAgreed: has("agreed")})
	case has("pass"):
		passed, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(passed)
	case has("bound"):
		w.bind(t, words[0], words[4], bot.Relation(words[6]))
	case has("follows"):
		return w.inbound(t, words[0], bot.MessageFollow, "", code)
	case has("scans"):
		return w.inbound(t, words[0], bot.MessageScan, "", code)
	case has("taps"):
		return w.inbound(t, words[0], bot.MessageMenu, words[2], "")
	case has("leaves"):
		w.inbound(t, words[0], bot.MessageUnfollow, "", "") // needs no answer
	case has("back"):
		return w.inbound(t, words[0], bot.MessageFollow, "", "")
	default:
		t.Fatalf("nobody can do this: %q", line)
	}
	return c
}
