package guard

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"time"

	"careline/bot"
)

//go:embed data/texts
var textFiles embed.FS

// maxText is the longest safety text or notice in bytes: one message of the
// channel with the least room, with space for the label it adds.
const maxText = 1900

// texts are the reviewed texts of each language.
type texts map[bot.Language]*reviewed

type reviewed struct {
	safety, notices map[string]*template.Template
	file            textFile
}

type textFile struct {
	ApprovedBy string                  `yaml:"approved_by"`
	Safety     map[string]string       `yaml:"safety"`
	Notices    map[string]string       `yaml:"notices"`
	Families   map[string]string       `yaml:"families"`
	Analytes   map[string]string       `yaml:"analytes"`
	Sources    map[string]string       `yaml:"sources"`
	Relations  map[string]relationText `yaml:"relations"`
	Roles      map[string]string       `yaml:"roles"`
	Date       string                  `yaml:"date"` // the layout of a date
	People     map[string]string       `yaml:"people"`
}

type relationText struct {
	Take  string `yaml:"take"`
	Whose string `yaml:"whose"`
	Name  string `yaml:"name"`
}

// SafetySlots is what a safety text says about this case. Family is the red
// flag's family or id, or "". Facts are the critical ones.
type SafetySlots struct {
	OnShift, CaseCommitted bool
	Family                 string
	Relation               bot.Relation
	Sex                    bot.Sex // the patient's: "your mother's"
	Facts                  []bot.Fact
}

// NoticeSlots is what a notice says about this conversation.
type NoticeSlots struct {
	OnShift   bool
	Role      bot.Role
	Relations []bot.Relation
	Date      time.Time     // of the report it is about, in the institution's zone; zero: not said
	People    []bot.Binding // whom the account may ask about, to be chosen by number
	Current   bot.PatientID // of these, whom the conversation is about
	Lines     []string      // of a list the caller words, such as consent purposes
	Follows   bool          // it goes before the question of the next step
	Words     bot.Text      // what was heard in a voice message, to be quoted
}

func loadTexts(g *Guard) error {
	g.texts = texts{}
	for _, language := range []bot.Language{bot.Chinese, bot.English} {
		r, err := readTexts("data/texts/" + string(language) + ".yaml")
		if err != nil {
			return fmt.Errorf("texts: %w", err)
		}
		g.texts[language] = r
	}
	return g.sameTexts()
}

func readTexts(name string) (*reviewed, error) {
	r := reviewed{safety: map[string]*template.Template{}, notices: map[string]*template.Template{}}
	if err := readYAML(textFiles, name, &r.file); err != nil {
		return nil, err
	}
	for _, kind := range []struct {
		sources map[string]string
		into    map[string]*template.Template
	}{{r.file.Safety, r.safety}, {r.file.Notices, r.notices}} {
		for id, source := range kind.sources {
			t, err := template.New(id).Option("missingkey=error").Funcs(template.FuncMap{"join": strings.Join}).Parse(source)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			kind.into[id] = t
		}
	}
	return &r, nil
}

// sameTexts refuses languages that do not define the same names, and families of
// red flags without a line.
func (g *Guard) sameTexts() error {
	zh, en := g.texts[bot.Chinese].file, g.texts[bot.English].file
	for part, pair := range map[string][2]map[string]string{
		"safety": {zh.Safety, en.Safety}, "notices": {zh.Notices, en.Notices}, "families": {zh.Families, en.Families},
		"analytes": {zh.Analytes, en.Analytes}, "sources": {zh.Sources, en.Sources}, "people": {zh.People, en.People}, "roles": {zh.Roles, en.Roles},
	} {
		if a, b := slices.Sorted(maps.Keys(pair[0])), slices.Sorted(maps.Keys(pair[1])); !slices.Equal(a, b) {
			return fmt.Errorf("texts: %s are %v in Chinese and %v in English", part, a, b)
		}
	}
	for _, f := range g.redFlags.flags {
		family := g.redFlags.families[f.id]
		if _, ok := zh.Families[family]; f.level == bot.LevelEmergency && !ok {
			return fmt.Errorf("texts: no line for family %q", family)
		}
	}
	return nil
}

// Safety renders a reviewed safety text: "crisis", "critical", "emergency",
// "standing", "standing-crisis", or the id of a standing reply. A person is
// promised only when the case is committed and somebody is on shift.
func (g *Guard) Safety(id string, language bot.Language, s SafetySlots) (bot.Text, error) {
	r, t, err := g.text(id, language, func(r *reviewed) *template.Template { return r.safety[id] })
	if err != nil {
		return bot.Text{}, err
	}
	// As many facts as fit: the reader needs the action before the list.
	const most = 4
	for shown := min(len(s.Facts), most); ; shown-- {
		text, err := render(t, r.safetySlots(g.redFlags.families, s, shown))
		if err != nil || len(text.Plain()) <= maxText || shown <= 1 {
			return text, err
		}
	}
}

// Notice renders a reviewed notice about who answers and what happens next.
func (g *Guard) Notice(id string, language bot.Language, s NoticeSlots) (bot.Text, error) {
	r, t, err := g.text(id, language, func(r *reviewed) *template.Template { return r.notices[id] })
	if err != nil {
		return bot.Text{}, err
	}
	slots := noticeSlots{OnShift: s.OnShift, Role: pick(r.file.Roles, string(s.Role)), Lines: s.Lines, Follows: s.Follows, Words: quoted(s.Words)}
	slots.People, slots.Who = r.people(s)
	if !s.Date.IsZero() {
		slots.Date = s.Date.Format(r.file.Date)
	}
	for _, relation := range s.Relations {
		if name := r.relation(relation, bot.SexUnknown).Name; !slices.Contains(slots.Relations, name) {
			slots.Relations = append(slots.Relations, name)
		}
	}
	return render(t, slots)
}

func (g *Guard) text(id string, language bot.Language, of func(*reviewed) *template.Template) (*reviewed, *template.Template, error) {
	r := g.texts[language]
	if r == nil {
		r = g.texts[bot.Chinese]
	}
	t := of(r)
	if t == nil {
		return nil, nil, fmt.Errorf("guard: no reviewed text is called %q", id)
	}
	return r, t, nil
}

func render(t *template.Template, slots any) (bot.Text, error) {
	var b strings.Builder
	if err := t.Execute(&b, slots); err != nil {
		return bot.Text{}, fmt.Errorf("guard: text %q: %w", t.Name(), err)
	}
	return bot.T(strings.TrimSpace(b.String())), nil
}
