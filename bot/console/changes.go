package console

import (
	"context"

	"careline/bot"
	"careline/bot/store"
)

// changes are the results behind a case that no longer are as they were explained.
func (s *Site) changes(ctx context.Context, v *visit, k bot.Case) (views []changeView, err error) {
	all, err := s.Store.Changes(ctx, v.Institution.ID, k.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		view := changeView{Name: c.Name, Kind: v.Say("change-" + c.Kind), Was: c.Was, Is: c.Is, Gone: c.Kind != store.ResultCorrected || !c.Is.Status.Usable()}
		if !c.ReplacedAt.IsZero() {
			view.Date = v.Clock(c.ReplacedAt, v.now)
		}
		if c.Notice == "queued" {
			view.Notice = v.Say("notice-queued", v.Clock(c.NoticedAt, v.now))
		} else {
			view.Notice = v.Say("notice-" + c.Notice)
		}
		views = append(views, view)
	}
	return views, nil
}
