package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// insertDecision keeps all a decision rested on as it was, so that an answer can
// be shown and reviewed again whatever changes later.
func insertDecision(ctx context.Context, tx pgx.Tx, c thread, d bot.Decision) (id bot.DecisionID, err error) {
	facts, passages, checks, attempts, reviewed, person, err := encodeDecision(d)
	if err != nil {
		return 0, fmt.Errorf("store: decision in conversation %d: %w", c.ID, err)
	}
	rule := ""
	if d.Trigger != nil {
		rule = d.Trigger.Rule
	}
	sum := sha256.New()
	for _, part := range d.Parts {
		sum.Write([]byte(part.Plain()))
	}
	err = tx.QueryRow(ctx, `insert into decisions (institution_id, conversation_id, patient_id, kind, epoch, level, tier, rule, verdict, composed, model, prompt, language,
			facts, passages, checks, full_text, text_hash, took_ms, at,
			attempts, reviewed_as, person, asked, evidence_at, released, calls, prompt_tokens, completion_tokens, model_ms)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30) returning id`,
		string(c.Institution), int64(c.ID), orNull(int64(d.Patient)), string(d.Kind), c.Epoch, d.Level.String(), d.Tier.String(), rule, string(d.Verdict), d.Composed, d.Model, d.Prompt,
		string(d.Language), facts, passages, checks, d.Full, sum.Sum(nil), d.TookMS, d.DecidedAt,
		attempts, reviewed, person, orEmpty(d.Evidence.Asked), orNullTime(d.Evidence.Now), rawHashes(d.Released),
		d.Usage.Calls, d.Usage.PromptTokens, d.Usage.CompletionTokens, d.Usage.TookMS).Scan((*int64)(&id))
	if err != nil {
		return 0, fmt.Errorf("store: decision in conversation %d: %w", c.ID, err)
	}
	return id, nil
}

func encodeDecision(d bot.Decision) (facts, passages, checks, attempts, reviewed, person []byte, err error) {
	for _, part := range []struct {
		of   any
		into *[]byte
	}{
		{orEmpty(d.Evidence.Facts), &facts}, {orEmpty(citedPassages(d)), &passages}, {orEmpty(d.Checks), &checks},
		{plainAttempts(d.Attempts), &attempts}, {d.Reviewed, &reviewed}, {d.Evidence.Patient, &person},
	} {
		if *part.into, err = json.Marshal(part.of); err != nil {
			return nil, nil, nil, nil, nil, nil, err
		}
	}
	return facts, passages, checks, attempts, reviewed, person, nil
}

// plainAttempt is an attempt whole, with the draft that prints as redacted elsewhere.
type plainAttempt struct {
	Writer     bot.Writer
	Draft      string
	Violations []bot.Violation
	Failure    string
}

// plainAttempts are the attempts for jsonb, which holds no NUL: a model may write one.
func plainAttempts(all []bot.Attempt) []plainAttempt {
	plain := make([]plainAttempt, len(all))
	for i, a := range all {
		plain[i] = plainAttempt{a.Writer, strings.ReplaceAll(a.Draft.Plain(), "\x00", "\ufffd"), a.Violations, a.Failure}
	}
	return plain
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// citedPassages are the passages the answer rests on; the others were only offered.
func citedPassages(d bot.Decision) []bot.Passage {
	var used []bot.Passage
	for _, p := range d.Evidence.Passages {
		for _, id := range d.Cited {
			if p.ID == id {
				used = append(used, p)
			}
		}
	}
	return used
}

const selectDecision = `select d.id, coalesce(d.patient_id, 0), d.kind, d.level, d.tier, d.rule, d.verdict, d.composed, d.model, d.prompt, d.language,
	d.facts, d.passages, d.checks, d.attempts, d.reviewed_as, d.person, d.asked, d.evidence_at, d.released,
	d.calls, d.prompt_tokens, d.completion_tokens, d.model_ms, d.full_text, d.took_ms, d.at`

// scanDecision reads a decision back whole but for its parts, which stand in the
// outbox; more are further columns of the row.
func scanDecision(row pgx.Row, more ...any) (id bot.DecisionID, d bot.Decision, err error) {
	var level, tier, rule string
	var facts, passages, checks, attempts, reviewed, person []byte
	var released [][]byte
	var evidenceAt *time.Time
	columns := []any{(*int64)(&id), (*int64)(&d.Patient), (*string)(&d.Kind), &level, &tier, &rule, (*string)(&d.Verdict), &d.Composed, &d.Model, &d.Prompt, (*string)(&d.Language),
		&facts, &passages, &checks, &attempts, &reviewed, &person, &d.Evidence.Asked, &evidenceAt, &released,
		&d.Usage.Calls, &d.Usage.PromptTokens, &d.Usage.CompletionTokens, &d.Usage.TookMS, &d.Full, &d.TookMS, &d.DecidedAt}
	if err := row.Scan(append(columns, more...)...); err != nil {
		return 0, d, err
	}
	var plain []plainAttempt
	for _, part := range []struct {
		raw  []byte
		into any
	}{
		{facts, &d.Evidence.Facts}, {passages, &d.Evidence.Passages}, {checks, &d.Checks},
		{attempts, &plain}, {reviewed, &d.Reviewed}, {person, &d.Evidence.Patient},
	} {
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			return 0, d, fmt.Errorf("store: decision %d: %w", id, err)
		}
	}
	for _, a := range plain {
		d.Attempts = append(d.Attempts, bot.Attempt{Writer: a.Writer, Draft: bot.T(a.Draft), Violations: a.Violations, Failure: a.Failure})
	}
	for _, p := range d.Evidence.Passages {
		d.Cited = append(d.Cited, p.ID)
	}
	for _, raw := range released {
		d.Released = append(d.Released, bot.Hash(raw))
	}
	if evidenceAt != nil {
		d.Evidence.Now = *evidenceAt
	}
	if d.Level, err = bot.ParseLevel(level); err != nil {
		return 0, d, err
	}
	if rule != "" {
		d.Trigger = &bot.Trigger{Level: d.Level, Rule: rule}
	}
	d.Tier, err = bot.ParseTier(tier)
	return id, d, err
}
