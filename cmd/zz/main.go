package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"careline/bot"
	"careline/bot/guard"
)

func main() {
	g, err := guard.Load()
	if err != nil {
		panic(err)
	}
	f, _ := os.Open(os.Args[1])
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var c struct {
			ID, Text string
			Expect   string
			Accept   []string
			Turns    json.RawMessage
		}
		if json.Unmarshal(s.Bytes(), &c); c.Text == "" {
			continue
		}
		t := g.Triage(guard.TriageInput{Messages: []bot.TurnMessage{{Text: bot.T(c.Text)}}, Now: time.Now()})
		ok := t.Level.String() == c.Expect
		for _, a := range c.Accept {
			ok = ok || a == t.Level.String()
		}
		if !ok {
			fmt.Printf("%s %s→%s %s/%s [%s] %s\n", c.ID, c.Expect, t.Level, t.Rule, t.Term, c.Text[t.Start:t.End], c.Text)
		}
	}
}
