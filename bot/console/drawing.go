package console

import (
	"html/template"

	"careline/bot/pages"
)

// drawing is everything needed to draw a page: templates, words, assets.
type drawing struct {
	templates *template.Template
	words     pages.Words
	assets    *pages.Assets
	shared    *pages.Assets
}

func newDrawing() (drawing, error) {
	var d drawing
	var err error
	if d.words, err = pages.LoadWords(words); err != nil {
		return d, err
	}
	if d.assets, err = pages.NewAssets("/assets/console/", static, "static"); err != nil {
		return d, err
	}
	if d.shared, err = pages.SharedAssets(); err != nil {
		return d, err
	}
	d.templates, err = pages.Templates(templates, "templates/*.html", template.FuncMap{"asset": d.assets.URL, "shared": d.shared.URL})
	return d, err
}

func outcomeViews(s pages.Speech) []outcome {
	var all []outcome
	for _, id := range outcomes {
		all = append(all, outcome{id, s.Say("outcome-" + id)})
	}
	return all
}
