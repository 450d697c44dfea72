package llmtest

import (
	"regexp"
	"slices"
	"strings"
)

var (
	demoFact    = regexp.MustCompile(`(?m)^(F\d+) ⟦`)
	demoPassage = regexp.MustCompile(`(?m)^(K\d+) ⟦([^⟧]*)⟧ ⟦([^⟧]*)⟧$`)
	demoAction  = regexp.MustCompile(`(?m)^(?:行动：|Action: )(.+?)(?:（紧急程度| \(urgency)`)
	listMarks   = regexp.MustCompile(`\s*(?:^|\s)(?:-|\d+\.)\s+`)
)

// demoFindings is how many facts the scripted model speaks of.
const demoFindings = 3

// Demo answers as an obedient model would, from the prompt alone: the facts by
// their slots, the action as given, and what each of the first passages says,
// cited. It is what `serve --model-url scripted` runs.
func Demo() Reply { return AnswerWith(demoDraft) }

func demoDraft(c Call) string {
	prompt := c.Messages[min(1, len(c.Messages)-1)].Text
	chinese := strings.Contains(prompt, "知识条目")
	var lines []string
	var facts []string
	for _, m := range demoFact.FindAllStringSubmatch(prompt, -1) {
		facts = append(facts, m[1])
	}
	if m := demoAction.FindStringSubmatch(prompt); m != nil && len(facts) > 0 {
		lines = append(lines, m[1])
	}
	for _, f := range facts[:min(len(facts), demoFindings)] {
		lines = append(lines, demoSentence(prompt, f, chinese))
	}
	for _, m := range demoPassages(prompt) {
		text := strings.TrimSpace(listMarks.ReplaceAllString(m[3], " "))
		lines = append(lines, text+" ["+m[1]+"]")
	}
	if len(lines) == 0 {
		return map[bool]string{true: "这个问题我手边没有审核过的资料，可以问开单的医生。", false: "I have no reviewed material on this; you can ask the doctor who ordered the test."}[chinese]
	}
	return strings.Join(slices.Compact(lines), "\n")
}

// demoPassages are the first two: what the item is, and what moves it.
func demoPassages(prompt string) [][]string {
	all := demoPassage.FindAllStringSubmatch(prompt, -1)
	return all[:min(len(all), 2)]
}

func demoSentence(prompt, fact string, chinese bool) string {
	slot := func(name, before, after string) string {
		key := "{{" + fact + "." + name + "}}"
		if !strings.Contains(prompt, "\n  "+key+" ") {
			return ""
		}
		return before + key + after
	}
	if chinese {
		return slot("date", "", "的报告里，") + slot("name", "", "") + slot("value", "是 ", "") + slot("range", "，参考范围是 ", "") + slot("direction", "，", "") +
			slot("previous_date", "；", "") + slot("previous", "是 ", "") + "。"
	}
	return slot("date", "On ", ", ") + slot("name", "your ", "") + slot("value", " was ", "") + slot("range", ", with a reference range of ", "") +
		slot("direction", ", which is ", "") + slot("previous_date", "; on ", "") + slot("previous", " it was ", "") + "."
}
