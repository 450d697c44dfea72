package llm

import (
	"context"
	"time"

	"careline/bot"
)

// ModelConfig is one model behind one endpoint.
type ModelConfig struct{ BaseURL, Key, Model string }

// ChatConfig says which models answer, and how much of them an institution may use.
type ChatConfig struct {
	Primary     ModelConfig
	Secondary   *ModelConfig // asked once when the primary failed; nil: none
	Concurrency int          // calls of one institution at a time; 0: 4
	// Budget is how many tokens the institution has left; nil: no budget. An error
	// counts as spent. It is asked once a Chat, before the first call.
	Budget  func(context.Context, bot.InstitutionID) (tokensLeft int, err error)
	Timings Timings
}

// Chat asks a model for an answer, and always comes back before the turn's
// deadline. It is safe for concurrent use.
type Chat struct {
	models  []model // the primary, then the secondary if there is one
	places  places
	budget  func(context.Context, bot.InstitutionID) (int, error)
	timings Timings
	counts  counts
}

type model struct {
	client *Client
	name   string
}

const defaultConcurrency = 4

// NewChat checks the configuration; it does not connect.
func NewChat(c ChatConfig) (*Chat, error) {
	if c.Concurrency < 0 {
		return nil, bot.Errorf(bot.KindInvalid, "The number of model calls at a time cannot be negative.", "llm: concurrency %d", c.Concurrency)
	}
	if c.Concurrency == 0 {
		c.Concurrency = defaultConcurrency
	}
	chat := &Chat{places: newPlaces(c.Concurrency), budget: c.Budget, timings: c.Timings.orDefault()}
	configs := []ModelConfig{c.Primary}
	if c.Secondary != nil {
		configs = append(configs, *c.Secondary)
	}
	for _, m := range configs {
		if m.Model == "" {
			return nil, bot.Errorf(bot.KindInvalid, "A model endpoint needs the name of a model.", "llm: no model for the endpoint")
		}
		client, err := New(Config{BaseURL: m.BaseURL, Key: m.Key, Timings: chat.timings})
		if err != nil {
			return nil, err
		}
		chat.models = append(chat.models, model{client, m.Model})
	}
	return chat, nil
}

// Message is one message of a prompt.
type Message struct {
	Role string // "system", "user" or "assistant"
	Text string
}

// Request is one question to a model.
type Request struct {
	Institution bot.InstitutionID
	Messages    []Message
	MaxTokens   int        // of the answer; 0: 1,000
	Names       []bot.Text // of the patient and the family: replaced in every message
}

// Reply is a model's whole answer. Its Usage is filled beside an error too.
type Reply struct {
	Text  string
	Model string
	Usage bot.Usage
}

// Within opens the one deadline of a turn: the first call, its retry, the
// secondary and a later repair, each a Chat with this context, share it.
func (c *Chat) Within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.timings.Deadline)
}

// Chat asks the primary, once more when its failure may be over, then the
// secondary. No call starts with less than Timings.Least left of the deadline.
// Errors are KindUnavailable, or KindInvalid when the endpoint refuses the
// configuration; OutcomeOf says which of the ways to fail it was.
func (c *Chat) Chat(ctx context.Context, r Request) (Reply, error) {
	ctx, cancel := c.Within(ctx)
	defer cancel()
	q := r.redacted()
	leave, outcome := c.admit(ctx, r.Institution, q)
	if outcome != OK {
		c.counts.add(outcome)
		return Reply{}, failure(c.models[0].name, outcome)
	}
	defer leave()
	var reply Reply
	used := bot.Usage{}
	for i, m := range c.models {
		if i > 0 && !c.enough(ctx) {
			break
		}
		reply, outcome = c.call(ctx, m, q)
		used = used.Add(reply.Usage)
		if i == 0 && outcome.passing() && pause(ctx, c.timings.Pause) && c.enough(ctx) {
			reply, outcome = c.call(ctx, m, q)
			used = used.Add(reply.Usage)
		}
		if outcome == OK || outcome == Canceled {
			break
		}
	}
	reply.Usage = used
	return reply, failure(reply.Model, outcome)
}

// enough reports whether the time left is worth another call.
func (c *Chat) enough(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(deadline) >= c.timings.Least)
}

// Counts are the calls so far by outcome, with those refused before they began.
func (c *Chat) Counts() map[Outcome]int { return c.counts.snapshot() }
