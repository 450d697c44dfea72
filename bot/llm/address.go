package llm

import (
	"net/http"
	"net/netip"
	"net/url"

	"careline/bot"
)

// checkURL refuses what would send texts in the clear or keys in an address. Its
// errors do not repeat the address, which may hold a key.
func checkURL(raw string) (*url.URL, error) {
	const person = "The model endpoint's address must be https://… (plain http only on this machine), without a user, a query or a fragment."
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, bot.Errorf(bot.KindInvalid, person, "llm: base URL is not an absolute URL")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, bot.Errorf(bot.KindInvalid, person, "llm: base URL has a user, a query or a fragment")
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		return u.JoinPath(""), nil
	}
	return nil, bot.Errorf(bot.KindInvalid, person, "llm: base URL scheme %q is not allowed for this host", u.Scheme)
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// onlyHost lets requests through to the configured endpoint and to nothing else,
// and caps what an answer may make us read.
type onlyHost struct {
	client *http.Client
	base   *url.URL
}

func (o onlyHost) Do(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != o.base.Scheme || r.URL.Host != o.base.Host {
		return nil, Refused
	}
	res, err := o.client.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		_ = res.Body.Close()
		return nil, Garbage
	}
	res.Body = http.MaxBytesReader(nil, res.Body, responseLimit)
	return res, nil
}
