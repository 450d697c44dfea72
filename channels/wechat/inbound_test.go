package wechat_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"
)

// kind is one file of testdata/inbound: a message in the clear and what it means.
type kind struct {
	name    string
	message string
	want    meaning
}

type meaning struct {
	Kind, Text, Media, Scene, Opens string
	ID                              string // "hash" when the platform gave it no number
	Notices                         []notice
	Nothing                         bool
}

func kinds(t *testing.T) []kind {
	t.Helper()
	paths, err := filepath.Glob("testdata/inbound/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files: %v", len(paths), err)
	}
	var all []kind
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil || len(archive.Files) != 2 {
			t.Fatalf("%s: %v", path, err)
		}
		k := kind{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), message: string(archive.Files[0].Data)}
		if err := yaml.UnmarshalWithOptions(archive.Files[1].Data, &k.want, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, k)
	}
	return all
}

// meant is what a desk took in.
func (d *desk) meant(t *testing.T) meaning {
	t.Helper()
	if len(d.taken) == 0 {
		return meaning{Nothing: true, Notices: d.notices}
	}
	in := d.taken[0]
	if len(d.taken) != 1 || in.ExternalID.Plain() != sender || !in.SentAt.Equal(noon) {
		t.Errorf("taken in: %+v", d.taken)
	}
	m := meaning{Kind: in.Kind, Text: in.Text.Plain(), Media: in.Media, Scene: in.Scene.Plain(), Opens: string(in.Opens), ID: in.ProviderID, Notices: d.notices}
	if strings.HasPrefix(m.ID, "h-") {
		m.ID = "hash"
	}
	return m
}

func TestEveryKindOfMessageMeansWhatItsFileSays(t *testing.T) {
	t.Parallel()
	for _, k := range kinds(t) {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			if w := d.post(sealed(t, k.message)); w.Body.String() != "success" {
				t.Errorf("answered %d %q", w.Code, w.Body)
			}
			if diff := cmp.Diff(k.want, d.meant(t)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestOddXMLCostsNobodyTheirMessage(t *testing.T) {
	t.Parallel()
	plain := said("在吗")
	for name, c := range map[string]struct{ message, text string }{
		"a control character":               {said("在\x01吗\x00"), "在吗"},
		"broken UTF-8":                      {said("在\xff吗"), "在\ufffd吗"},
		"the mark that ends a section":      {said("a]]>b"), "a]]>b"},
		"that mark, as the platform splits": {said("a]]]]><![CDATA[>b\x01"), "a]]>b"},
		"a choice that is no number":        {strings.Replace(plain, "<MsgId>", "<bizmsgmenuid>x</bizmsgmenuid><MsgId>", 1), "在吗"},
		"a time that is no number":          {strings.Replace(plain, "1772424000", "now", 1), "在吗"},
		"an entity nobody knows":            {strings.Replace(plain, "<MsgId>", "<X>&nbsp;&</X><MsgId>", 1), "在吗"},
		"another encoding claimed":          {`<?xml version="1.0" encoding="GBK"?>` + plain, "在吗"},
		"a message of 20,000 bytes":         {said(strings.Repeat("长", 6_700)), strings.Repeat("长", 6_700)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			if w := d.post(sealed(t, c.message)); w.Body.String() != "success" || len(d.taken) != 1 {
				t.Fatalf("answered %d %q", w.Code, w.Body)
			}
			if got := d.taken[0]; got.Text.Plain() != c.text || got.ExternalID.Plain() != sender || got.SentAt.IsZero() {
				t.Errorf("read as %q", got.Text.Plain())
			}
		})
	}
}

func TestWordsThatLookLikeElementsChangeNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.post(sealed(t, said("a]]></Content><FromUserName><![CDATA[o-victim]]></FromUserName><MsgType>event</MsgType><Event>unsubscribe</Event><MsgId>o-victim</MsgId>"+
		"<SubscribeMsgSentEvent><List><MsgID>1</MsgID><ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent><Content><![CDATA[b")))
	if len(d.taken) != 1 || d.taken[0].ExternalID.Plain() != sender || d.taken[0].Kind != "text" || d.taken[0].ProviderID == "o-victim" {
		t.Errorf("taken in: %+v", d.taken)
	}
	if len(d.notices) != 0 {
		t.Errorf("a patient told how notices fared: %v", d.notices)
	}
}

func TestEveryTextIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOf(rapid.Rune()).Draw(rt, "text")
		d := newDesk(t)
		d.post(sealed(t, said(text)))
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
				return -1
			}
			return r
		}, text)
		want = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(want)
		if len(d.taken) != 1 {
			rt.Fatalf("%q was lost: %v", text, d.Counts())
		}
		got := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(d.taken[0].Text.Plain())
		if d.taken[0].Kind == "text" && got != want || !utf8.ValidString(got) {
			rt.Fatalf("%q was read as %q", text, got)
		}
	})
}
