// Package prompts turns typed values into what a model is asked: one struct for
// each template, rendered strictly. What comes from outside is marked as data.
package prompts

import (
	"embed"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"text/template"

	"careline/bot"
)

//go:embed *.tmpl
var files embed.FS

// Prompt is a rendered template.
type Prompt struct {
	ID      string // the template: "explain.zh"
	Version string // its number, raised with every change of its text
	System  string
	User    string
	// Draft and Repair follow as the model's answer and what is wrong with it; both
	// are empty in a first prompt.
	Draft  string
	Repair string
}

// Name is what a decision records: "explain.zh/1".
func (p Prompt) Name() string { return p.ID + "/" + p.Version }

// Format and LogValue print the name alone: a prompt holds a patient's words.
func (p Prompt) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.Name())) }

// LogValue is the name.
func (p Prompt) LogValue() slog.Value { return slog.StringValue(p.Name()) }

// Message is one message of a chat; the role is "system", "user" or "assistant",
// as in OpenAI's API.
type Message struct{ Role, Text string }

// Messages are the prompt in the order in which a model reads it.
func (p Prompt) Messages() []Message {
	all := []Message{{"system", p.System}, {"user", p.User}}
	if p.Repair != "" {
		all = append(all, Message{"assistant", p.Draft}, Message{"user", p.Repair})
	}
	return all
}

// versioned is one template file.
type versioned struct {
	id, version string
	*template.Template
}

// templates are the compiled files.
var templates = compile("explain.zh", "explain.en", "repair.zh", "repair.en")

var versionPattern = regexp.MustCompile(`^\{\{- /\* version (\d+)\.`)

// compile panics on a file that is wrong: the files are part of the program.
func compile(ids ...string) map[string]versioned {
	all := map[string]versioned{}
	for _, id := range ids {
		text, err := files.ReadFile(id + ".tmpl")
		if err != nil {
			panic(err)
		}
		version := versionPattern.FindSubmatch(text)
		if version == nil {
			panic("prompts: " + id + " states no version")
		}
		t := template.Must(template.New(id).Option("missingkey=error").Parse(string(text)))
		all[id] = versioned{id: id, version: string(version[1]), Template: t}
	}
	return all
}

// find is the template of a kind in a language.
func find(kind string, language bot.Language) (versioned, error) {
	t, ok := templates[kind+"."+string(language)]
	if !ok {
		return versioned{}, fmt.Errorf("prompts: no template %s in language %q", kind, language)
	}
	return t, nil
}

// render is one part of a template.
func (v versioned) render(part string, view any) (string, error) {
	var b strings.Builder
	if err := v.ExecuteTemplate(&b, part, view); err != nil {
		return "", fmt.Errorf("prompts: %s/%s: %w", v.id, v.version, err)
	}
	return b.String(), nil
}
