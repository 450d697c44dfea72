package intake

import (
	_ "embed"
	"fmt"
	"net/http"

	"github.com/goccy/go-yaml"
)

//go:embed openapi.yaml
var openapi []byte

// description is the API's OpenAPI document in both its forms.
type description struct{ asYAML, asJSON []byte }

func loadDescription() (description, error) {
	asJSON, err := yaml.YAMLToJSON(openapi)
	if err != nil {
		return description{}, fmt.Errorf("intake: openapi.yaml: %w", err)
	}
	return description{openapi, asJSON}, nil
}

func (d description) yaml(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, "application/yaml", d.asYAML)
}

func (d description) json(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, "application/json", d.asJSON)
}
