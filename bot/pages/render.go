package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed templates
var sharedTemplates embed.FS

// Templates parses the shared templates and those of one surface. Each template
// is found by the name of its define or its file.
func Templates(fsys fs.FS, glob string, funcs template.FuncMap) (*template.Template, error) {
	t := template.New("").Option("missingkey=error").Funcs(template.FuncMap{"blocks": Blocks}).Funcs(funcs)
	t, err := t.ParseFS(sharedTemplates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("pages: shared templates: %w", err)
	}
	if t, err = t.ParseFS(fsys, glob); err != nil {
		return nil, fmt.Errorf("pages: templates: %w", err)
	}
	return t, nil
}

// Render draws a template whole before the first byte leaves, so that a
// failure is a clean error and not half a page.
func Render(w http.ResponseWriter, t *template.Template, name string, status int, data any) error {
	var page bytes.Buffer
	if err := t.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, "Internal error", http.StatusInternalServerError)
		return fmt.Errorf("pages: draw %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
	return nil
}
