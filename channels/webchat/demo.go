package webchat

import (
	"fmt"
	"net/http"

	"github.com/goccy/go-yaml"

	"careline/bot"
)

// DemoPerson is one invented person of the demo, with codes that anybody on
// this machine may use.
type DemoPerson struct {
	Key      string // "self", "mother", "father", "child": what the demo's questions refer to
	Label    string
	Code     string
	Factor   string
	Relation bot.Relation
}

// DemoSignIn is a staff sign-in of the demo.
type DemoSignIn struct{ Login, Password string }

type demoPage struct {
	frame
	People       []DemoPerson
	StaffSignIns []DemoSignIn
	Questions    []demoQuestion
}

type demoQuestion struct {
	Person   string
	Label    string
	Text     string
	Critical bool
}

// demoText is texts/demo.yaml.
type demoText struct {
	Questions []struct {
		Person   string                  `yaml:"person"`
		Critical bool                    `yaml:"critical"`
		Text     map[bot.Language]string `yaml:"text"`
	} `yaml:"questions"`
}

func loadDemo() (demoText, error) {
	var d demoText
	if err := yaml.UnmarshalWithOptions(demoFile, &d, yaml.DisallowUnknownField()); err != nil {
		return d, fmt.Errorf("webchat: texts/demo.yaml: %w", err)
	}
	return d, nil
}

func (d demoText) questions(lang bot.Language, people []DemoPerson) []demoQuestion {
	labels := map[string]string{}
	for _, p := range people {
		labels[p.Key] = p.Label
	}
	var all []demoQuestion
	for _, q := range d.Questions {
		all = append(all, demoQuestion{Person: q.Person, Label: labels[q.Person], Text: q.Text[lang], Critical: q.Critical})
	}
	return all
}

// demoInstitution is the institution of invented people.
const demoInstitution bot.InstitutionID = "demo"

// demoPage shows phone and staff page side by side, for demo institutions only.
func (s *Site) demoPage(w http.ResponseWriter, r *http.Request, v *visit) error {
	if len(s.Demo) == 0 || !v.Institution.Demo {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "webchat: no demo is loaded")
	}
	v.Title = v.Say("demo-title")
	s.draw(w, r, v, "demo-page", http.StatusOK, demoPage{v.frame, s.Demo, s.DemoSignIns, s.demo.questions(v.Lang, s.Demo)})
	return nil
}
