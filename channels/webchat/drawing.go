package webchat

import (
	"html/template"

	"careline/bot/pages"
)

// drawing is everything needed to draw a page: templates, words, texts, assets.
type drawing struct {
	templates *template.Template
	words     pages.Words
	consent   consentText
	demo      demoText
	assets    *pages.Assets
	shared    *pages.Assets
}

func newDrawing(model *ExternalModel) (drawing, error) {
	var d drawing
	var err error
	if d.words, err = pages.LoadWords(words); err != nil {
		return d, err
	}
	if d.consent, err = loadConsent(model); err != nil {
		return d, err
	}
	if d.demo, err = loadDemo(); err != nil {
		return d, err
	}
	if d.assets, err = pages.NewAssets("/assets/webchat/", static, "static"); err != nil {
		return d, err
	}
	if d.shared, err = pages.SharedAssets(); err != nil {
		return d, err
	}
	d.templates, err = pages.Templates(templates, "templates/*.html", template.FuncMap{"asset": d.assets.URL, "shared": d.shared.URL})
	return d, err
}
