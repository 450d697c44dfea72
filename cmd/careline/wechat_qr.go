package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/mdp/qrterminal/v3"
	"rsc.io/qr"

	"careline/bot"
)

type wechatQRCmd struct {
	Scene string        `arg:"" help:"What the code tells us when it is scanned, at most 64 bytes; for a patient's binding code see bind-code."`
	Valid time.Duration `help:"How long the code is valid, at most 720h (30 days)." default:"720h"`
	PNG   string        `help:"Write the picture to this file as well." type:"path" name:"png"`
}

// Run makes the code and draws it in the terminal.
func (c wechatQRCmd) Run(ctx context.Context, io stdio, g *global) error {
	content, life, err := g.WeChat.sceneQR(ctx, c.Scene, c.Valid)
	if err != nil {
		return err
	}
	if err := drawQR(io, content, c.PNG); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s\nValid for %s.\n", content, life)
	return nil
}

// sceneQR is what a QR code of the official account encodes: who scans it comes to
// the account, which is told scene. The platform says how long it knows the code.
func (c wechatConfig) sceneQR(ctx context.Context, scene string, valid time.Duration) (content string, life time.Duration, err error) {
	a, err := c.account()
	if err != nil {
		return "", 0, err
	}
	code, err := a.QR(ctx, bot.T(scene), valid)
	if err != nil {
		return "", 0, advised(a, err)
	}
	return code.URL, code.Life, nil
}

// drawQR shows a QR code in the terminal and writes it to a file where one is named.
func drawQR(io stdio, content, png string) error {
	qrterminal.GenerateHalfBlock(content, qrterminal.M, io.out)
	if png == "" {
		return nil
	}
	image, err := qr.Encode(content, qr.M)
	if err != nil {
		return bot.Errorf(bot.KindInternal, "The QR code cannot be drawn.", "qr: %w", err)
	}
	if err := os.WriteFile(png, image.PNG(), 0o600); err != nil {
		return bot.Errorf(bot.KindInvalid, "The QR code cannot be written to this file.", "qr: %w", err)
	}
	return nil
}
