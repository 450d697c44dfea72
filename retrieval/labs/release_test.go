package labs_test

import (
	"testing"

	"careline/bot"
	"careline/retrieval/labs"
)

func TestSensitiveResultsAreHeldFromAssistantsAndProxies(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	for _, x := range []struct {
		analyte bot.AnalyteID
		name    string
		want    labs.Release
	}{
		{"HIVAB", "HIV antibodies (anti-HIV)", labs.ReleaseClinician}, {"RPR", "", labs.ReleaseClinician}, {"BHCG", "", labs.ReleaseClinician}, {"HBSAG", "", labs.ReleaseOwn}, {"ALT", "谷丙转氨酶（ALT）", labs.ReleaseAssistant},
		{"", "HIV抗原/抗体", labs.ReleaseClinician}, {"", "梅毒", labs.ReleaseClinician}, {"", "尿HCG", labs.ReleaseClinician}, {"", "尿液吗啡", labs.ReleaseClinician}, {"", "BRCA1", labs.ReleaseClinician}, {"", "MTHFR基因检测", labs.ReleaseClinician},
		{"", "乙型肝炎前S1抗原", labs.ReleaseOwn}, {"", "某种新抗体", labs.ReleaseAssistant},
	} {
		if got := c.Release(x.analyte, x.name); got != x.want {
			t.Errorf("%s %s is told by %q, want %q", x.analyte, x.name, got, x.want)
		}
	}
	if labs.ReleaseOwn.HeldFrom(bot.RelationSelf) || !labs.ReleaseOwn.HeldFrom(bot.RelationSpouse) || !labs.ReleaseClinician.HeldFrom(bot.RelationSelf) || labs.ReleaseAssistant.HeldFrom(bot.RelationParent) {
		t.Error("a result is told to the wrong person")
	}
}
