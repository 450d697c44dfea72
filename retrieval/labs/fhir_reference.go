package labs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// node is a resource at its place in the file.
type node struct {
	resource
	raw       []byte // as received
	position  string // a JSON path
	fullURL   string
	holder    *node // of a contained resource
	contained []*node
	used      bool // an observation that a report holds
}

// bundle is a FHIR file being read: its resources by what they are referred to.
type bundle struct {
	*gather
	zone        *time.Location
	byReference map[string]*node // nil where two resources claim a reference
	order       []*node
	taken       map[string]bool // results by report and id
}

func newBundle(c *Catalogue, o Options) *bundle {
	return &bundle{gather: newGather(c, "fhir"), zone: o.Location, byReference: map[string]*node{}, taken: map[string]bool{}}
}

// index walks bundles, entries and contained resources. A resource that is in the
// file twice, to the byte, counts once.
func (b *bundle) index(n *node) {
	relative := n.Type + "/" + n.ID
	if n.holder == nil && n.ID != "" {
		if same := b.byReference[relative]; same != nil && same.fullURL == n.fullURL && bytes.Equal(same.raw, n.raw) {
			return
		}
		b.claim(relative, n)
	}
	if n.fullURL != "" && n.fullURL != relative {
		b.claim(n.fullURL, n)
	}
	b.order = append(b.order, n)
	if n.holder == nil {
		for i, raw := range n.Contained {
			if c := b.decode(raw, fmt.Sprintf("%s.contained[%d]", n.position, i)); c != nil {
				c.holder = n
				n.contained = append(n.contained, c)
				b.index(c)
			}
		}
	}
	for i, e := range n.Entry {
		if c := b.decode(e.Resource, fmt.Sprintf("%s.entry[%d].resource", n.position, i)); c != nil {
			c.fullURL = e.FullURL
			b.index(c)
		}
	}
}

// claim gives a reference its resource. One that two different resources claim
// leads nowhere: a result must not reach the wrong patient.
func (b *bundle) claim(key string, n *node) {
	if other, taken := b.byReference[key]; taken && other != n {
		n = nil
	}
	b.byReference[key] = n
}

// decode reads one resource, nil when there is none or it has been quarantined.
func (b *bundle) decode(raw whole, position string) *node {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	n := &node{raw: raw, position: position}
	if err := json.Unmarshal(raw, &n.resource); err != nil {
		b.quarantine(position, "a field of the resource does not have the shape FHIR R4 gives it", string(raw))
		return nil
	}
	return n
}

// resolve follows a reference of n: contained, full address, relative. A version
// behind it is not looked at.
func (b *bundle) resolve(n *node, ref reference) *node {
	if id, contained := strings.CutPrefix(ref.Reference, "#"); contained {
		if n.holder != nil {
			n = n.holder
		}
		for _, c := range n.contained {
			if c.ID == id {
				return c
			}
		}
		return nil
	}
	address, _, _ := strings.Cut(ref.Reference, "/_history/")
	if server, ok := strings.CutSuffix(n.fullURL, n.Type+"/"+n.ID); ok && b.byReference[server+address] != nil {
		return b.byReference[server+address]
	}
	if found, ok := b.byReference[address]; ok {
		return found
	}
	parts := strings.Split(address, "/")
	if len(parts) < 3 {
		return nil
	}
	found := b.byReference[strings.Join(parts[len(parts)-2:], "/")]
	if found != nil && strings.Contains(found.fullURL, "://") {
		return nil // the same id on another server
	}
	return found
}

// refuse quarantines a resource whole.
func (b *bundle) refuse(n *node, reason string) { b.quarantine(n.position, reason, string(n.raw)) }
