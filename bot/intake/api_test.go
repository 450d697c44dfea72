package intake_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"careline/bot"
	"careline/bot/intake"
	"careline/bot/postgres"
	"careline/bot/store"
	"careline/bot/store/storetest"
	"careline/retrieval/labs"
)

// apiUnderTest is an API with a key of each kind; every exchange is checked
// against the description it serves.
type apiUnderTest struct {
	*testing.T
	in     *intake.Intake
	db     *postgres.DB
	log    *logged
	server *httptest.Server
	router routers.Router
	key    string // both scopes
	reader string // results:read only
}

func newAPI(t *testing.T, change ...func(*intake.APILimits)) *apiUnderTest {
	t.Helper()
	in, db, log := newIntake(t)
	limits := intake.DefaultAPILimits
	limits.PerSecond, limits.Burst = 1000, 1000
	for _, c := range change {
		c(&limits)
	}
	api, err := intake.NewAPI(in, limits)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api.Routes(mux)
	u := &apiUnderTest{T: t, in: in, db: db, log: log, server: httptest.NewServer(mux)}
	t.Cleanup(u.server.Close)
	u.key = u.newKey("analyser", store.ScopeWrite, store.ScopeRead)
	u.reader = u.newKey("monitor", store.ScopeRead)
	u.router = described(t, u.server.URL)
	return u
}

func (u *apiUnderTest) newKey(name string, scopes ...store.Scope) string {
	u.Helper()
	secret, _, err := u.in.Store.CreateKey(u.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, name, scopes, storetest.Now)
	if err != nil {
		u.Fatal(err)
	}
	return secret
}

// described loads the description from where it is served, and validates it.
func described(t *testing.T, url string) routers.Router {
	t.Helper()
	for _, c := range []struct{ path, mediaType string }{{"/api/v1/openapi.yaml", "application/yaml"}, {"/api/v1/openapi.json", "application/json"}} {
		answer, err := http.Get(url + c.path)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != c.mediaType {
			t.Fatalf("%s: %d %s %v", c.path, answer.StatusCode, answer.Header.Get("Content-Type"), err)
		}
		document, err := openapi3.NewLoader().LoadFromData(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := document.Validate(t.Context()); err != nil {
			t.Fatalf("%s: %v", c.path, err)
		}
		router, err := gorillamux.NewRouter(document)
		if err != nil {
			t.Fatal(err)
		}
		if c.mediaType == "application/json" {
			return router
		}
	}
	return nil
}

type answer struct {
	status int
	header http.Header
	body   string
}

// request sends a body with the writer's key unless headers say otherwise
// ("Name: value", "Name:" removes).
func (u *apiUnderTest) request(method, path, mediaType, body string, headers ...string) answer {
	u.Helper()
	a, err := u.try(method, path, mediaType, body, headers...)
	if err != nil {
		u.Fatal(err)
	}
	return a
}

func (u *apiUnderTest) try(method, path, mediaType, body string, headers ...string) (answer, error) {
	return u.tryWith(method, path, mediaType, strings.NewReader(body), headers...)
}

func (u *apiUnderTest) tryWith(method, path, mediaType string, body io.Reader, headers ...string) (answer, error) {
	request, err := http.NewRequest(method, u.server.URL+path, body)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+u.key)
	request.Header.Set("Content-Type", mediaType)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		request.Header.Del(name)
		if value = strings.TrimSpace(value); value != "" {
			request.Header.Set(name, value)
		}
	}
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	if err != nil {
		return answer{}, err
	}
	return answer{got.StatusCode, got.Header, string(raw)}, u.asDescribed(request, got, raw)
}

// asDescribed checks an answer against the description, where it describes the path.
func (u *apiUnderTest) asDescribed(request *http.Request, got *http.Response, raw []byte) error {
	route, params, err := u.router.FindRoute(request)
	if err != nil {
		return nil
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 got.StatusCode, Header: got.Header, Body: io.NopCloser(bytes.NewReader(raw)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateResponse(context.Background(), input); err != nil {
		return fmt.Errorf("%s %s answers what is not described: %d %s: %w", request.Method, request.URL.Path, got.StatusCode, raw, err)
	}
	return nil
}

// csv is a report of one result as CSV.
func csv(patient, number string) string {
	return "病历号,姓名,性别,出生日期,报告单号,报告时间,项目名称,结果,单位,参考范围,提示\n" +
		patient + "," + canary + ",女,1980-03-05," + number + ",2026-11-02 09:00,谷丙转氨酶(ALT),87,U/L,7-40,↑\n"
}

func (a answer) problem(t *testing.T) (p struct {
	Type, Title, Detail string
	Status              int
}) {
	t.Helper()
	if a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d is no problem+json: %s", a.status, a.body)
		return p
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Status != a.status || p.Type == "" || p.Title == "" || p.Detail == "" {
		t.Errorf("not a whole problem: %d %s %v", a.status, a.body, err)
	}
	return p
}

func (a answer) summary(t *testing.T) (s store.ImportSummary) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &s); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return s
}

func TestResultsAreStoredWhenTheyAreAnswered(t *testing.T) {
	t.Parallel()
	u := newAPI(t)
	got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"))
	first := got.summary(t)
	if got.status != http.StatusCreated || first.Format != "csv" || first.Reports != 1 || first.Results != 1 || first.Changed != 1 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if c := count(t, u.db); c != (counted{1, 1, 1, 1}) {
		t.Errorf("stored %+v", c)
	}
	told := u.request("GET", got.header.Get("Location"), "", "", "Authorization: Bearer "+u.reader)
	if told.status != http.StatusOK || !strings.Contains(told.body, `"source":"analyser"`) {
		t.Errorf("told %d %s", told.status, told.body)
	}
	again := u.request("POST", "/api/v1/results", "text/csv; charset=utf-8", csv("1", "R1"))
	if s := again.summary(t); again.status != http.StatusCreated || s.Changed != 0 || s.Results != 1 {
		t.Errorf("sent again: %d %s", again.status, again.body)
	}
	if c := count(t, u.db); c.Results != 1 {
		t.Errorf("stored twice: %+v", c)
	}
	hl7 := u.request("POST", "/api/v1/results", "x-application/hl7-v2+er7", string(message("2", "H1")))
	if hl7.status != http.StatusCreated || hl7.summary(t).Results != 8 {
		t.Errorf("HL7: %d %s", hl7.status, hl7.body)
	}
}

func TestADryRunStoresNothing(t *testing.T) {
	t.Parallel()
	u := newAPI(t)
	got := u.request("POST", "/api/v1/results?dry_run=true", "text/csv", csv("1", "R1"), "Idempotency-Key: dry")
	if s := got.summary(t); got.status != http.StatusOK || s.Import != 0 || s.Results != 1 || s.Changed != 1 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if c := count(t, u.db); c != (counted{}) {
		t.Errorf("stored %+v", c)
	}
	if real := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: dry"); real.status != http.StatusUnprocessableEntity {
		t.Errorf("a dry run's key for the real thing: %d", real.status)
	}
}

// TestEveryRefusalSaysWhy holds one request for each status that refuses.
func TestEveryRefusalSaysWhy(t *testing.T) {
	t.Parallel()
	u := newAPI(t, func(l *intake.APILimits) { l.Body = 1 << 16; l.Memory = 1 << 10 })
	revoked := u.newKey("old", store.ScopeWrite)
	if err := u.in.Store.RevokeKey(t.Context(), storetest.Hospital, bot.Actor{Kind: "operator"}, "old", storetest.Now); err != nil {
		t.Fatal(err)
	}
	const results = "/api/v1/results"
	for name, c := range map[string]struct {
		status                  int
		method, path, mediaType string
		body                    string
		headers                 []string
	}{
		"no key":               {401, "POST", results, "text/csv", csv("1", "R"), []string{"Authorization:"}},
		"another scheme":       {401, "POST", results, "text/csv", csv("1", "R"), []string{"Authorization: Basic Y2xr"}},
		"an unknown key":       {401, "POST", results, "text/csv", csv("1", "R"), []string{"Authorization: Bearer clk_hospital_" + strings.Repeat("A", 43)}},
		"a key of nobody":      {401, "POST", results, "text/csv", csv("1", "R"), []string{"Authorization: Bearer clk_nobody_AAAA"}},
		"a key with SQL":       {401, "POST", results, "text/csv", csv("1", "R"), []string{"Authorization: Bearer clk_a'; drop table x; --_AAAA"}},
		"a malformed key":      {401, "POST", results, "text/csv", csv("1", "R"), []string{"Authorization: Bearer clk_hospital"}},
		"a revoked key":        {401, "POST", results, "text/csv", csv("1", "R"), []string{"Authorization: Bearer " + revoked}},
		"a key that may not":   {403, "POST", results, "text/csv", csv("1", "R"), []string{"Authorization: Bearer " + u.reader}},
		"another site's page":  {403, "POST", results, "text/csv", csv("1", "R"), []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}},
		"an unknown address":   {404, "GET", "/api/v1/patients", "", "", nil},
		"an unknown import":    {404, "GET", results + "/imports/99", "", "", nil},
		"an import of words":   {404, "GET", results + "/imports/" + canary, "", "", nil},
		"another method":       {405, "PUT", results, "text/csv", csv("1", "R"), nil},
		"another method there": {405, "DELETE", results + "/imports/1", "", "", nil},
		"dry_run of words":     {400, "POST", results + "?dry_run=perhaps", "text/csv", csv("1", "R"), nil},
		"a key with a space":   {400, "POST", results, "text/csv", csv("1", "R"), []string{"Idempotency-Key: a b"}},
		"a key too long":       {400, "POST", results, "text/csv", csv("1", "R"), []string{"Idempotency-Key: " + strings.Repeat("k", 256)}},
		"a quote that is open": {400, "POST", results, "text/csv", csv("1", "R"), []string{`Idempotency-Key: "abc`}},
		"too large":            {413, "POST", results, "text/csv", csv("1", "R") + strings.Repeat(canary, 1<<14), nil},
		"a gzip bomb":          {413, "POST", results, "text/csv", zipped(t, strings.Repeat("0", 1<<20)), []string{"Content-Encoding: gzip"}},
		"no gzip":              {400, "POST", results, "text/csv", canary + csv("1", "R"), []string{"Content-Encoding: gzip"}},
		"a gzip cut short":     {400, "POST", results, "text/csv", zipped(t, csv("1", "R"))[:40], []string{"Content-Encoding: gzip"}},
		"an unknown encoding":  {415, "POST", results, "text/csv", csv("1", "R"), []string{"Content-Encoding: br"}},
		"no type":              {415, "POST", results, "", csv("1", "R"), []string{"Content-Type:"}},
		"another type":         {415, "POST", results, "application/pdf", "%PDF", nil},
		"a malformed type":     {415, "POST", results, "text/csv; charset=\"", csv("1", "R"), nil},
		"nothing":              {422, "POST", results, "text/csv", "", nil},
		"no results":           {422, "POST", results, "text/csv", canary, nil},
		"broken JSON":          {422, "POST", results, "application/json", `{"resourceType":"` + canary, nil},
		"CSV sent as FHIR":     {422, "POST", results, "application/fhir+json", csv("1", "R"), nil},
		"FHIR sent as CSV":     {422, "POST", results, "text/csv", `{"resourceType":"Bundle","type":"collection","entry":[]}`, nil},
		"deeply nested":        {422, "POST", results, "application/json", strings.Repeat("[", 20_000) + canary, nil},
		"HL7 of another type":  {422, "POST", results, "text/plain", strings.Replace(string(message("1", "X")), "ORU^R01", "ADT^A01", 1), nil},
	} {
		got := u.request(c.method, c.path, c.mediaType, c.body, c.headers...)
		p := got.problem(t)
		if got.status != c.status {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, c.status)
		}
		if strings.Contains(p.Detail, canary) {
			t.Errorf("%s: the answer quotes the body: %s", name, p.Detail)
		}
		if c.status == 401 && got.header.Get("WWW-Authenticate") == "" || c.status == 405 && got.header.Get("Allow") == "" {
			t.Errorf("%s: lacks a header: %v", name, got.header)
		}
	}
	if c := count(t, u.db); c != (counted{}) {
		t.Errorf("stored %+v", c)
	}
	if strings.Contains(u.log.String(), canary) {
		t.Errorf("the log quotes a body:\n%s", u.log)
	}
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestALargeBodyGoesThroughAFileAndAZippedOneIsUnpacked(t *testing.T) {
	t.Parallel()
	u := newAPI(t, func(l *intake.APILimits) { l.Memory = 100 })
	if got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1")); got.status != http.StatusCreated {
		t.Errorf("%d %s", got.status, got.body)
	}
	got := u.request("POST", "/api/v1/results", "text/csv", zipped(t, csv("1", "R1")), "Content-Encoding: gzip")
	if got.status != http.StatusCreated || got.summary(t).Changed != 0 {
		t.Errorf("the same zipped: %d %s", got.status, got.body)
	}
}

func TestAThirdLargeImportWaits(t *testing.T) {
	t.Parallel()
	u := newAPI(t, func(l *intake.APILimits) { l.Memory = 10; l.Large = 2 })
	running, goOn := u.hold(2)
	var group sync.WaitGroup
	for n := range 2 {
		group.Go(func() {
			if got, err := u.try("POST", "/api/v1/results", "text/csv", csv("1", fmt.Sprint("L", n))); err != nil || got.status != http.StatusCreated {
				t.Errorf("%d %v", got.status, err)
			}
		})
	}
	running()
	got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "L3"))
	if got.problem(t); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("the third: %d %v", got.status, got.header)
	}
	goOn()
	group.Wait()
	if got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "L3")); got.status != http.StatusCreated {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
}

// hold keeps n imports from ending: running waits until they are at it.
func (u *apiUnderTest) hold(n int) (running, goOn func()) {
	at, gate := make(chan struct{}, n+10), make(chan struct{})
	inner := u.in.Read
	u.in.Read = func(c *labs.Catalogue, f labs.Source, o labs.Options, to bot.ImportSink) (bot.ImportHead, error) {
		at <- struct{}{}
		<-gate
		return inner(c, f, o, to)
	}
	return func() {
		for range n {
			<-at
		}
	}, sync.OnceFunc(func() { close(gate) })
}

func TestTheSameRequestGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	u := newAPI(t)
	first := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"), `Idempotency-Key: "k1"`)
	for _, key := range []string{`"k1"`, "k1"} {
		again := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: "+key)
		if again.status != first.status || again.body != first.body || again.header.Get("Location") != first.header.Get("Location") {
			t.Errorf("%s: %d %s, first %d %s", key, again.status, again.body, first.status, first.body)
		}
	}
	if other := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R2"), "Idempotency-Key: k1"); other.status != http.StatusUnprocessableEntity {
		t.Errorf("another body: %d %s", other.status, other.body)
	}
	second := u.newKey("second", store.ScopeWrite)
	if got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R2"), "Idempotency-Key: k1", "Authorization: Bearer "+second); got.status != http.StatusCreated {
		t.Errorf("the same Idempotency-Key of another API key: %d %s", got.status, got.body)
	}
	bad := u.request("POST", "/api/v1/results", "text/csv", "no,results\n", "Idempotency-Key: bad")
	if again := u.request("POST", "/api/v1/results", "text/csv", "no,results\n", "Idempotency-Key: bad"); again.body != bad.body || again.status != bad.status || bad.status != 422 {
		t.Errorf("refused: %d %s, again %d %s", bad.status, bad.body, again.status, again.body)
	}
	if c := count(t, u.db); c.Imports != 2 {
		t.Errorf("%d imports, want 2", c.Imports)
	}
}

func TestTwoSameRequestsAtOnceAreOneImport(t *testing.T) {
	t.Parallel()
	u := newAPI(t)
	var group sync.WaitGroup
	answers := make([]answer, 6)
	for n := range answers {
		group.Go(func() {
			var err error
			if answers[n], err = u.try("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: race"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, a := range answers {
		if a.status != http.StatusCreated || a.body != answers[0].body {
			t.Errorf("answers differ: %d %s, %d %s", a.status, a.body, answers[0].status, answers[0].body)
		}
	}
	if c := count(t, u.db); c.Imports != 1 {
		t.Errorf("%d imports, want 1", c.Imports)
	}
}

func TestARepeatedRequestOfALongImportIsAConflict(t *testing.T) {
	t.Parallel()
	u := newAPI(t, func(l *intake.APILimits) { l.Wait = 200 * time.Millisecond })
	running, goOn := u.hold(1)
	ended := make(chan answer, 1)
	go func() {
		got, err := u.try("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: long")
		if err != nil {
			t.Error(err)
		}
		ended <- got
	}()
	running()
	got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: long")
	if got.problem(t); got.status != http.StatusConflict || got.header.Get("Retry-After") == "" {
		t.Errorf("while it runs: %d %s", got.status, got.body)
	}
	goOn()
	first := <-ended
	if got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: long"); got.body != first.body || first.status != http.StatusCreated {
		t.Errorf("afterwards: %s, first %d %s", got.body, first.status, first.body)
	}
}

func TestAPassingFaultLeavesTheRequestFree(t *testing.T) {
	t.Parallel()
	u := newAPI(t)
	inner := u.in.Read
	u.in.Read = func(*labs.Catalogue, labs.Source, labs.Options, bot.ImportSink) (bot.ImportHead, error) {
		return bot.ImportHead{}, bot.Errorf(bot.KindUnavailable, "Try again.", "test: %s", canary)
	}
	got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: k")
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	u.in.Read = func(*labs.Catalogue, labs.Source, labs.Options, bot.ImportSink) (bot.ImportHead, error) {
		panic(canary)
	}
	if got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: k"); got.status != http.StatusInternalServerError {
		t.Errorf("a panic: %d %s", got.status, got.body)
	}
	u.in.Read = inner
	if got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"), "Idempotency-Key: k"); got.status != http.StatusCreated {
		t.Errorf("again: %d %s", got.status, got.body)
	}
	if strings.Contains(u.log.String(), canary) {
		t.Errorf("the log quotes:\n%s", u.log)
	}
	u.db.Close()
	if got := u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1")); got.status != http.StatusServiceUnavailable {
		t.Errorf("the database is down: %d %s", got.status, got.body)
	}
}

func TestAKeyThatAsksTooOftenWaits(t *testing.T) {
	t.Parallel()
	u := newAPI(t, func(l *intake.APILimits) { l.PerSecond, l.Burst = 0.1, 3 })
	var last answer
	for n := range 4 {
		last = u.request("POST", "/api/v1/results", "text/csv", csv("1", "R1"))
		if n < 3 && last.status != http.StatusCreated {
			t.Fatalf("request %d: %d %s", n, last.status, last.body)
		}
	}
	if last.problem(t); last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") == "" || last.header.Get("RateLimit") == "" {
		t.Errorf("%d %v", last.status, last.header)
	}
	if got := u.request("GET", "/api/v1/results/imports/1", "", "", "Authorization: Bearer "+u.reader); got.status != http.StatusOK {
		t.Errorf("another key: %d", got.status)
	}
}

func TestABodyThatNeverEndsIsCutOff(t *testing.T) {
	t.Parallel()
	u := newAPI(t, func(l *intake.APILimits) { l.BodyWithin = 300 * time.Millisecond })
	conn, err := net.Dial("tcp", u.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/results HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\nContent-Length: 100000\r\n\r\n%s", u.key, canary)
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(conn)
	if !bytes.HasPrefix(raw, []byte("HTTP/1.1 408 ")) {
		t.Errorf("answered %q", raw)
	}
}
