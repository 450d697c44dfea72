package jobs_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
	"careline/bot/store"
	"careline/bot/store/storetest"
)

// simulatedConversations in all, in towns of their own database each.
func simulatedConversations() int {
	if os.Getenv("CARELINE_PROVE") != "" {
		return 10_000
	}
	return 100
}

const townSize = 50

func TestNoConversationGoesOverItsWindowAndNothingIsLost(t *testing.T) {
	t.Parallel()
	var sum sums
	t.Run("towns", func(t *testing.T) {
		for n := range simulatedConversations() / townSize {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				w := newTown(t, uint64(n))
				w.live()
				w.drain()
				w.check(&sum)
			})
		}
	})
	t.Logf("%d conversations: %d messages came, %d parts were sent (%d of them cut from longer texts), %d sends failed or were cut off, %d parts unknown, %d suppressed; over the budget: %d, reserves broken: %d",
		simulatedConversations(), sum.inbound.Load(), sum.sent.Load(), sum.cut.Load(), sum.faults.Load(), sum.unknown.Load(), sum.suppressed.Load(), sum.over.Load(), sum.kept.Load())
}

type sums struct {
	inbound, sent, cut, faults, unknown, suppressed, over, kept atomic.Int64
}

// town is some people who write, tap, wait and are written to, on one clock.
type town struct {
	*office
	*sky
	random *rand.Rand
	people []*person
	staff  bot.Staff
	posted []posted // callbacks on their way
	came   int
	texts  map[string]bool // whole texts of answers and of staff
}

// posted is a callback that is delivered at a time.
type posted struct {
	at      time.Time
	in      bot.Inbound
	trigger bot.Trigger
}

func newTown(t *testing.T, seed uint64) *town {
	t.Helper()
	w := &town{random: rand.New(rand.NewPCG(seed, 5)), texts: map[string]bool{}}
	w.sky = &sky{random: w.random, people: map[string]*person{}, faulty: true}
	w.office = newOffice(t, w.sky, w)
	w.sky.now = func() time.Time { return w.at }
	w.staff = bot.Staff{Institution: storetest.Hospital, Login: "zhang", Name: bot.T("张敏"), Role: bot.RoleClinician}
	id, err := w.Store.AddStaff(t.Context(), bot.Actor{Kind: "operator"}, w.staff, "a long enough sentence", w.at)
	if err != nil {
		t.Fatal(err)
	}
	w.staff.ID = id
	for n := range townSize {
		p := &person{name: fmt.Sprintf("person-%d", n), late: n%3 == 0, exact: n%3 == 1, windows: map[bot.Opening]*simulated{}}
		w.people, w.sky.people[p.name] = append(w.people, p), p
	}
	return w
}

// live lets days pass: bursts, waits of seconds, minutes, hours and days.
func (w *town) live() {
	for range 6 {
		for _, p := range w.people {
			if w.random.IntN(3) > 0 {
				w.acts(p)
			}
		}
		for range 4 {
			w.deliver(false)
			w.step()
			w.keepsReserves()
			w.at = w.at.Add(time.Duration(w.random.IntN(4000)+200) * time.Millisecond)
		}
		w.at = w.at.Add([]time.Duration{0, 20 * time.Second, 5 * time.Minute, 3 * time.Hour, 30 * time.Hour}[w.random.IntN(5)])
	}
}

// acts is one thing that happens around a person.
func (w *town) acts(p *person) {
	switch n := w.random.IntN(100); {
	case n < 40:
		w.post(p, bot.MessageText, bot.OpenedByWriting, bot.LevelNone)
	case n < 60 && !p.exact:
		w.post(p, []string{bot.MessageMenu, bot.MessageScan, bot.MessageFollow}[w.random.IntN(3)], bot.OpenedByTapping, bot.LevelNone)
	case n >= 60 && n < 66:
		w.post(p, bot.MessageText, bot.OpenedByWriting, bot.LevelEmergency)
	case n >= 66 && n < 70:
		w.dies()
	case p.conversation == 0:
	case n < 95:
		w.staffWrite(p)
	default:
		w.closeCase(p)
	}
}

// post is what a person does: the channel opens the window at once and tells us
// then, or later, and sometimes twice.
func (w *town) post(p *person, kind string, opens bot.Opening, level bot.Level) {
	p.n++
	p.opens(opens, w.at)
	in := bot.Inbound{
		Institution: storetest.Hospital, Channel: w.Name(), ExternalID: bot.T(p.name), ProviderID: fmt.Sprint("m", p.n),
		Kind: kind, Text: bot.T(fmt.Sprintf("%s/%d", p.name, p.n)), Opens: opens, SentAt: w.at,
	}
	delay := time.Duration(0)
	if p.late {
		in.SentAt = w.at.Truncate(time.Second)
		delay = time.Duration(w.random.IntN(60)) * time.Second
	}
	for twice := 1 + w.random.IntN(5)/4; twice > 0; twice-- {
		w.posted = append(w.posted, posted{w.at.Add(delay), in, bot.Trigger{Level: level, Rule: "T0"}})
		delay += time.Duration(w.random.IntN(20)) * time.Second
	}
	w.came++
}

// deliver hands over the callbacks that are due, or all.
func (w *town) deliver(all bool) {
	w.t.Helper()
	var later []posted
	for _, c := range w.posted {
		if !all && c.at.After(w.at) {
			later = append(later, c)
			continue
		}
		var urgent []bot.Text
		if c.trigger.Level.Urgent() {
			urgent = []bot.Text{bot.T("请现在打120 " + c.in.Text.Plain())}
		}
		r, err := w.Store.Receive(w.t.Context(), c.in, c.trigger, urgent, w.at)
		if err != nil {
			w.t.Fatal(err)
		}
		w.sky.people[c.in.ExternalID.Plain()].conversation = r.Conversation.ID
	}
	w.posted = later
}

// step answers and sends what is due now.
func (w *town) step() {
	w.t.Helper()
	w.work(time.Nanosecond)
	w.at = w.at.Add(-time.Second)
}

// dies is a worker that is gone between taking a part and marking it: it left, or not.
func (w *town) dies() {
	limits := w.Limits()
	out, err := w.Store.ClaimSend(w.t.Context(), []store.Sender{{Channel: w.Name(), Windows: limits.Windows, Pace: limits.Pace}}, "dies", w.at, 4*time.Second)
	if err != nil {
		w.t.Fatal(err)
	}
	if out == nil {
		return
	}
	w.doubt(out)
	if w.random.IntN(2) == 0 {
		_ = w.arrive(*out)
	}
}

// staffWrite makes somebody of ours write a few texts, some at length.
func (w *town) staffWrite(p *person) {
	if err := w.Store.RequestHuman(w.t.Context(), storetest.Hospital, p.conversation, bot.T("已经转给值班人员"), w.at); err != nil {
		w.t.Fatal(err)
	}
	for range 1 + w.random.IntN(4) {
		p.replies++
		text := prose(w.random, fmt.Sprintf("S%s.%d", p.name, p.replies))
		w.texts[text] = true
		if err := w.Store.Reply(w.t.Context(), storetest.Hospital, p.conversation, w.staff, bot.T(text), fmt.Sprint(p.replies), 1<<40, bot.Text{}, w.at); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *town) closeCase(p *person) {
	line, err := w.Store.Timeline(w.t.Context(), storetest.Hospital, p.conversation, 0, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	if line.Conversation.Case == 0 {
		return
	}
	if err := w.Store.Close(w.t.Context(), storetest.Hospital, line.Conversation.Case, w.staff, "reached", bot.Text{}, w.at); err != nil {
		w.t.Fatal(err)
	}
}

// drain lets those write for whom something waits until nothing does any more.
func (w *town) drain() {
	w.deliver(true)
	w.faulty = false
	for range 80 {
		w.at = w.at.Add(10 * time.Minute)
		waiting := w.read(`select distinct conversation_id::text from outbox where state in ('queued', 'sending', 'held')`)
		if len(waiting) == 0 {
			return
		}
		for _, p := range w.people {
			if !slices.Contains(waiting, fmt.Sprint(p.conversation)) {
				continue
			}
			p.n++
			p.opens(bot.OpenedByWriting, w.at)
			in := bot.Inbound{Institution: storetest.Hospital, Channel: w.Name(), ExternalID: bot.T(p.name), ProviderID: fmt.Sprint("m", p.n), Kind: bot.MessageText, Text: bot.T("好"), Opens: bot.OpenedByWriting, SentAt: w.at}
			if _, err := w.Store.Receive(w.t.Context(), in, bot.Trigger{}, nil, w.at); err != nil {
				w.t.Fatal(err)
			}
		}
		w.work(5 * time.Second)
	}
	w.t.Errorf("something waits for ever: %q", w.read(`select state || ' ' || author || ' ' || error from outbox where state in ('queued', 'sending', 'held') limit 5`))
}

// keepsReserves looks for what is held though the channel would still take it: a
// text about a danger, or one of staff with a place to spare. Where a tap and a
// message are both open, the channel counts in the tap's window what we keep out
// of it, so only people without taps are looked at.
func (w *town) keepsReserves() {
	for _, row := range w.read(`select conversation_id || ' ' || urgent from outbox where state = 'held' and (urgent or author = 'staff')`) {
		var id bot.ConversationID
		var urgent bool
		if _, err := fmt.Sscan(row, (*int64)(&id), &urgent); err != nil {
			w.t.Fatal(err)
		}
		for _, p := range w.people {
			if p.conversation == id && p.exact && !p.doubted && p.room(w.at.Add(5*time.Second), urgent) > 0 {
				w.kept++
				w.t.Errorf("a part (urgent: %v) of %s is held though there is room for it", urgent, p.name)
			}
		}
	}
}

// stored is a part as the outbox has it in the end.
type stored struct {
	ID     int64
	Who    int64
	Author string
	Urgent bool
	State  string
	Key    string
	Part   int
	Text   string
}

// check compares what is stored with what came to each person.
func (w *town) check(sum *sums) {
	w.t.Helper()
	var rows []stored
	err := w.db.InRead(w.t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		found, err := tx.Query(w.t.Context(), `select id, conversation_id, author, urgent, state, turn_key, part, text from outbox order by id`)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, pgx.RowToStructByPos[stored])
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	whole, last := map[string]string{}, map[string]int{}
	for _, r := range rows {
		w.checkFate(r)
		line := fmt.Sprint(r.Who, r.Author, r.Urgent)
		if at := w.order[r.ID]; at > 0 && at < last[line] {
			w.t.Errorf("part %d (%s) came before an earlier one", r.ID, r.Author)
		}
		last[line] = max(last[line], w.order[r.ID])
		if r.Author != string(bot.AuthorSystem) {
			whole[fmt.Sprint(r.Who, r.Key)] += r.Text
		}
		sum.add(r)
	}
	for key, text := range whole {
		if !w.texts[text] {
			w.t.Errorf("the parts of %s joined are not the text", key)
		}
	}
	sum.inbound.Add(int64(w.came))
	sum.sent.Add(int64(len(w.arrived)))
	sum.faults.Add(int64(w.faults))
	sum.over.Add(int64(w.over))
	sum.kept.Add(int64(w.kept))
	if w.over+w.broken+w.kept > 0 {
		w.t.Errorf("%d sends over the window's budget, %d reserves not kept, %d parts too long or no text", w.over, w.kept, w.broken)
	}
}

// checkFate compares what became of a part with how often it came.
func (w *town) checkFate(r stored) {
	w.t.Helper()
	times := w.arrived[r.ID]
	switch bot.Delivery(r.State) {
	case bot.DeliverySent:
		if times == 1 || times > 1 && r.Urgent {
			return
		}
	case bot.DeliveryUnknown:
		if w.doubts[r.ID] && times <= 1 {
			return
		}
	case bot.DeliverySuppressed:
		if r.Author == string(bot.AuthorAssistant) && times == 0 {
			return
		}
	}
	w.t.Errorf("part %d (%s, urgent: %v) is %s and came %d times", r.ID, r.Author, r.Urgent, r.State, times)
}

func (s *sums) add(r stored) {
	if r.Part > 1 {
		s.cut.Add(1)
	}
	switch bot.Delivery(r.State) {
	case bot.DeliveryUnknown:
		s.unknown.Add(1)
	case bot.DeliverySuppressed:
		s.suppressed.Add(1)
	}
}

// prose is a text that names where it belongs, some of it longer than a part.
func prose(random *rand.Rand, tag string) string {
	words := []string{"血钾 7.1 mmol/L，", "请今天去医院。", "🙂👨‍👩‍👧 家人陪着更好；", "ALT 87 U/L (7-40) is high. ", "再观察一两周！\n\n", "https://hospital.example/full?x=1 ", "转氨酶在肝细胞里，"}
	var b strings.Builder
	b.WriteString(tag)
	for n := []int{1, 3, 8, 20, 100, 250}[random.IntN(6)]; n > 0; n-- {
		b.WriteString(words[random.IntN(len(words))])
	}
	return b.String()
}
