package wecomtest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// kept is how long the platform hands out what happened.
const kept = 72 * time.Hour

const cursorPrefix = "cursor-"

func (p *Platform) sync(r *http.Request) (any, int) {
	var in struct {
		Cursor   string `json:"cursor"`
		Limit    int    `json:"limit"`
		OpenKFID string `json:"open_kfid"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		return nil, badValue
	}
	if in.OpenKFID != p.Account.OpenKFID {
		return nil, noAccount
	}
	from, ok := p.from(in.Cursor)
	if !ok {
		return nil, badValue
	}
	to := min(from+min(max(in.Limit, 1), p.PageSize), len(p.items))
	more := 0
	if to < len(p.items) {
		more = 1
	}
	return map[string]any{"errcode": 0, "next_cursor": cursorPrefix + strconv.Itoa(to), "has_more": more, "msg_list": p.items[from:to]}, 0
}

// from is where a cursor points; without one, to the oldest that is kept.
func (p *Platform) from(cursor string) (int, bool) {
	if cursor != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(cursor, cursorPrefix))
		return n, err == nil && n <= len(p.items)
	}
	for i, raw := range p.items {
		var item struct {
			SendTime int64 `json:"send_time"`
		}
		if json.Unmarshal(raw, &item) == nil && p.now().Sub(time.Unix(item.SendTime, 0)) <= kept {
			return i, true
		}
	}
	return len(p.items), true
}
