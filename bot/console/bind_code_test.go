package console_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/console"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// desk is a console with one case, of patient T-1.
type bindDesk struct {
	*testing.T
	*httptest.Server
	store   *store.Store
	patient bot.PatientID
	path    string // of the case's code
	audited func() int
	linked  []string // the codes that were asked a link for
	log     bytes.Buffer
}

func newBindDesk(t *testing.T, link func(code string) (string, error)) *bindDesk {
	t.Helper()
	s, db := storetest.New(t)
	ctx := t.Context()
	d := &bindDesk{T: t, store: s}
	file := bot.ImportFile{ImportHead: bot.ImportHead{Format: "csv", Digest: "d"}, Patients: []bot.ImportPatient{{
		Patient: bot.Patient{Identifiers: []bot.Identifier{{System: "H", Type: "MR", Value: "T-1"}}, Sex: bot.SexFemale},
	}}}
	if _, err := s.SaveImport(ctx, storetest.Hospital, bot.Actor{Kind: "operator"}, file, storetest.Now); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.patient, err = s.FindPatient(ctx, storetest.Hospital, "T-1"); err != nil {
		t.Fatal(err)
	}
	why := bot.CaseReason{Level: bot.LevelReview, Trigger: bot.Trigger{Level: bot.LevelReview, Rule: "asked"}}
	if err := s.OpenForPatient(ctx, storetest.Hospital, d.patient, why, storetest.Now); err != nil {
		t.Fatal(err)
	}
	open, err := s.Cases(ctx, storetest.Hospital, false)
	if err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	d.path = "/staff/hospital/cases/" + strconv.FormatInt(int64(open[0].ID), 10) + "/bind-code"
	site, err := console.New(console.Config{
		Store: s, Now: func() time.Time { return storetest.Now }, Log: slog.New(slog.NewTextHandler(&d.log, nil)),
		BindLink: func(_ context.Context, id bot.InstitutionID, code string, valid time.Duration) (string, error) {
			if id != storetest.Hospital || valid != 10*time.Minute {
				t.Errorf("a link for %s, valid %s", id, valid)
			}
			d.linked = append(d.linked, code)
			return link(code)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	site.Routes(mux)
	d.Server = httptest.NewServer(mux)
	t.Cleanup(d.Close)
	d.audited = func() (n int) {
		err := db.In(ctx, storetest.Hospital, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `select count(*) from audit where action = 'binding.code' and actor_kind = 'staff'`).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return d
}

func page(code string) (string, error) {
	return "https://care.example.org/w/hospital/bind?code=" + code, nil
}

// post asks for a code as a member of staff; no role is nobody signed in.
func (d *bindDesk) post(role bot.Role, form url.Values) (int, string) {
	d.Helper()
	request, err := http.NewRequestWithContext(d.Context(), "POST", d.URL+d.path, strings.NewReader(form.Encode()))
	if err != nil {
		d.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if role != "" {
		staff := bot.Staff{Institution: storetest.Hospital, Login: strings.ReplaceAll(string(role), "_", "."), Name: bot.T("林医生"), Role: role}
		if _, err := d.store.AddStaff(d.Context(), bot.Actor{Kind: "operator"}, staff, "a long password", storetest.Now); err != nil {
			d.Fatal(err)
		}
		token, _, err := d.store.SignIn(d.Context(), storetest.Hospital, staff.Login, "a long password", storetest.Now)
		if err != nil {
			d.Fatal(err)
		}
		request.AddCookie(&http.Cookie{Name: "careline_staff", Value: token})
	}
	answer, err := d.Client().Do(request)
	if err != nil {
		d.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		d.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

var secrets = regexp.MustCompile(`<p class="secret">([^<]*)</p>`)

// TestStaffMakeACodeThatBinds: the code in the picture and on the page, the second
// factor on the page alone.
func TestStaffMakeACodeThatBinds(t *testing.T) {
	t.Parallel()
	d := newBindDesk(t, page)
	status, text := d.post(bot.RoleManager, url.Values{"agreed": {"yes"}})
	shown := secrets.FindAllStringSubmatch(text, -1)
	if status != http.StatusOK || len(shown) != 2 || !strings.Contains(text, `<svg class="qr"`) || !strings.Contains(text, "本人已同意") {
		t.Fatalf("%d\n%s", status, text)
	}
	code, factor := shown[0][1], shown[1][1]
	if len(d.linked) != 1 || d.linked[0] != strings.ReplaceAll(code, " ", "") {
		t.Errorf("the picture holds %q, the page says %q", d.linked, code)
	}
	c, err := d.store.Account(t.Context(), storetest.Hospital, "wechat", bot.T("anna"), bot.Chinese, storetest.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.Bind(t.Context(), storetest.Hospital, c.Account, code, factor, bot.RelationSelf, storetest.Now); err != nil {
		t.Fatal(err)
	}
	bound, err := d.store.Bindings(t.Context(), storetest.Hospital, c.Account)
	if err != nil || len(bound) != 1 || bound[0].Patient != d.patient {
		t.Errorf("bound %+v, %v", bound, err)
	}
	if d.audited() != 1 {
		t.Errorf("%d audit rows", d.audited())
	}
}

func TestWhoMayMakeACode(t *testing.T) {
	t.Parallel()
	d := newBindDesk(t, page)
	cases := map[bot.Role]int{
		bot.RoleManager: http.StatusOK, bot.RoleClinician: http.StatusOK, bot.RoleSupervisor: http.StatusOK, bot.RoleAdmin: http.StatusOK,
		bot.RoleAuditor: http.StatusForbidden, "": http.StatusUnauthorized,
	}
	for role, want := range cases {
		before := d.audited()
		status, text := d.post(role, nil)
		if status != want {
			t.Errorf("%q: %d, want %d", role, status, want)
		}
		made := want == http.StatusOK
		if secrets.MatchString(text) != made || (d.audited() > before) != made {
			t.Errorf("%q: the page\n%s", role, text)
		}
	}
}

// TestACodeWithoutALinkIsTyped: a channel that does not answer keeps nobody waiting.
func TestACodeWithoutALinkIsTyped(t *testing.T) {
	t.Parallel()
	d := newBindDesk(t, func(code string) (string, error) { return "", errors.New("no link for " + code) })
	status, text := d.post(bot.RoleClinician, nil)
	if status != http.StatusOK || strings.Contains(text, `<svg class="qr"`) || len(secrets.FindAllString(text, -1)) != 2 {
		t.Errorf("%d\n%s", status, text)
	}
	if strings.Contains(d.log.String(), d.linked[0]) {
		t.Errorf("the code was logged: %s", d.log.String())
	}
}
