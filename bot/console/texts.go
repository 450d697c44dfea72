package console

import "embed"

//go:embed texts/words.yaml
var words []byte

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// outcomes are how a case may end; each has a word "outcome-<id>".
var outcomes = []string{"reached", "answered", "referred", "no-answer", "mistake"}
