package bot_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rules say which of our packages a package may import, and why no more. A name
// ending in "/*" allows the folder's packages. Test files are free.
var rules = []struct {
	pkg   string
	may   []string
	since string
}{
	{"bot", nil, "the vocabulary depends on nothing"},
	{"bot/fold", nil, "canonical text is a leaf"},
	{"bot/postgres", []string{"bot"}, "opening the database knows no tables' meaning"},
	{"bot/postgres/postgrestest", []string{"bot", "bot/postgres"}, "databases for tests"},
	{"prompts", []string{"bot"}, "templates see typed values only"},
	{"channels", []string{"bot"}, "what a channel must do, in the vocabulary's words"},
	{"bot/llm", []string{"bot", "bot/fold"}, "one client, one redaction"},
	{"bot/llm/llmtest", []string{"bot"}, "a server that speaks the protocol"},
	{"bot/guard", []string{"bot", "bot/fold"}, "safety is pure: everything it needs arrives as values"},
	{"bot/store", []string{"bot", "bot/postgres"}, "SQL about people, nothing about medicine"},
	{"bot/store/storetest", []string{"bot", "bot/postgres", "bot/postgres/postgrestest", "bot/store"}, "stores for tests"},
	{"bot/inbox", []string{"bot", "bot/guard", "bot/store"}, "triage, then one transaction"},
	{"retrieval/embed", []string{"bot", "bot/fold", "bot/postgres", "bot/llm", "retrieval/*"}, "chat and embeddings share one client and one redaction"},
	{"retrieval/labs", []string{"bot", "bot/fold", "bot/postgres", "retrieval/*"}, "evidence never writes about people"},
	{"retrieval/labs/ucum", nil, "units are arithmetic: nothing of ours"},
	{"retrieval/knowledge", []string{"bot", "bot/fold", "bot/postgres", "retrieval/*"}, "evidence never writes about people"},
	{"bot/pages", []string{"bot"}, "headers, words, assets and charts both web surfaces share; no store, no routes"},
	{"channels/webchat", []string{"bot", "bot/pages", "channels", "bot/store", "retrieval/labs"}, "its page draws results"},
	{"channels/channeltest", []string{"bot", "channels"}, "the suite every adapter passes"},
	{"channels/weixin", []string{"bot", "channels"}, "what the official account and WeCom share: the encrypted envelope and the API client"},
	{"channels/weixin/weixintest", []string{"channels/weixin"}, "deliveries for tests, made by implementations that are not ours"},
	{"channels/wechat", []string{"bot", "channels", "channels/weixin"}, "the official account: a webhook, an adapter, no store"},
	{"channels/wechat/wechattest", []string{"bot", "bot/pages", "channels/weixin"}, "a platform for tests and demonstrations"},
	{"channels/wecom", []string{"bot", "channels", "channels/weixin"}, "WeCom customer service: a callback, a puller, an adapter, no store"},
	{"channels/wecom/wecomtest", []string{"bot", "channels/weixin"}, "a platform for tests"},
	{"bot/reception", []string{"bot", "bot/fold", "bot/guard", "bot/store"}, "binding, consent and menus in the chat, before a turn is a question"},
	{"bot/turn", []string{"bot", "bot/fold", "bot/guard", "bot/llm", "prompts", "retrieval/*"}, "reads evidence, writes nothing: no store; folds the question as the guard does"},
	{"bot/jobs", []string{"bot", "bot/guard", "bot/postgres", "bot/store", "bot/turn", "channels", "retrieval/*"}, "takes a turn to its end"},
	{"bot/intake", []string{"bot", "bot/store", "retrieval/labs"}, "results from machines: parsed, then one store transaction"},
	{"bot/console", []string{"bot", "bot/guard", "bot/pages", "bot/store", "channels", "retrieval/labs", "retrieval/knowledge"}, "staff pages: never a model or a prompt"},
	{"evals", []string{"bot", "bot/fold", "bot/guard", "bot/inbox", "bot/jobs", "bot/llm", "bot/llm/llmtest", "bot/postgres", "bot/store", "bot/turn", "prompts", "retrieval/*"}, "runs cases through the engine itself; nothing imports it but the command"},
}

func TestPackagesImportOnlyWhatTheDesignAllows(t *testing.T) {
	t.Parallel()
	root := ".."
	found := importsByPackage(t, root)
	for _, rule := range rules {
		for _, imported := range found[rule.pkg] {
			if !allowed(rule.may, imported) {
				t.Errorf("%s imports %s; it may import %v: %s", rule.pkg, imported, rule.may, rule.since)
			}
		}
		delete(found, rule.pkg)
	}
	for pkg := range found {
		if pkg != "cmd/careline" {
			t.Errorf("%s has no import rule: add a line with its reason", pkg)
		}
	}
}

func allowed(may []string, imported string) bool {
	return slices.ContainsFunc(may, func(m string) bool {
		folder, all := strings.CutSuffix(m, "/*")
		return m == imported || all && strings.HasPrefix(imported, folder+"/")
	})
}

// importsByPackage maps each of our packages to what it imports of ours, tests aside.
func importsByPackage(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(dir)
		found[pkg] = append(found[pkg], nil...)
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(name, "careline/"); ok {
				found[pkg] = append(found[pkg], ours)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("no packages found below %s", root)
	}
	return found
}

func TestTheTopLevelFoldersAreTheOwners(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	owners := []string{"cmd", "bot", "retrieval", "channels", "prompts", "evals", "bin"}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(owners, e.Name()) {
			t.Errorf("top-level folder %s is not one of %v", e.Name(), owners)
		}
	}
}
