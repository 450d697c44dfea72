package store_test

import (
	"strings"
	"testing"
	"time"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// born makes a patient with a birth date.
func (h hospital) born(t *testing.T, birth string, at time.Time) bot.PatientID {
	t.Helper()
	return bot.PatientID(h.number(t, `insert into patients (institution_id, birth_date, created_at) values ($1, $2, $3) returning id`, string(storetest.Hospital), birth, at))
}

// TestAnAdultsResultsNeedTheirOwnConsent: who may read at once and who asks first.
// It is 23 November 2026.
func TestAnAdultsResultsNeedTheirOwnConsent(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	at := storetest.Now
	cases := []struct {
		about    string
		birth    string
		relation bot.Relation
		agreed   bool
		asks     bool
	}{
		{"one's own", "1980-01-01", bot.RelationSelf, false, false},
		{"a parent's", "1954-01-01", bot.RelationParent, false, true},
		{"a parent's, staff have the consent", "1954-01-01", bot.RelationParent, true, false},
		{"a child's on the day before 18", "2008-11-24", bot.RelationChild, false, false},
		{"a child's at 18", "2008-11-23", bot.RelationChild, false, true},
		{"a child's without a birth date", "", bot.RelationChild, false, true},
		{"a child's with only a year of birth", "2019", bot.RelationChild, false, true},
		{"a minor's who is not one's child", "2019-01-01", bot.RelationOther, false, true},
	}
	for _, c := range cases {
		patient := h.born(t, c.birth, at)
		code, factor, _, err := h.MakeBindCode(t.Context(), storetest.Hospital, operator, patient, store.CodeOptions{PatientAgreed: c.agreed}, at)
		if err != nil {
			t.Fatal(err)
		}
		account, err := h.Account(t.Context(), storetest.Hospital, "webchat", bot.T(c.about), bot.Chinese, at)
		if err != nil {
			t.Fatal(err)
		}
		done, err := h.Bind(t.Context(), storetest.Hospital, account.Account, code, factor, c.relation, at)
		if err != nil || done.Requested != c.asks || done.Asked || done.Patient != patient {
			t.Errorf("%s: %+v, %v", c.about, done, err)
		}
		if reads := len(h.bound(t, account)) == 1; reads == c.asks {
			t.Errorf("%s: reads %v", c.about, reads)
		}
		if _, err := h.Bind(t.Context(), storetest.Hospital, account.Account, code, factor, c.relation, at); bot.KindOf(err) != bot.KindForbidden {
			t.Errorf("%s: the code worked twice: %v", c.about, err)
		}
	}
}

// TestACodeEndsAtItsTime: staff's after ten minutes, a printed one after thirty days,
// and no code may live longer.
func TestACodeEndsAtItsTime(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	at := storetest.Now
	patient := h.born(t, "1980-01-01", at)
	cases := []struct {
		about   string
		options store.CodeOptions
		lives   time.Duration // 0: it is not made
	}{
		{"of staff", store.CodeOptions{}, 10 * time.Minute},
		{"of staff, shorter", store.CodeOptions{Valid: time.Minute}, time.Minute},
		{"of staff, too long", store.CodeOptions{Valid: 11 * time.Minute}, 0},
		{"printed", store.CodeOptions{Printed: true}, 30 * 24 * time.Hour},
		{"printed, too long", store.CodeOptions{Printed: true, Valid: 31 * 24 * time.Hour}, 0},
		{"of the past", store.CodeOptions{Valid: -time.Minute}, 0},
	}
	for _, c := range cases {
		code, factor, until, err := h.MakeBindCode(t.Context(), storetest.Hospital, operator, patient, c.options, at)
		if c.lives == 0 {
			if bot.KindOf(err) != bot.KindInvalid {
				t.Errorf("%s: made, %v", c.about, err)
			}
			continue
		}
		if err != nil || !until.Equal(at.Add(c.lives)) {
			t.Errorf("%s: until %s, %v", c.about, until, err)
		}
		account, err := h.Account(t.Context(), storetest.Hospital, "webchat", bot.T(c.about), bot.Chinese, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Bind(t.Context(), storetest.Hospital, account.Account, code, factor, bot.RelationSelf, until); bot.KindOf(err) != bot.KindForbidden {
			t.Errorf("%s: bound at its end, %v", c.about, err)
		}
		if _, err := h.Bind(t.Context(), storetest.Hospital, account.Account, code, factor, bot.RelationSelf, until.Add(-time.Second)); err != nil {
			t.Errorf("%s: refused within its time, %v", c.about, err)
		}
	}
}

// TestANoticeWaitsWhileAPersonWritesOrAnEmergencyStands: it is told later, and once.
func TestANoticeWaitsWhileAPersonWritesOrAnEmergencyStands(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	at := storetest.Now
	patient := h.born(t, "1980-01-01", at)
	own := h.bind(t, "own", patient, at)
	h.bind(t, "another", patient, at)
	if n := h.jobs(t, "chat_notice"); n != 1 {
		t.Fatalf("%d notices of the second binding", n)
	}
	job := store.ChatNotice{Institution: storetest.Hospital, Conversation: own.ID, Notice: store.NoticeBindingAdded, Key: "bound/2"}
	tell := func() bool {
		told, err := h.Tell(t.Context(), job, bot.T("another account"), at)
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	h.ids(t, `update conversations set level = 'crisis' where id = $1 returning id`, int64(own.ID))
	if tell() {
		t.Error("told under a crisis")
	}
	h.ids(t, `update conversations set level = 'none' where id = $1 returning id`, int64(own.ID))
	if !tell() || !tell() {
		t.Error("not told")
	}
	if sent := sendAll(t, h.Store, at.Add(time.Second)); len(sent) != 1 || !strings.Contains(sent[0], "another account") {
		t.Errorf("sent %q", sent)
	}
}

// TestARequestIsForThePatientToAnswer: only after it was shown, only by the patient,
// once; and an answer that was taken is taken as it was.
func TestARequestIsForThePatientToAnswer(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	at := storetest.Now
	patient := h.born(t, "1954-01-01", at)
	own := h.bind(t, "own", patient, at)
	proxy, err := h.Account(t.Context(), storetest.Hospital, "webchat", bot.T("proxy"), bot.Chinese, at)
	if err != nil {
		t.Fatal(err)
	}
	code, factor, _, err := h.MakeBindCode(t.Context(), storetest.Hospital, operator, patient, store.CodeOptions{}, at)
	if err != nil {
		t.Fatal(err)
	}
	done, err := h.Bind(t.Context(), storetest.Hospital, proxy.Account, code, factor, bot.RelationParent, at)
	if err != nil || !done.Requested || !done.Asked {
		t.Fatalf("%+v, %v", done, err)
	}
	answer := func(c bot.Conversation, agreed bool, seq int64) (store.ProxyAnswer, bool) {
		a, ok, err := h.AnswerProxy(t.Context(), c, agreed, seq, at)
		if err != nil {
			t.Fatal(err)
		}
		return a, ok
	}
	if _, ok := answer(own, true, 1); ok {
		t.Error("a request that was not shown yet was answered")
	}
	request := h.number(t, `select id from proxy_requests`)
	job := store.ChatNotice{Institution: storetest.Hospital, Conversation: own.ID, Notice: store.NoticeProxyAsk, Key: "proxy/1"}
	if told, err := h.Tell(t.Context(), job, bot.T("may they?"), at); err != nil || !told || request != 1 {
		t.Fatal(told, err, request)
	}
	sendAll(t, h.Store, at.Add(time.Second))
	if _, ok := answer(proxy, true, 1); ok {
		t.Error("the proxy answered their own request")
	}
	for range 2 {
		if a, ok := answer(own, true, 2); !ok || !a.Agreed || a.Relation != bot.RelationParent {
			t.Errorf("%+v, %v", a, ok)
		}
	}
	if _, ok := answer(own, false, 3); ok {
		t.Error("an answered request was answered again")
	}
	if len(h.bound(t, proxy)) != 1 {
		t.Error("the proxy does not read after the patient agreed")
	}
}
