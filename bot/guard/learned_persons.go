package guard

import (
	"embed"
	"strings"
	"unicode"
)

//go:embed data/persons.yaml
var personFile embed.FS

// loadPersons reads the words for a person that tell of no danger alone.
func loadPersons(l *learned) error {
	var file struct {
		Chinese []string `yaml:"zh"`
		English []string `yaml:"en"`
	}
	if err := readYAML(personFile, "data/persons.yaml", &file); err != nil {
		return err
	}
	l.persons = map[string]bool{}
	for _, word := range append(file.Chinese, file.English...) {
		l.persons[word] = true
	}
	return nil
}

// onlyPerson reports whether a message is nothing but a word for a person: "我妈",
// "是我自己的", "My mother."
func (l *learned) onlyPerson(m *reading) bool {
	word := strings.TrimFunc(m.folded.Text(), func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
	bare := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(word, "是"), "报告"), "的")
	return l.persons[word] || l.persons[bare]
}
