package intake

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"careline/bot/store"
)

// API takes results over HTTP; see openapi.yaml for what it promises.
type API struct {
	*Intake
	Limits APILimits

	description description
	large       chan struct{}
	mu          sync.Mutex
	rates       map[int64]*rate.Limiter
}

// APILimits bound what one process does.
type APILimits struct {
	Body       int64         // largest body, also after decompression, in bytes
	Memory     int64         // a body up to this is held in memory, a larger one in a file
	Large      int           // bodies above Memory at the same time
	BodyWithin time.Duration // time for a body to arrive
	Import     time.Duration // to store a body
	Wait       time.Duration // a repeated request waits this long for the first one's answer
	PerSecond  float64       // requests a key
	Burst      int           // of which may come at once
}

// DefaultAPILimits are what serve uses.
var DefaultAPILimits = APILimits{
	Body: 64 << 20, Memory: 1 << 20, Large: 2, BodyWithin: time.Minute, Import: 2 * time.Minute, Wait: 10 * time.Second, PerSecond: 20, Burst: 40,
}

// NewAPI is an API with its description loaded.
func NewAPI(in *Intake, limits APILimits) (*API, error) {
	d, err := loadDescription()
	if err != nil {
		return nil, err
	}
	return &API{Intake: in, Limits: limits, description: d, large: make(chan struct{}, limits.Large), rates: map[int64]*rate.Limiter{}}, nil
}

// Routes registers everything below /api/v1/.
func (a *API) Routes(mux *http.ServeMux) {
	routes := http.NewServeMux()
	routes.Handle("POST /api/v1/results", a.with(store.ScopeWrite, a.results))
	routes.Handle("GET /api/v1/results/imports/{id}", a.with(store.ScopeRead, a.status))
	routes.HandleFunc("GET /api/v1/openapi.yaml", a.description.yaml)
	routes.HandleFunc("GET /api/v1/openapi.json", a.description.json)
	routes.HandleFunc("/api/v1/results", notAllowed("POST"))
	routes.HandleFunc("/api/v1/results/imports/{id}", notAllowed("GET, HEAD"))
	routes.HandleFunc("/api/v1/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusNotFound, "There is nothing at this address; /api/v1/openapi.yaml describes the API.")
	})
	guarded := http.NewCrossOriginProtection()
	guarded.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusForbidden, "Requests from another site's page are refused.")
	}))
	mux.Handle("/api/v1/", a.observed(guarded.Handler(routes)))
}

func notAllowed(allow string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		problem(w, http.StatusMethodNotAllowed, "This address takes "+allow+" only.")
	}
}

// observed sets what every answer carries and counts the answers.
func (a *API) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		seen := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		a.Counts.add("api", strconv.Itoa(seen.status))
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController find the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type keyHandler func(w http.ResponseWriter, r *http.Request, key store.APIKey)

// with admits requests whose key has the scope and is not too fast.
func (a *API) with(scope store.Scope, do keyHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			w.Header().Set("WWW-Authenticate", `Bearer realm="careline"`)
			problem(w, http.StatusUnauthorized, "Send the key as \"Authorization: Bearer clk_…\".")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		key, err := a.Store.UseKey(ctx, strings.TrimSpace(secret), time.Now().UTC())
		switch {
		case refused(err):
			w.Header().Set("WWW-Authenticate", `Bearer realm="careline", error="invalid_token"`)
			problem(w, http.StatusUnauthorized, sentence(err))
		case err != nil:
			a.failed(w, err)
		case !a.admit(w, key.ID):
			problem(w, http.StatusTooManyRequests, "This key sends too many requests; wait as Retry-After says.")
		case !key.May(scope):
			w.Header().Set("WWW-Authenticate", `Bearer realm="careline", error="insufficient_scope", scope="`+string(scope)+`"`)
			problem(w, http.StatusForbidden, "This key lacks the scope "+string(scope)+".")
		default:
			do(w, r, key)
		}
	})
}

// admit takes one request off the key's allowance and says what is left of it in
// the fields of draft-ietf-httpapi-ratelimit-headers.
func (a *API) admit(w http.ResponseWriter, key int64) bool {
	a.mu.Lock()
	limiter, ok := a.rates[key]
	if !ok {
		limiter = rate.NewLimiter(rate.Limit(a.Limits.PerSecond), a.Limits.Burst)
		a.rates[key] = limiter
	}
	a.mu.Unlock()
	admitted := limiter.Allow()
	left := max(0, limiter.Tokens())
	full := int((float64(a.Limits.Burst)-left)/a.Limits.PerSecond) + 1
	w.Header().Set("RateLimit-Policy", `"key";q=`+strconv.Itoa(a.Limits.Burst)+`;w=`+strconv.Itoa(int(float64(a.Limits.Burst)/a.Limits.PerSecond)+1))
	w.Header().Set("RateLimit", `"key";r=`+strconv.Itoa(int(left))+`;t=`+strconv.Itoa(full))
	if !admitted {
		w.Header().Set("Retry-After", strconv.Itoa(int((1-left)/a.Limits.PerSecond)+1))
	}
	return admitted
}

// failed answers an error that is not the sender's, and logs it without quoting it.
func (a *API) failed(w http.ResponseWriter, err error) {
	a.Log.Error("api: request failed", cause(err))
	status := statusOf(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	problem(w, status, sentence(err))
}

// status tells what became of an import.
func (a *API) status(w http.ResponseWriter, r *http.Request, key store.APIKey) {
	number, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		problem(w, http.StatusNotFound, "There is no such import.")
		return
	}
	arrived, err := a.Store.Arrived(r.Context(), key.Institution, number)
	if statusOf(err) == http.StatusNotFound {
		problem(w, http.StatusNotFound, sentence(err))
		return
	}
	if err != nil {
		a.failed(w, err)
		return
	}
	writeJSON(w, http.StatusOK, "application/json", arrived)
	a.Log.Debug("api: status asked", slog.Int64("import", number))
}
