package labs

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
	"time"

	"careline/bot"
)

//go:embed data/demo
var demoFiles embed.FS

// DemoFile is a file of invented results, dated from the day it is asked for so
// that critical values are still valid.
type DemoFile struct {
	Name    string
	Content []byte
}

// DemoPerson is an invented person of those files.
type DemoPerson struct {
	Key        string // what the demo page's questions refer to
	Identifier string
	Label      string
	Relation   bot.Relation
}

// DemoPeople are the people of the demo, the one who asks first.
func DemoPeople() []DemoPerson {
	return []DemoPerson{
		{"self", "DEMO-1", "我自己 · me", bot.RelationSelf},
		{"mother", "DEMO-2", "我妈 · mother", bot.RelationParent},
		{"father", "DEMO-3", "我爸 · father", bot.RelationParent},
		{"child", "DEMO-4", "孩子 · child", bot.RelationChild},
	}
}

// DemoFiles are the demo's reports as laboratories would send them: a CSV and a
// FHIR bundle. Report numbers and birth dates stay the same, so that loading them on
// a later day moves the reports' dates and adds nothing. The day changes when this
// morning's reports are out, an hour past midnight UTC: nothing lies ahead of now.
func DemoFiles(now time.Time) ([]DemoFile, error) {
	day := func(ago int) string {
		return now.UTC().Add(-time.Hour).AddDate(0, 0, -ago).Format(time.DateOnly)
	}
	names, err := fs.Glob(demoFiles, "data/demo/*")
	if err != nil {
		return nil, fmt.Errorf("labs: demo: %w", err)
	}
	var files []DemoFile
	for _, name := range names {
		t, err := template.New("").Funcs(template.FuncMap{"day": day}).ParseFS(demoFiles, name)
		if err != nil {
			return nil, fmt.Errorf("labs: demo: %w", err)
		}
		var out bytes.Buffer
		short := name[strings.LastIndexByte(name, '/')+1:]
		if err := t.ExecuteTemplate(&out, short, nil); err != nil {
			return nil, fmt.Errorf("labs: demo: %w", err)
		}
		files = append(files, DemoFile{Name: short, Content: out.Bytes()})
	}
	return files, nil
}
