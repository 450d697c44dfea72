package wechat

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/bot"
	"careline/channels"
)

// Notice is how people hear that a report is there: by a template message (they
// must follow the account) or, without one, by a subscription notice (they must
// have agreed to each).
type Notice struct {
	TemplateID  string
	SubscribeID string
	Fields      map[string]string // the template's fields, such as thing1, to what they say
}

// The values a field may have. None says anything about a result.
const (
	fieldInstitution = "institution"
	fieldDate        = "date" // of the report, such as 2026年11月3日
	fieldTime        = "time" // of the report, such as 2026年11月3日 10:14
	fieldWhat        = "what" // "lab report"
)

var (
	fieldShape = regexp.MustCompile(`^([a-z_]+)[0-9]*$`)
	errNoWay   = errors.New("wechat: no template for notices is configured")
)

func (n Notice) configured() bool { return n.TemplateID != "" || n.SubscribeID != "" }

func (n Notice) validate() error {
	for field, value := range n.Fields {
		if !fieldShape.MatchString(field) || !slices.Contains([]string{fieldInstitution, fieldDate, fieldTime, fieldWhat}, value) {
			return bot.Errorf(bot.KindInvalid, "A field of a notice is written as in thing1=institution; what it says is institution, date, time or what.", "wechat: notice field %s=%s", strconv.Quote(field), strconv.Quote(value))
		}
	}
	if n.configured() && len(n.Fields) == 0 {
		return bot.Errorf(bot.KindInvalid, "A template for notices needs its fields, such as thing1=institution,time2=time.", "wechat: notice without fields")
	}
	return nil
}

// fieldRunes is the longest value of a kind of field; the platform refuses the
// whole notice (47003) beyond it.
func fieldRunes(field string) int {
	switch fieldShape.FindStringSubmatch(field)[1] {
	case "phrase":
		return 5
	case "character_string":
		return 32
	}
	return 20
}

func (a *Adapter) fields(n channels.ReportNotice) map[string]string {
	all := map[string]string{}
	for field, value := range a.Notice.Fields {
		text := map[string]string{
			fieldInstitution: n.Institution,
			fieldDate:        n.ReportedAt.Format("2006年1月2日"),
			fieldTime:        n.ReportedAt.Format("2006年1月2日 15:04"),
			fieldWhat:        a.in(n.Language).Notice,
		}[value]
		runes := []rune(text)
		all[field] = string(runes[:min(len(runes), fieldRunes(field))])
	}
	return all
}

// ReportReady sends the notice. The reference is the platform's message id, which
// its report of the delivery repeats; a subscription notice has none.
func (a *Adapter) ReportReady(ctx context.Context, external bot.Text, n channels.ReportNotice) (string, error) {
	if !a.Notice.configured() {
		return "", &channels.SendError{Kind: channels.Never, Err: errNoWay}
	}
	if err := a.telling.check(false); err != nil {
		return "", err
	}
	ref, err := a.template(ctx, external, a.fields(n))
	return ref, a.telling.after(a.errors.sendError(err))
}

func (a *Adapter) template(ctx context.Context, external bot.Text, fields map[string]string) (string, error) {
	if a.Notice.TemplateID == "" {
		return "", a.subscription(ctx, external, fields)
	}
	m := message.TemplateMessage{ToUser: external.Plain(), TemplateID: a.Notice.TemplateID, Data: map[string]*message.TemplateDataItem{}}
	for field, text := range fields {
		m.Data[field] = &message.TemplateDataItem{Value: text}
	}
	var answer struct {
		ID int64 `json:"msgid"`
	}
	if err := a.Client.Post(ctx, "/cgi-bin/message/template/send", m, &answer); err != nil {
		return "", err
	}
	return strconv.FormatInt(answer.ID, 10), nil
}

func (a *Adapter) subscription(ctx context.Context, external bot.Text, fields map[string]string) error {
	m := message.SubscribeMessage{ToUser: external.Plain(), TemplateID: a.Notice.SubscribeID, Data: map[string]*message.SubscribeDataItem{}}
	for field, text := range fields {
		m.Data[field] = &message.SubscribeDataItem{Value: text}
	}
	return a.Client.Post(ctx, "/cgi-bin/message/subscribe/bizsend", m, nil)
}
