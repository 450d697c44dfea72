package intake

import (
	"encoding/json"
	"net/http"

	"careline/bot"
)

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

// problem answers with a sentence for the integration engineer; it holds nothing
// of the body.
func problem(w http.ResponseWriter, status int, detail string) {
	writeJSON(w, status, problemType, problemOf(status, detail))
}

type problemBody struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func problemOf(status int, detail string) problemBody {
	return problemBody{"about:blank", http.StatusText(status), status, detail}
}

func writeJSON(w http.ResponseWriter, status int, mediaType string, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	write(w, status, mediaType, raw)
}

func write(w http.ResponseWriter, status int, mediaType string, raw []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

// statusOf is the status of an error's kind.
func statusOf(err error) int {
	switch bot.KindOf(err) {
	case bot.KindInvalid:
		return http.StatusUnprocessableEntity
	case bot.KindNotFound:
		return http.StatusNotFound
	case bot.KindConflict:
		return http.StatusConflict
	case bot.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func refused(err error) bool { return bot.KindOf(err) == bot.KindForbidden }
