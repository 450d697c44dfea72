package knowledge

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/jackc/pgx/v5"

	"careline/bot"
)

//go:embed unrelated.yaml
var unrelatedFile []byte

// floor is the least a passage must score to answer a question: more than any
// passage scores for questions the library has nothing to do with. It is
// measured, because what a cosine means differs from model to model.
type floor struct{ cosine, rank float64 }

// unreachable is a cosine no passage has: without vectors to measure with there
// are none to search, or soon others.
const unreachable = 2

// margin is for the unrelated questions nobody thought of.
const margin = 1.3

// unrelated are one language's questions with their vectors, and the floor they
// showed last.
type unrelated struct {
	questions []string
	vectors   []any
	floor     floor
	until     time.Time
}

// measuredFor is how long a floor holds: measuring costs some thirty searches,
// and another process may change the texts or the model in use. Without vectors
// it holds for keep only: they may be on their way.
const measuredFor = 10 * time.Minute

// floor is the one measured last, or measured now.
func (l *Library) floor(ctx context.Context, language bot.Language) (floor, error) {
	l.mu.Lock()
	u := l.unrelated[language]
	l.mu.Unlock()
	if time.Now().Before(u.until) {
		return u.floor, nil
	}
	if u.questions == nil {
		var all map[bot.Language][]string
		if err := yaml.Unmarshal(unrelatedFile, &all); err != nil {
			return floor{}, fmt.Errorf("knowledge: unrelated.yaml: %w", err)
		}
		u.questions = all[language]
	}
	if u.vectors == nil {
		u.vectors = l.vectors(ctx, u.questions)
	}
	if err := l.measure(ctx, language, &u); err != nil {
		return floor{}, fmt.Errorf("knowledge: measure the floor of %s: %w", language, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unrelated[language] = u
	return u.floor, nil
}

// measure asks the questions of the library all institutions share.
func (l *Library) measure(ctx context.Context, language bot.Language, u *unrelated) error {
	const none bot.InstitutionID = ""
	near, matching := make([]list, len(u.questions)), make([]list, len(u.questions))
	var batch pgx.Batch
	for i, q := range u.questions {
		if u.vectors != nil {
			near[i].queue(&batch, nearest, none, language, u.vectors[i], l.embedder.Model(), math.Inf(1), 1)
		}
		matching[i].queue(&batch, matches, none, language, anyOf(q), 0, 1)
	}
	if err := l.db.Pool.SendBatch(ctx, &batch).Close(); err != nil {
		return err
	}
	u.floor, u.until = floor{cosine: unreachable}, time.Now().Add(keep)
	if cosine, found := highest(near); found {
		u.floor.cosine, u.until = margin*cosine, time.Now().Add(measuredFor)
	}
	if rank, found := highest(matching); found {
		u.floor.rank = margin * rank
	}
	return nil
}

// highest is the best score any of the lists begins with.
func highest(lists []list) (score float64, found bool) {
	for _, l := range lists {
		if len(l) > 0 {
			score, found = max(score, l[0].score), true
		}
	}
	return score, found
}
