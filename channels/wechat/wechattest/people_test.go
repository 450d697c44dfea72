package wechattest_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"careline/channels/wechat/wechattest"
)

func TestManyPeopleWriteAtOnceAndEachGetsOnlyWhatIsTheirs(t *testing.T) {
	t.Parallel()
	// On a busy machine an answer may take long; it is not to be asked for twice here.
	p, a := start(t, func(c *wechattest.Config) { c.Patience = time.Minute })
	token := a.token(false)
	a.answer = func(_ int, w http.ResponseWriter, in message.MixMessage) {
		if got := a.post(wechattest.PathSend, token, textTo(in.GetOpenID(), "echo "+in.Content)); got.Code != 0 {
			a.Errorf("%+v", got)
		}
		_, _ = w.Write([]byte("success"))
	}
	const people, messages = 20, 5
	var all sync.WaitGroup
	for i := range people {
		openid := p.Join(fmt.Sprint("人", i))
		all.Go(func() {
			for n := range messages {
				p.Say(openid, fmt.Sprint(i, "-", n))
			}
		})
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			got, err := p.Wait(ctx, openid, messages)
			if err != nil {
				t.Error(err)
			}
			for n, m := range got {
				if want := fmt.Sprint("echo ", i, "-", n); m.Text != want {
					t.Errorf("%q, want %q", m.Text, want)
				}
			}
		})
	}
	all.Wait()
}

func TestOnlyThisMachineCanReachThePlatform(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.org:0"} {
		if p, err := wechattest.Start(wechattest.Config{Address: address}); err == nil {
			p.Close()
			t.Errorf("%s is served", address)
		}
	}
}
