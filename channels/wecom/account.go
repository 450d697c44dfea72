package wecom

import (
	"careline/bot"
	"careline/channels/weixin"
)

// Account is one customer-service account of an enterprise, and how its interfaces
// are called.
type Account struct {
	Institution bot.InstitutionID
	OpenKFID    string // the account's id on the platform, such as "wkAJ2GCAAA…"
	Client      *weixin.Client
}
