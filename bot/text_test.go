package bot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	"testing"

	"careline/bot"
)

func TestATextNeverPrintsItself(t *testing.T) {
	t.Parallel()
	const secret = "我叫林晓梅，血钾7.1"
	text := bot.T(secret)
	type holder struct{ Words bot.Text }
	var page, logged strings.Builder
	if err := template.Must(template.New("").Parse(`{{.}}`)).Execute(&page, text); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("seen", "text", text, "holder", holder{text})
	encoded, err := json.Marshal(map[string]any{"text": text, "in": holder{text}})
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]string{
		"%v": fmt.Sprintf("%v", text), "%+v": fmt.Sprintf("%+v", holder{text}), "%#v": fmt.Sprintf("%#v", holder{text}),
		"%s": fmt.Sprintf("%s", text), "%q": fmt.Sprintf("%q", text), "%x": fmt.Sprintf("%x", text), "%d": fmt.Sprintf("%d", text),
		"error": errors.Join(fmt.Errorf("send %v", text)).Error(), "template": page.String(), "log": logged.String(), "json": string(encoded),
	}
	for how, s := range printed {
		if strings.Contains(s, "林晓梅") || strings.Contains(s, "7.1") || strings.Contains(s, fmt.Sprintf("%x", "林")) {
			t.Errorf("printed by %s, the text shows: %s", how, s)
		}
		if !strings.Contains(s, "redacted") {
			t.Errorf("printed by %s, nothing says that a text was here: %q", how, s)
		}
	}
}

func TestATextIsStoredWhole(t *testing.T) {
	t.Parallel()
	stored, err := bot.T("血钾高一点没事吧").Value()
	if err != nil {
		t.Fatal(err)
	}
	var back bot.Text
	if err := back.Scan(stored); err != nil {
		t.Fatal(err)
	}
	if back.Plain() != "血钾高一点没事吧" {
		t.Errorf("came back as %q", back.Plain())
	}
	if err := back.Scan(7); err == nil {
		t.Error("a number was read as a text")
	}
}
