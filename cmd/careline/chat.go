package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"

	"careline/bot"
)

type chatCmd struct {
	Patient string `required:"" help:"The patient: our id, or an identifier printed on the report."`
}

// Run reads questions line by line until end of input or "exit".
func (c chatCmd) Run(ctx context.Context, io stdio, g *global, log *slog.Logger) error {
	a, err := g.answering(ctx, log)
	if err != nil {
		return err
	}
	defer a.close()
	t, err := a.operatorThread(ctx, g, c.Patient)
	if err != nil {
		return err
	}
	style := styleFor(io)
	fmt.Fprintln(io.out, style.dim.Render("请输入问题，回车发送；输入 exit 结束。 Type a question; \"exit\" ends."))
	lines := bufio.NewScanner(io.in)
	lines.Buffer(nil, 1<<20)
	for {
		fmt.Fprint(io.out, style.you.Render("› "))
		if !lines.Scan() || ctx.Err() != nil {
			fmt.Fprintln(io.out)
			return lines.Err()
		}
		question := strings.TrimSpace(lines.Text())
		if question == "exit" || question == "quit" {
			return nil
		}
		if question == "" {
			continue
		}
		stop := style.working(io)
		decision, err := a.ask(ctx, t, question)
		stop()
		if err != nil {
			g.fail(io, err)
			continue
		}
		printAnswer(io, style, decision)
	}
}

// style is how the terminal shows an answer; every style is plain when the
// output is no terminal or NO_COLOR is set.
type style struct {
	you, dim, urgent, bold lipgloss.Style
	terminal               bool
}

func plainStyle() style { return style{} }

func styleFor(io stdio) style {
	out, ok := io.out.(*os.File)
	if !ok || !term.IsTerminal(int(out.Fd())) || os.Getenv("NO_COLOR") != "" {
		return plainStyle()
	}
	return style{
		you:      lipgloss.NewStyle().Foreground(lipgloss.Color("6")).Bold(true),
		dim:      lipgloss.NewStyle().Faint(true),
		urgent:   lipgloss.NewStyle().Foreground(lipgloss.Color("1")).Bold(true),
		bold:     lipgloss.NewStyle().Bold(true),
		terminal: true,
	}
}

// working shows a sign of life until stop is called.
func (s style) working(io stdio) (stop func()) {
	if !s.terminal {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		frames := []string{"·  ", "·· ", "···"}
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-done:
				fmt.Fprint(io.out, "\r   \r")
				return
			case <-tick.C:
				fmt.Fprint(io.out, "\r"+s.dim.Render(frames[i%len(frames)]))
			}
		}
	}()
	return func() { close(done); <-gone }
}

// printAnswer prints an answer with its label and where it rests.
func printAnswer(io stdio, s style, d bot.Decision) {
	body := answerText(d)
	if d.Level.Urgent() {
		body = s.urgent.Render(body)
	}
	fmt.Fprintf(io.out, "%s\n%s\n", s.dim.Render("["+label(d)+"]"), body)
	for _, p := range cited(d) {
		title := p.Title
		if from := sources(p); from != "" { // questions to ask a doctor claim nothing and have none
			title += " · " + from
		}
		fmt.Fprintln(io.out, s.dim.Render(fmt.Sprintf("  %s %s · v%d%s", p.ID, title, p.Version, reviewState(p, d.Language))))
	}
	fmt.Fprintln(io.out)
}

// label says who speaks: the AI label on generated text, "automatic" on reviewed
// safety texts, which a person wrote.
func label(d bot.Decision) string {
	switch {
	case d.Author == bot.AuthorSystem && d.Language == bot.English:
		return "sent automatically"
	case d.Author == bot.AuthorSystem:
		return "自动发送"
	case d.Language == bot.English:
		return "AI-generated"
	default:
		return "AI 生成"
	}
}

func reviewState(p bot.Passage, language bot.Language) string {
	switch {
	case p.ReviewedBy != "":
		return ""
	case language == bot.English:
		return " · awaits a clinician's review"
	default:
		return " · 尚待医生审核"
	}
}
