package knowledge

import "careline/bot"

// Embedded are the published passages of the library that comes with the binary,
// ordered by document and section: what Sections and Document read once it is
// indexed, without a database. The passages have no ids yet.
func Embedded() ([]bot.Passage, error) {
	documents, err := embedded()
	if err != nil {
		return nil, err
	}
	var all []bot.Passage
	for _, d := range documents {
		if d.Status != "published" {
			continue
		}
		sources := d.sources()
		for i, s := range d.sections {
			all = append(all, bot.Passage{
				Document: d.ID, Title: d.Title, Section: s.kind, Heading: s.heading, Language: d.Language, Analytes: d.Analytes,
				Text: s.text, Items: s.items, Version: d.Version, Sources: sources[i], ReviewedBy: d.ReviewedBy,
			})
		}
	}
	return all, nil
}
