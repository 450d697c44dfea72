package llmtest

import (
	"encoding/json"
	"hash/fnv"
	"net/http"
	"time"
)

// Say answers every chat with text.
func Say(text string) Reply { return AnswerWith(func(Call) string { return text }) }

// AnswerWith answers a chat with what text makes of the request. It is called by
// several requests at once.
func AnswerWith(text func(Call) string) Reply { return Answer{Text: text}.Reply() }

// By answers chats and embeddings each with their own reply.
func By(chat, embeddings Reply) Reply {
	return func(w http.ResponseWriter, r *http.Request, call Call) {
		if len(call.Input) > 0 {
			embeddings(w, r, call)
			return
		}
		chat(w, r, call)
	}
}

// Words answers a transcription with what was said.
func Words(said string) Reply {
	return func(w http.ResponseWriter, _ *http.Request, _ Call) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"text": said})
	}
}

// Slow answers like reply after d, before any header, unless the caller leaves first.
func Slow(d time.Duration, reply Reply) Reply {
	return func(w http.ResponseWriter, r *http.Request, call Call) {
		select {
		case <-time.After(d):
			reply(w, r, call)
		case <-r.Context().Done():
		}
	}
}

// Vectors answers embeddings with vectors of dimension; equal texts get equal
// vectors. They are sent last first, as the protocol allows.
func Vectors(dimension int) Reply {
	return func(w http.ResponseWriter, _ *http.Request, call Call) {
		type row struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var answer struct {
			Data []row `json:"data"`
		}
		for i := len(call.Input) - 1; i >= 0; i-- {
			answer.Data = append(answer.Data, row{i, Vector(call.Input[i], dimension)})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// Vector is what Vectors answers for text.
func Vector(text string, dimension int) []float32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	state := h.Sum64() | 1
	v := make([]float32, dimension)
	for i := range v {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		v[i] = float32(state%2000)/1000 - 1
	}
	return v
}
