package weixin

// Platform says where an account lives.
type Platform string

// The platforms.
const (
	OfficialAccount Platform = "official account"
	WeCom           Platform = "WeCom"
)
