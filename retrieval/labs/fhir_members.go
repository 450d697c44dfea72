package labs

// members are the observations of a report, in the order it groups them.
type members struct {
	all     []member
	taken   map[*node]bool
	places  map[int32]bool
	missing int
}

// member is an observation of a report. Those of a very long report are read
// again when they are needed.
type member struct {
	at   int32 // nowhere for a contained one
	node *node
}

const (
	// mostReports is how often one observation may be asked for by reports: more
	// would let a small file ask for endless work.
	mostReports = 20
	// mostHeld members are kept as they were read.
	mostHeld = 1000
)

// observations are what references of n lead to, and what those group, each once.
func (b *bundle) observations(n *node, refs []reference, m *members, depth int) {
	for _, ref := range refs {
		at := nowhere
		o := b.containedMember(n, ref)
		if o == nil {
			at = b.find(n, ref.Reference)
		}
		switch {
		case o != nil && m.taken[o], at != nowhere && m.places[at]:
			continue
		case at != nowhere && b.places[at].asked < mostReports:
			b.places[at].asked++
			o = b.node(at)
		}
		if o == nil || o.Type != "Observation" || depth > deepest {
			m.missing++
			continue
		}
		m.add(at, o)
		b.observations(o, o.Member, m, depth+1)
	}
}

func (b *bundle) containedMember(n *node, ref reference) *node {
	if len(ref.Reference) == 0 || ref.Reference[0] != '#' {
		return nil
	}
	return b.resolve(n, ref)
}

func (m *members) add(at int32, o *node) {
	if at == nowhere {
		m.taken[o] = true
		m.all = append(m.all, member{at, o})
		return
	}
	m.places[at] = true
	if len(m.all) >= mostHeld {
		o = nil
	}
	m.all = append(m.all, member{at, o})
}

// read is a member, nil where the source fails.
func (b *bundle) read(m member) *node {
	if m.node != nil {
		return m.node
	}
	return b.node(m.at)
}

// hold notes that a report has an observation.
func (b *bundle) hold(m member, o *node) {
	o.used = true
	if m.at != nowhere {
		b.places[m.at].held = true
	}
}
