package main

import (
	"context"
	"net/url"
	"time"

	"careline/bot"
)

// bindPage is the page on which a patient types the second factor of a code, ""
// while nobody outside can reach us.
func bindPage(public string, id bot.InstitutionID, code string) string {
	if public == "" {
		return ""
	}
	return publicAddress(public) + "/w/" + string(id) + "/bind?" + url.Values{"code": {code}}.Encode()
}

// bindLink is what a code's QR says: where there is an official account it brings
// whoever scans it there with the code, else to the page.
func (a *app) bindLink(ctx context.Context, id bot.InstitutionID, code string, valid time.Duration) (string, error) {
	if a.official == nil || a.official.institution != id {
		return bindPage(a.public, id, code), nil
	}
	made, err := a.official.adapter.QR(ctx, bot.T(code), valid)
	return made.URL, err
}
