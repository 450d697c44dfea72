package wechattest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
)

// amr is how a recording begins, spoken what stands before the words in one of ours.
const (
	amr    = "#!AMR\n"
	spoken = "wechattest-voice:"
)

// PathTranscribe is an OpenAI-compatible transcription that hears the platform's voices.
const PathTranscribe = "/v1/audio/transcriptions"

// Voice is a recording in which Transcribe hears words.
func Voice(words string) []byte {
	return []byte(amr + spoken + base64.StdEncoding.EncodeToString([]byte(words)))
}

// Transcribe hears the words of a Voice; false for anything else.
func Transcribe(recording []byte) (string, bool) {
	_, coded, found := bytes.Cut(recording, []byte(spoken))
	words, err := base64.StdEncoding.DecodeString(string(coded))
	return string(words), found && err == nil
}

func transcribe(w http.ResponseWriter, r *http.Request) {
	upload, _, err := r.FormFile("file")
	if err != nil {
		http.Error(w, "a form with a file is needed", http.StatusBadRequest)
		return
	}
	recording, err := io.ReadAll(io.LimitReader(upload, largestBody))
	words, heard := Transcribe(recording)
	if err != nil || !heard {
		http.Error(w, "this recording holds no words", http.StatusUnprocessableEntity)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct {
		Text string `json:"text"`
	}{words})
}
