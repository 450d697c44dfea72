package intake

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"careline/bot"
	"careline/bot/store"
)

// results stores a body and answers with the summary after the commit.
func (a *API) results(w http.ResponseWriter, r *http.Request, key store.APIKey) {
	dryRun, err := strconv.ParseBool(firstText(r.URL.Query().Get("dry_run"), "false"))
	if err != nil {
		problem(w, http.StatusBadRequest, "dry_run is true or false.")
		return
	}
	value, ok := idempotencyKey(r)
	if !ok {
		problem(w, http.StatusBadRequest, "Idempotency-Key is one string of 1 to 255 visible characters.")
		return
	}
	b, no := a.receive(w, r)
	if no != nil {
		w.Header().Set("Connection", "close")
		if no.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "10")
		}
		problem(w, no.status, no.detail)
		return
	}
	defer b.close()
	// Once it is here the work is done to its end: a client that went away asks again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), a.Limits.Import)
	defer cancel()
	d := delivery{Institution: key.Institution, Source: key.Name, Format: b.format, File: b.Source, DryRun: dryRun, Arrival: store.Arrival{Way: store.ByAPI}}
	if value != "" {
		d.Arrival.Request = &store.Request{Key: key.ID, Value: value, Fingerprint: b.fingerprint.Sum(nil)}
		if before := a.claim(ctx, w, d); before {
			return
		}
	}
	summary, err := a.deliver(ctx, d)
	a.settle(w, d, summary, err)
}

// idempotencyKey is the header's value: a string of structured fields (RFC 8941),
// or without its quotes. None is "".
func idempotencyKey(r *http.Request) (string, bool) {
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return "", true
	}
	value := strings.TrimSpace(values[0])
	if inner, quoted := strings.CutPrefix(value, `"`); quoted {
		value, quoted = strings.CutSuffix(inner, `"`)
		if !quoted {
			return "", false
		}
	}
	bad := strings.ContainsFunc(value, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' })
	return value, len(values) == 1 && !bad && value != "" && len(value) <= 255
}

// claim makes the request this one's to work on, or answers it: with the answer
// it had, waiting for it a while, or with a conflict.
func (a *API) claim(ctx context.Context, w http.ResponseWriter, d delivery) (answered bool) {
	ctx, cancel := context.WithTimeout(ctx, a.Limits.Wait)
	defer cancel()
	for {
		now := time.Now().UTC()
		before, claimed, err := a.Store.BeginRequest(ctx, d.Institution, *d.Arrival.Request, now.Add(a.Limits.Import), now)
		switch {
		case claimed:
			return false
		case before != nil:
			a.repeat(w, *before)
			return true
		case err != nil && ctx.Err() == nil && bot.KindOf(err) == bot.KindInvalid:
			problem(w, http.StatusUnprocessableEntity, sentence(err))
			return true
		case err != nil && ctx.Err() == nil:
			a.failed(w, err)
			return true
		}
		select {
		case <-ctx.Done():
			w.Header().Set("Retry-After", "5")
			problem(w, http.StatusConflict, "The first request with this Idempotency-Key is still running; ask again later.")
			return true
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// repeat gives the answer a request had.
func (a *API) repeat(w http.ResponseWriter, before store.Reply) {
	mediaType := problemType
	if before.Status < http.StatusBadRequest {
		mediaType = "application/json"
		var summary store.ImportSummary
		if json.Unmarshal([]byte(before.Body), &summary) == nil && summary.Import != 0 {
			w.Header().Set("Location", location(summary.Import))
		}
	}
	write(w, before.Status, mediaType, []byte(before.Body))
}

func location(number int64) string {
	return "/api/v1/results/imports/" + strconv.FormatInt(number, 10)
}

// settle answers a delivery. A stored one was kept as the request's answer in its
// own transaction; a refused one and a dry run are kept here; after a passing
// fault the request may come again.
func (a *API) settle(w http.ResponseWriter, d delivery, summary store.ImportSummary, err error) {
	var body []byte
	status, mediaType := http.StatusCreated, "application/json"
	switch {
	case err != nil && bot.KindOf(err) != bot.KindInvalid:
		a.release(d)
		a.failed(w, err)
		return
	case err != nil:
		status, mediaType = http.StatusUnprocessableEntity, problemType
		body, err = json.Marshal(problemOf(status, sentence(err)))
	default:
		if summary.Import == 0 { // a dry run, or a test message
			status = http.StatusOK
		}
		body, err = json.Marshal(summary)
	}
	if err != nil {
		a.failed(w, err)
		return
	}
	if status != http.StatusCreated {
		a.keep(d, store.Reply{Status: status, Body: string(body)})
	} else {
		w.Header().Set("Location", location(summary.Import))
	}
	a.Log.Info("api: results received", "institution", string(d.Institution), "source", d.Source, "status", status, slog.Int64("import", summary.Import))
	write(w, status, mediaType, body)
}

// settleWithin is how long the end of a request may take in the database.
const settleWithin = 5 * time.Second

func (a *API) release(d delivery) {
	if d.Arrival.Request == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleWithin)
	defer cancel()
	if err := a.Store.ReleaseRequest(ctx, d.Institution, *d.Arrival.Request); err != nil {
		a.Log.Warn("api: request not released; its lease ends by itself", cause(err))
	}
}

func (a *API) keep(d delivery, reply store.Reply) {
	if d.Arrival.Request == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), settleWithin)
	defer cancel()
	if err := a.Store.EndRequest(ctx, d.Institution, *d.Arrival.Request, reply); err != nil {
		a.Log.Warn("api: answer not kept; the request will be worked on again", cause(err))
	}
}
