package turn

import (
	"context"
	"fmt"
	"slices"
	"time"

	"careline/bot"
	"careline/bot/guard"
	"careline/bot/llm"
	"careline/retrieval/knowledge"
)

// adult is the age from which an interval printed for adults may be used.
const adult = 18

// results adds what this patient's reports say, and the critical line each fact
// meets. Facts the question is not about enter only when they are critical.
func (e *Engine) results(ctx context.Context, p *pending, b bot.Binding) error {
	found, err := e.Finder.Find(ctx, p.institution, b.Patient, p.lookup(), p.question.language, p.now)
	if err != nil {
		return fmt.Errorf("turn: results of patient %d: %w", b.Patient, err)
	}
	p.found, p.patient = found, b.Patient
	e.hold(p, b.Relation)
	person := found.Patient
	person.Relation = b.Relation
	p.evidence.Patient = &person
	p.evidence.Asked = found.Asked
	for i := range p.evidence.Facts {
		p.evidence.Facts[i].Judged = !person.Pregnant && (person.Age < 0 || person.Age >= adult)
	}
	p.evidence.Facts = append(p.found.Facts, p.evidence.Facts...)
	for _, latest := range found.Latest {
		p.critical = append(p.critical, latest)
	}
	return nil
}

// triage sets the level from the messages and every fact, asked about or not.
func (e *Engine) triage(ctx context.Context, p *pending) error {
	table, err := e.Critical(ctx, p.Conversation.Institution)
	if err != nil {
		return fmt.Errorf("turn: critical table of %s: %w", p.Conversation.Institution, err)
	}
	for i, f := range p.evidence.Facts {
		p.evidence.Facts[i].Critical = guard.Meets(f, table, p.now)
	}
	for _, f := range p.critical {
		known := slices.ContainsFunc(p.evidence.Facts, func(g bot.Fact) bool { return g.Result == f.Result && g.Kind == f.Kind })
		if f.Critical = guard.Meets(f, table, p.now); f.Critical != nil && !known {
			p.evidence.Facts = append(p.evidence.Facts, f)
		}
	}
	number(p.evidence.Facts)
	p.trigger = e.Guard.Triage(guard.TriageInput{
		Messages: p.Messages, Earlier: p.earlier(), Standing: p.Conversation.Level, Facts: p.evidence.Facts, Now: p.now, Language: p.question.language,
	})
	if p.trigger.Level < bot.LevelEmergency && p.question.affirms && e.askedWhetherNow(p) {
		p.trigger = bot.Trigger{Level: bot.LevelEmergency, Rule: ruleUnsure, Term: "affirmed"}
	}
	return nil
}

// lookup is the question as evidence is looked up by: an embedding endpoint may
// read it, so nobody's name is in it.
func (p *pending) lookup() string {
	names := make([]string, len(p.Names))
	for i, name := range p.Names {
		names[i] = name.Plain()
	}
	return llm.Redact(p.question.text, names...)
}

// earlier are the person's own messages of the last half hour that were answered:
// a danger may be told in two of them.
func (p *pending) earlier() (all []bot.TurnMessage) {
	for _, m := range p.Recent {
		if m.Author == bot.AuthorPatient && p.now.Sub(m.At) <= 30*time.Minute {
			all = append(all, bot.TurnMessage{Kind: "text", Text: m.Text, At: m.At})
		}
	}
	return all
}

// number gives facts their ids within this evidence.
func number(facts []bot.Fact) {
	for i := range facts {
		facts[i].ID = fmt.Sprintf("F%d", i+1)
	}
}

// worriedDocument is what the library says to somebody whose report is within its
// ranges and who worries all the same.
const worriedDocument = "normal-but-worried"

// passages adds the approved texts about the items asked for, else what search
// finds for the question.
func (e *Engine) passages(ctx context.Context, p *pending) error {
	var analytes []bot.AnalyteID
	for _, f := range p.evidence.Facts {
		if f.Analyte != "" && !slices.Contains(analytes, f.Analyte) {
			analytes = append(analytes, f.Analyte)
		}
	}
	for _, a := range p.asked() {
		if !slices.Contains(analytes, a) {
			analytes = append(analytes, a)
		}
	}
	id, language := p.Conversation.Institution, p.question.language
	found, err := e.Library.Sections(ctx, id, language, analytes)
	if err != nil {
		return fmt.Errorf("turn: passages: %w", err)
	}
	if p.question.worry && p.found.How == "latest" {
		worried, err := e.Library.Document(ctx, id, language, worriedDocument)
		if err != nil {
			return fmt.Errorf("turn: document %s: %w", worriedDocument, err)
		}
		found = append(found, worried...)
	}
	if len(found) == 0 {
		hits, err := e.Library.Search(ctx, knowledge.Query{Institution: id, Text: p.lookup(), Language: language, Limit: 5, Inside: !p.consented})
		if err != nil {
			return fmt.Errorf("turn: search: %w", err)
		}
		whole, err := e.documents(ctx, p, hits)
		if err != nil {
			return err
		}
		found = append(found, whole...)
	}
	found = fitting(found, p.evidence.Facts)
	for i := range found {
		found[i].ID = fmt.Sprintf("K%d", i+1)
	}
	p.evidence.Passages = found
	return nil
}

// documents are all sections of the best hit's document, so that a general
// answer can be as whole as one about a result.
func (e *Engine) documents(ctx context.Context, p *pending, hits []bot.Passage) ([]bot.Passage, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	whole, err := e.Library.Document(ctx, p.Conversation.Institution, p.question.language, hits[0].Document)
	if err != nil {
		return nil, fmt.Errorf("turn: document %s: %w", hits[0].Document, err)
	}
	return whole, nil
}

// asked are the analytes the question names, whether or not results exist.
func (p *pending) asked() []bot.AnalyteID { return p.evidence.Asked }
