package wechattest

import (
	"net/http"
	"time"
)

// trick is a way of breaking the platform by a press of a button.
type trick struct {
	Key   string
	fault Fault
}

var tricks = []trick{
	{"spent", Fault{Path: PathSend, Code: codeSpent}},
	{"closed", Fault{Path: PathSend, Code: codeClosed}},
	{"daily", Fault{Path: PathSend, Code: codeDailyQuota}},
	{"busy", Fault{Path: PathSend, Code: -1}},
	{"502", Fault{Path: PathSend, Status: http.StatusBadGateway}},
	{"lost", Fault{Path: PathSend, HangUp: AfterAccepting}},
	{"refused", Fault{Path: PathSend, HangUp: BeforeAccepting}},
	{"garbage", Fault{Path: PathSend, Garbage: true}},
	{"slow", Fault{Path: PathSend, Delay: 8 * time.Second}},
}

// tamper changes the platform itself.
func (f *phone) tamper(r *http.Request) bool {
	which := r.FormValue("text")
	switch r.FormValue("do") {
	case "mend":
		f.Mend()
	case "token":
		f.InvalidateToken()
	case "twice":
		f.Duplicate(1)
	case "advance":
		d, err := time.ParseDuration(which)
		if err != nil || d <= 0 {
			return false
		}
		f.Advance(d)
	case "break":
		for _, t := range tricks {
			if t.Key == which {
				f.Break(t.fault)
				return true
			}
		}
		return false
	default:
		return false
	}
	return true
}
