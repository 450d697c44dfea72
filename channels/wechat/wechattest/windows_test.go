package wechattest_test

import (
	"testing"
	"time"

	"careline/channels/wechat/wechattest"
)

// step is something a person or the clock does, and how many texts the account can
// then send before it is refused with a code.
type step struct {
	does    func(p *wechattest.Platform, openid string)
	sends   int
	refused int
}

func say(p *wechattest.Platform, openid string)      { p.Say(openid, "你好") }
func click(p *wechattest.Platform, openid string)    { p.Click(openid, "reports") }
func follow(p *wechattest.Platform, openid string)   { p.Follow(openid, "") }
func scan(p *wechattest.Platform, openid string)     { p.Scan(openid, "code-1") }
func unfollow(p *wechattest.Platform, openid string) { p.Unfollow(openid) }
func choose(p *wechattest.Platform, openid string) {
	p.TapChoice(openid, wechattest.Choice{ID: "1", Content: "看懂了"})
}
func passes(d time.Duration) func(*wechattest.Platform, string) {
	return func(p *wechattest.Platform, _ string) { p.Advance(d) }
}
func nothing(*wechattest.Platform, string) {}

func TestTheAccountMaySendWhatTheOpeningsAllow(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]step{
		"nothing before the person acts":      {{nothing, 0, 45015}},
		"5 after writing":                     {{say, 5, 45047}},
		"3 after a tap of the menu":           {{click, 3, 45047}},
		"3 after a choice in a message":       {{choose, 3, 45047}},
		"3 after a scan":                      {{scan, 3, 45047}},
		"3 after a follow":                    {{unfollow, 0, 45015}, {follow, 3, 45047}},
		"writing again gives 5 anew":          {{say, 5, 45047}, {say, 5, 45047}},
		"unused messages do not add up":       {{say, 0, 0}, {say, 5, 45047}},
		"until 48 hours are over":             {{say, 0, 0}, {passes(48*time.Hour - time.Second), 2, 0}, {passes(2 * time.Second), 0, 45015}},
		"until a minute is over":              {{click, 1, 0}, {passes(59 * time.Second), 1, 0}, {passes(2 * time.Second), 0, 45015}},
		"spent, then closed":                  {{say, 5, 45047}, {passes(49 * time.Hour), 0, 45015}},
		"a tap adds 3 to what is left of 5":   {{say, 3, 0}, {click, 5, 45047}},
		"a tap's 3 are used before the 5":     {{say, 0, 0}, {click, 3, 0}, {passes(2 * time.Minute), 5, 45047}},
		"nothing after the end of the follow": {{say, 1, 0}, {unfollow, 0, 45015}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, a := start(t, frozen)
			openid := p.Join("赵一")
			for i, s := range steps {
				s.does(p, openid)
				for n := range s.sends {
					if code := a.send(openid, "好"); code != 0 {
						t.Fatalf("step %d, message %d: %d", i, n+1, code)
					}
				}
				if s.refused == 0 {
					continue
				}
				if code := a.send(openid, "好"); code != s.refused {
					t.Fatalf("step %d after %d messages: %d, want %d", i, s.sends, code, s.refused)
				}
			}
		})
	}
}
