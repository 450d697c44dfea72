package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// Spend adds what a turn's calls took to the institution's day, in its zone.
func (s *Store) Spend(ctx context.Context, id bot.InstitutionID, u bot.Usage, now time.Time) error {
	err := s.db.InQuick(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into model_usage as m (institution_id, day, calls, prompt_tokens, completion_tokens)
			select id, ($2::timestamptz at time zone time_zone)::date, $3, $4, $5 from institutions where id = $1
			on conflict (institution_id, day) do update set calls = m.calls + excluded.calls,
				prompt_tokens = m.prompt_tokens + excluded.prompt_tokens, completion_tokens = m.completion_tokens + excluded.completion_tokens`,
			string(id), now, u.Calls, u.PromptTokens, u.CompletionTokens)
		if err != nil {
			return fmt.Errorf("store: usage of %s: %w", id, err)
		}
		return nil
	})
	return unavailable(err)
}

// SpentToday is what the institution's day has taken so far; the time of the calls
// is not summed.
func (s *Store) SpentToday(ctx context.Context, id bot.InstitutionID, now time.Time) (u bot.Usage, err error) {
	err = s.db.InRead(ctx, id, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select m.calls, m.prompt_tokens, m.completion_tokens from model_usage m join institutions i on i.id = m.institution_id
			where i.id = $1 and m.day = ($2::timestamptz at time zone i.time_zone)::date`, string(id), now).Scan(&u.Calls, &u.PromptTokens, &u.CompletionTokens)
		if noRows(err) {
			return nil
		}
		return err
	})
	return u, unavailable(err)
}

// DailyTokens is the institution's own budget of model tokens a day; nil: the
// configured one applies. At 0 no model is asked.
func (s *Store) DailyTokens(ctx context.Context, id bot.InstitutionID) (tokens *int, err error) {
	err = s.db.Pool.QueryRow(ctx, `select daily_tokens from institutions where id = $1`, string(id)).Scan(&tokens)
	return tokens, unavailable(err)
}

// SetDailyTokens gives the institution a budget of its own, or takes it back with nil.
func (s *Store) SetDailyTokens(ctx context.Context, id bot.InstitutionID, by bot.Actor, tokens *int, now time.Time) error {
	return unavailable(s.db.In(ctx, id, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update institutions set daily_tokens = $2 where id = $1`, string(id), tokens); err != nil {
			return fmt.Errorf("store: budget of %s: %w", id, err)
		}
		return audit(ctx, tx, id, now, by, "institution.budget", subject{})
	}))
}

// TokensLeft is what the institution may still use today: of its own budget, or
// of the configured one.
func (s *Store) TokensLeft(ctx context.Context, id bot.InstitutionID, configured int, now time.Time) (int, error) {
	own, err := s.DailyTokens(ctx, id)
	if err != nil {
		return 0, err
	}
	spent, err := s.SpentToday(ctx, id, now)
	if err != nil {
		return 0, err
	}
	if own != nil {
		configured = *own
	}
	return configured - spent.Tokens(), nil
}
