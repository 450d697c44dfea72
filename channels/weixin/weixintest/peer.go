package weixintest

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The peers: packages of npm that encrypt and sign as the platform does.
const (
	OfficialAccountPeer = "wechat-crypto"
	WeComPeer           = "@wecom/crypto"
)

// Peer is a Node process that seals and opens for one account.
type Peer struct {
	t       testing.TB
	name    string
	account Account

	mu  sync.Mutex
	in  io.Writer
	out *bufio.Scanner
}

type request struct {
	Peer    string `json:"peer"`
	Account struct {
		Token string `json:"token"`
		Key   string `json:"key"`
		ID    string `json:"id"`
	} `json:"account"`
	Timestamp string  `json:"timestamp"`
	Nonce     string  `json:"nonce"`
	Plain     string  `json:"plain"`
	Encrypt   *string `json:"encrypt,omitempty"`
}

type answer struct {
	Encrypt, Signature, Plain, ID, Error string
}

// StartPeer starts a peer; dir is the way to channels/weixin/testdata/peers.
func StartPeer(t testing.TB, dir, name string, account Account) *Peer {
	t.Helper()
	node, err := exec.LookPath("node")
	installed, _ := filepath.Glob(filepath.Join(dir, "node_modules", name))
	if err != nil || len(installed) == 0 {
		t.Fatal("the envelope is tested against packages of npm; ./setup.sh --test installs Node and them")
	}
	cmd := exec.Command(node, "--no-deprecation", "peer.js")
	cmd.Dir = dir
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	return &Peer{t: t, name: name, account: account, in: in, out: lines}
}

// Deliver makes a delivery of a message in the clear.
func (p *Peer) Deliver(plain string, at time.Time) Delivery {
	p.t.Helper()
	timestamp, nonce := strconv.FormatInt(at.Unix(), 10), "1372623149"
	sealed := p.ask(request{Timestamp: timestamp, Nonce: nonce, Plain: plain})
	return p.account.Delivery(timestamp, nonce, sealed.Encrypt, sealed.Signature)
}

// Open reads a sealed answer as the platform would: signature, text, account.
func (p *Peer) Open(sealed []byte) string {
	p.t.Helper()
	var reply struct{ Encrypt, MsgSignature, TimeStamp, Nonce string }
	if err := xml.Unmarshal(sealed, &reply); err != nil {
		p.t.Fatalf("the answer is not XML: %v", err)
	}
	opened := p.ask(request{Timestamp: reply.TimeStamp, Nonce: reply.Nonce, Encrypt: &reply.Encrypt})
	if opened.Signature != reply.MsgSignature {
		p.t.Errorf("%s signs the answer with %s, we with %s", p.name, opened.Signature, reply.MsgSignature)
	}
	if opened.ID != p.account.AppID {
		p.t.Errorf("%s reads the account %q inside, want %q", p.name, opened.ID, p.account.AppID)
	}
	return opened.Plain
}

func (p *Peer) ask(r request) answer {
	p.t.Helper()
	r.Peer = p.name
	r.Account.Token, r.Account.Key, r.Account.ID = p.account.Token, p.account.Key, p.account.AppID
	line, err := json.Marshal(r)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		p.t.Fatal(err)
	}
	if !p.out.Scan() {
		p.t.Fatalf("%s ended: %v", p.name, p.out.Err())
	}
	var a answer
	if err := json.Unmarshal(p.out.Bytes(), &a); err != nil || a.Error != "" {
		p.t.Fatalf("%s: %s %v", p.name, a.Error, err)
	}
	return a
}
