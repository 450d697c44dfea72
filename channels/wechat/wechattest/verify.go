package wechattest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/silenceper/wechat/v2/util"
)

// Verify does what the console does when the callback's address is saved there: it
// asks the account to repeat a word, and checks that it knows the token.
func (p *Platform) Verify(ctx context.Context) error {
	timestamp, nonce, word := strconv.FormatInt(p.base().Unix(), 10), random(9), random(19)
	query := url.Values{"signature": {util.Signature(p.Token, timestamp, nonce)}, "timestamp": {timestamp}, "nonce": {nonce}, "echostr": {word}}
	p.mu.Lock()
	address := p.callback
	p.mu.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		return errors.New("wechattest: the callback's address is unusable")
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return errors.New("wechattest: the callback cannot be reached")
	}
	defer func() { _ = answer.Body.Close() }()
	if read, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10)); err != nil || string(read) != word {
		return errors.New("wechattest: the callback does not repeat the word it was sent")
	}
	return nil
}
