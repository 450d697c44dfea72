package wechat

import (
	"context"
	_ "embed"
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/silenceper/wechat/v2/officialaccount/menu"

	"careline/channels/weixin"
)

//go:embed menu.yaml
var menuFile []byte

// codeNoMenu is the platform's answer where no menu has been made.
const codeNoMenu = 46003

// Button of the account's menu: one with a Key is tapped, one without opens what
// is Below it.
type Button struct {
	Name  string
	Key   string
	Below []Button
}

// Menu is the menu of menu.yaml.
func Menu() []Button {
	var all []Button
	if err := yaml.UnmarshalWithOptions(menuFile, &all, yaml.Strict()); err != nil {
		panic("wechat: menu.yaml: " + err.Error()) // the file is part of the program; a test reads it
	}
	return all
}

// Words are the words a tap stands for, by the key of its button.
func Words() map[string]string {
	words := map[string]string{}
	for _, b := range Menu() {
		for _, each := range append([]Button{b}, b.Below...) {
			if each.Key != "" {
				words[each.Key] = each.Name
			}
		}
	}
	return words
}

// CreateMenu replaces the account's menu by ours. People see it within minutes, or
// when they follow anew.
func (a *Adapter) CreateMenu(ctx context.Context) error {
	body := struct {
		Button []*menu.Button `json:"button"`
	}{buttons(Menu())}
	return a.Client.Post(ctx, "/cgi-bin/menu/create", body, nil)
}

func buttons(all []Button) (made []*menu.Button) {
	for _, b := range all {
		if len(b.Below) > 0 {
			made = append(made, menu.NewSubButton(b.Name, buttons(b.Below)))
		} else {
			made = append(made, menu.NewClickButton(b.Name, b.Key))
		}
	}
	return made
}

// CurrentMenu is the menu the account has now; empty where none was made through
// the API.
func (a *Adapter) CurrentMenu(ctx context.Context) ([]Button, error) {
	var answer menu.ResMenu
	err := a.Client.Get(ctx, "/cgi-bin/menu/get", nil, &answer)
	if e, ok := errors.AsType[*weixin.Error](err); ok && e.Code == codeNoMenu {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return read(answer.Menu.Button), nil
}

func read(all []menu.Button) (found []Button) {
	for _, b := range all {
		var below []menu.Button
		for _, s := range b.SubButtons {
			below = append(below, *s)
		}
		found = append(found, Button{Name: b.Name, Key: b.Key, Below: read(below)})
	}
	return found
}
