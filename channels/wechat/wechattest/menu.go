package wechattest

// Button of the account's menu.
type Button struct {
	Kind string   `json:"type,omitempty"` // click, view
	Name string   `json:"name"`
	Key  string   `json:"key,omitempty"` // of a click
	URL  string   `json:"url,omitempty"` // of a view
	Subs []Button `json:"sub_button,omitempty"`
}

// The limits of a menu in buttons and bytes, by the platform's documents.
const (
	mostButtons    = 3
	mostSubs       = 5
	longestName    = 16
	longestSubName = 60
	longestKey     = 128
	longestURL     = 1024
)

type menu struct {
	Buttons []Button `json:"button"`
}

// menuCreate is POST /cgi-bin/menu/create.
func (p *Platform) menuCreate(c call) (any, int) {
	var in menu
	if code := c.read(&in); code != codeOK {
		return nil, code
	}
	if len(in.Buttons) == 0 || len(in.Buttons) > mostButtons {
		return nil, codeButtonCount
	}
	for _, b := range in.Buttons {
		if code := b.check(); code != codeOK {
			return nil, code
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.menu = in
	p.wake()
	return nil, codeOK
}

func (b Button) check() int {
	if len(b.Subs) == 0 {
		return b.checkEntry(longestName)
	}
	if b.Name == "" || len(b.Name) > longestName {
		return codeButtonName
	}
	if len(b.Subs) > mostSubs {
		return codeSubButtonCount
	}
	for _, sub := range b.Subs {
		if code := sub.checkEntry(longestSubName); code != codeOK {
			return code
		}
	}
	return codeOK
}

func (b Button) checkEntry(longest int) int {
	switch {
	case b.Name == "" || len(b.Name) > longest:
		return codeButtonName
	case b.Kind != "click" && b.Kind != "view":
		return codeButtonKind
	case b.Kind == "click" && (b.Key == "" || len(b.Key) > longestKey):
		return codeButtonKey
	case b.Kind == "view" && (b.URL == "" || len(b.URL) > longestURL):
		return codeButtonURL
	}
	return codeOK
}

type menuAnswer struct {
	Menu menu `json:"menu"`
}

// menuGet is GET /cgi-bin/menu/get.
func (p *Platform) menuGet(call) (any, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.menu.Buttons) == 0 {
		return nil, codeNoMenu
	}
	return menuAnswer{p.menu}, codeOK
}

// menuDelete is GET /cgi-bin/menu/delete.
func (p *Platform) menuDelete(call) (any, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.menu = menu{}
	p.wake()
	return nil, codeOK
}

// Menu is the account's menu, as the last menu/create left it.
func (p *Platform) Menu() []Button {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Button(nil), p.menu.Buttons...)
}
