package jobs

import "context"

// AnswerOne takes one step of a turn worker.
func (r *Runner) AnswerOne(ctx context.Context) (bool, error) { return r.answerOne(ctx, "step") }

// SendOne takes one step of a send worker.
func (r *Runner) SendOne(ctx context.Context) (bool, error) { return r.sendOne(ctx, "step") }
