package wechat

import (
	"context"
	"fmt"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/basic"

	"careline/bot"
)

// The platform's limits for a temporary QR code.
const (
	sceneBytes = 64
	qrLife     = 30 * 24 * time.Hour
)

// QRCode is a code that brings people to the account.
type QRCode struct {
	URL  string        // what the picture encodes
	Life time.Duration // after which the platform no longer knows it
}

// QR makes a temporary code that tells us scene when it is scanned. Its error is
// of kind invalid for a scene or life the platform does not take.
func (a *Adapter) QR(ctx context.Context, scene bot.Text, life time.Duration) (QRCode, error) {
	if n := len(scene.Plain()); n == 0 || n > sceneBytes {
		return QRCode{}, bot.Errorf(bot.KindInvalid, "What a QR code says has 1 to 64 bytes.", "wechat: a scene of %d bytes", n)
	}
	if life < time.Second || life > qrLife {
		return QRCode{}, bot.Errorf(bot.KindInvalid, "A QR code is valid for at most 30 days.", "wechat: a QR code valid for %s", life)
	}
	var ticket basic.Ticket
	if err := a.Client.Post(ctx, "/cgi-bin/qrcode/create", basic.NewTmpQrRequest(life, scene.Plain()), &ticket); err != nil {
		return QRCode{}, err
	}
	if ticket.URL == "" {
		return QRCode{}, fmt.Errorf("wechat: qrcode/create answered without a code")
	}
	return QRCode{URL: ticket.URL, Life: time.Duration(ticket.ExpireSeconds) * time.Second}, nil
}
