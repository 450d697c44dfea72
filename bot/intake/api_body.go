package intake

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"time"

	"careline/retrieval/labs"
)

// formats maps the media types of a body to the format it must turn out to be
// and the name it is read by.
var formats = map[string]struct{ format, name string }{
	"application/fhir+json":     {"fhir", "results.json"},
	"application/json":          {"fhir", "results.json"},
	"application/hl7-v2":        {"hl7", "results.hl7"},
	"x-application/hl7-v2+er7":  {"hl7", "results.hl7"},
	"application/hl7-v2+er7":    {"hl7", "results.hl7"},
	"text/plain":                {"hl7", "results.hl7"},
	"text/csv":                  {"csv", "results.csv"},
	"text/tab-separated-values": {"csv", "results.tsv"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {"xlsx", "results.xlsx"},
}

// body is a request's body, whole, in memory or in a file without a name.
type body struct {
	labs.Source
	format      string
	fingerprint hash.Hash
	close       func()
}

// refusal is a body that is not taken.
type refusal struct {
	status int
	detail string
}

// receive reads a body. It must be closed when there is no refusal.
func (a *API) receive(w http.ResponseWriter, r *http.Request) (*body, *refusal) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	kind := formats[mediaType]
	if err != nil || kind.format == "" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "Content-Type is none of FHIR R4 JSON, HL7 v2, CSV and XLSX; see /api/v1/openapi.yaml."}
	}
	if r.ContentLength > a.Limits.Body {
		return nil, &refusal{http.StatusRequestEntityTooLarge, tooLarge}
	}
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(a.Limits.BodyWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, &refusal{http.StatusInternalServerError, "The body could not be read."}
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, a.Limits.Body)
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		zipped, err := gzip.NewReader(from)
		if err != nil {
			return nil, readRefusal(err)
		}
		from = zipped
	default:
		return nil, &refusal{http.StatusUnsupportedMediaType, "Content-Encoding is gzip or nothing."}
	}
	b := &body{format: kind.format, fingerprint: sha256.New(), close: func() {}}
	b.Name = kind.name
	_, _ = io.WriteString(b.fingerprint, kind.format+"\x00"+r.URL.Query().Get("dry_run")+"\x00")
	return b, a.spool(b, from)
}

const tooLarge = "The body is larger than 64 MiB; split it."

// spool holds a small body in memory and a large one in a file whose name is
// gone before anything is written to it. What is decompressed counts too.
func (a *API) spool(b *body, from io.Reader) *refusal {
	from = io.TeeReader(io.LimitReader(from, a.Limits.Body+1), b.fingerprint)
	start, err := io.ReadAll(io.LimitReader(from, a.Limits.Memory+1))
	if err != nil {
		return readRefusal(err)
	}
	if int64(len(start)) <= a.Limits.Memory {
		b.ReaderAt, b.Size = bytes.NewReader(start), int64(len(start))
		return nil
	}
	select {
	case a.large <- struct{}{}:
	default:
		return &refusal{http.StatusServiceUnavailable, "Other large imports are running; wait as Retry-After says."}
	}
	file, err := unnamed()
	if err != nil {
		<-a.large
		return &refusal{http.StatusServiceUnavailable, "The body could not be kept; the operator has to look at the disk."}
	}
	b.close = func() { _ = file.Close(); <-a.large }
	b.Size, err = io.Copy(file, io.MultiReader(bytes.NewReader(start), from))
	b.ReaderAt = file
	if err == nil && b.Size > a.Limits.Body {
		err = errTooLarge
	}
	if err != nil {
		b.close()
		return readRefusal(err)
	}
	return nil
}

func unnamed() (*os.File, error) {
	file, err := os.CreateTemp("", "careline-body-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// readRefusal says why a body did not arrive.
func readRefusal(err error) *refusal {
	if _, large := errors.AsType[*http.MaxBytesError](err); large || errors.Is(err, errTooLarge) {
		return &refusal{http.StatusRequestEntityTooLarge, tooLarge}
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return &refusal{http.StatusRequestTimeout, "The body did not arrive in time."}
	}
	return &refusal{http.StatusBadRequest, "The body could not be read whole; it ends early or is not the gzip it says it is."}
}
