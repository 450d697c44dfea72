package labs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"careline/bot"
)

// node is a resource that has been read.
type node struct {
	resource
	place     *place
	path      string // a JSON path
	holder    *node  // of a contained resource
	contained []*node
	used      bool // a contained observation that a report holds
}

// bundle is a FHIR file being read: where its resources stand and what leads to them.
type bundle struct {
	catalogue   *Catalogue
	zone        *time.Location
	source      Source
	places      []place
	byReference map[string]int32 // nowhere where two resources claim a reference
	cache       map[int32]*node  // patients, specimens, organisations: many refer to them
	output
}

const (
	nowhere = int32(-1)
	// mostCached nodes are kept; a few kilobytes each.
	mostCached = 4096
)

// index notes what leads to each resource. One that is in the file twice, to the
// byte, counts once.
func (b *bundle) index() error {
	b.byReference = make(map[string]int32, len(b.places))
	kept := b.places[:0]
	for _, p := range b.places {
		same, err := b.same(&p)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		at := int32(len(kept))
		kept = append(kept, p)
		b.claim(p.ref, at)
		if p.fullURL != p.ref {
			b.claim(p.fullURL, at)
		}
	}
	b.places = kept
	return nil
}

func (b *bundle) same(p *place) (bool, error) {
	at, known := b.byReference[p.ref]
	if p.ref == "" || !known || at == nowhere {
		return false, nil
	}
	// Compacting in place never overwrites what has not been looked at yet.
	other := &b.places[at]
	if other.fullURL != p.fullURL || other.end-other.at != p.end-p.at {
		return false, nil
	}
	mine, err := b.bytes(p)
	if err != nil {
		return false, err
	}
	theirs, err := b.bytes(other)
	return bytes.Equal(mine, theirs), err
}

// claim gives a reference its resource. One that two different resources claim
// leads nowhere: a result must not reach the wrong patient.
func (b *bundle) claim(key string, at int32) {
	if key == "" {
		return
	}
	if _, taken := b.byReference[key]; taken {
		at = nowhere
	}
	b.byReference[key] = at
}

// bytes are a resource as received.
func (b *bundle) bytes(p *place) ([]byte, error) {
	raw := make([]byte, p.end-p.at)
	if _, err := b.source.ReadAt(raw, int64(p.at)); err != nil && !errors.Is(err, io.EOF) {
		return nil, bot.Errorf(bot.KindInvalid, "The file cannot be read.", "labs: %w", err)
	}
	// The walk knows where a value's neighbours end.
	return bytes.Trim(raw, " \t\r\n:,"), nil
}

// node reads the resource at a place, nil where it has been quarantined.
func (b *bundle) node(at int32) *node {
	p := &b.places[at]
	if n := b.cache[at]; n != nil || p.broken {
		return n
	}
	raw, err := b.bytes(p)
	if err != nil {
		b.fail(err)
		return nil
	}
	n := &node{place: p, path: p.position()}
	if readTypes[p.kind] {
		n.resource, err = decodeResource(raw)
	}
	n.Type = p.kind
	if err == nil {
		b.unpack(n)
	}
	if reason := untrusted(n, err); reason != "" {
		p.broken = true
		if err == nil {
			b.refuse(n, reason)
		} else {
			b.quarantine(n.path, reason, raw)
		}
		return nil
	}
	if n.Type != "Observation" && n.Type != "DiagnosticReport" {
		if len(b.cache) >= mostCached {
			clear(b.cache)
		}
		b.cache[at] = n
	}
	return n
}

// unpack reads what a resource contains. A contained one that cannot be read is
// quarantined by itself.
func (b *bundle) unpack(n *node) {
	for i, raw := range n.Contained {
		c := &node{place: n.place, path: fmt.Sprintf("%s.contained[%d]", n.path, i), holder: n}
		r, err := decodeContained(raw)
		c.resource = r
		if reason := untrusted(c, err); reason != "" {
			b.quarantine(c.path, reason, raw)
			continue
		}
		n.contained = append(n.contained, c)
	}
	n.Contained = nil
}

// untrusted is why a resource is not taken, "" if it is. A modifier may turn its
// meaning round, so an unknown one must not be passed over (hl7.org/fhir/R4/extensibility.html).
func untrusted(n *node, err error) string {
	if err == errTooMany {
		return "the resource has more fields than a report has"
	}
	if err == errRepeated {
		return "a field stands twice in the resource"
	}
	if err != nil {
		return "a field of the resource does not have the shape FHIR R4 gives it"
	}
	if modified(n.Modifiers) || slices.ContainsFunc(n.Component, func(c measured) bool { return modified(c.Modifiers) }) {
		return "the resource carries a modifier we do not know"
	}
	return ""
}

func modified(list json.RawMessage) bool {
	return len(list) > 0 && !bytes.Equal(list, []byte("[]")) && !bytes.Equal(list, []byte("null"))
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
	if at := b.find(n, ref.Reference); at != nowhere {
		return b.node(at)
	}
	return nil
}

// find is where a reference to another entry leads.
func (b *bundle) find(n *node, reference string) int32 {
	address, _, _ := strings.Cut(reference, "/_history/")
	if server, ok := strings.CutSuffix(n.place.fullURL, n.place.ref); ok && server != "" {
		if at, found := b.byReference[server+address]; found && at != nowhere {
			return at
		}
	}
	if at, found := b.byReference[address]; found {
		return at
	}
	parts := strings.Split(address, "/")
	if len(parts) < 3 {
		return nowhere
	}
	at, found := b.byReference[strings.Join(parts[len(parts)-2:], "/")]
	if !found || at == nowhere || strings.Contains(b.places[at].fullURL, "://") {
		return nowhere // not there, or the same id on another server
	}
	return at
}

// refuse quarantines a resource whole, in a Bundle with its patient and specimens
// where they are in the file: read again by itself, it finds them.
func (b *bundle) refuse(n *node, reason string) {
	b.refuseWith(n, reason, append([]reference{n.Subject}, n.Specimen...)...)
}

// refuseAlone quarantines a resource that contradicts the file: without its
// patient it stays in quarantine until somebody has decided.
func (b *bundle) refuseAlone(n *node, reason string) { b.refuseWith(n, reason) }

func (b *bundle) refuseWith(n *node, reason string, with ...reference) {
	raw, err := b.bytes(n.place)
	if n.holder != nil && err == nil {
		raw, err = containedBytes(raw, n)
	}
	if err != nil {
		b.fail(err)
		return
	}
	entries := []object{{"resource": json.RawMessage(raw)}}
	if n.holder == nil && n.place.fullURL != "" {
		entries[0]["fullUrl"] = n.place.fullURL
	}
	taken := map[*place]bool{n.place: true}
	for _, ref := range with {
		at := b.find(n, ref.Reference)
		if ref.Reference == "" || at == nowhere || taken[&b.places[at]] {
			continue
		}
		taken[&b.places[at]] = true
		of, err := b.bytes(&b.places[at])
		if err != nil {
			b.fail(err)
			return
		}
		entry := object{"resource": json.RawMessage(of)}
		set(entry, "fullUrl", b.places[at].fullURL)
		entries = append(entries, entry)
	}
	if len(entries) > 1 {
		whole, err := json.Marshal(object{"resourceType": "Bundle", "type": "collection", "entry": entries})
		if err != nil {
			b.fail(fmt.Errorf("labs: fhir: quarantine: %w", err))
			return
		}
		raw = whole
	}
	b.quarantine(n.path, reason, raw)
}

// containedBytes are a contained resource as received.
func containedBytes(raw []byte, n *node) ([]byte, error) {
	var holder struct {
		Contained []whole `json:"contained"`
	}
	if err := json.Unmarshal(raw, &holder); err != nil {
		return nil, fmt.Errorf("labs: fhir: contained: %w", err)
	}
	for i, c := range holder.Contained {
		if n.path == fmt.Sprintf("%s.contained[%d]", n.holder.path, i) {
			return c, nil
		}
	}
	return raw, nil
}
