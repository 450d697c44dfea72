package weixin

// Platform says where an account lives. The official account says in a callback's
// query that it is encrypted, and checks a URL in the clear; WeCom encrypts always.
type Platform string

// The platforms.
const (
	OfficialAccount Platform = "official account"
	WeCom           Platform = "WeCom"
)
