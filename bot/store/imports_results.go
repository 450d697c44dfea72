package store

import (
	"cmp"

	"careline/bot"
)

// resultKey identifies a result: its report and the source's own id of it.
type resultKey struct {
	report bot.ReportID
	source string
}

// resultState is a result as the chunk leaves it.
type resultState struct {
	now      bot.Result
	digest   [16]byte // of now
	before   bot.Result
	stored   bool // there is a before
	replaced bool // the printed result is another one than before
	remapped bool // the same printed result, mapped anew
	planned  bool // to be written
	changes  int  // how often it was added or replaced
	versions map[[16]byte]bool
	late     []version // to add: replaced, or come too late
}

// version is a version of a result that is not the current one.
type version struct {
	bot.Result
	digest [16]byte
}

// normal fills in what a result takes from its report.
func normal(x bot.Result, r bot.Report) bot.Result {
	x.EffectiveAt = stored(firstTime(x.EffectiveAt, r.CollectedAt, r.IssuedAt))
	x.IssuedAt = stored(firstTime(x.IssuedAt, r.IssuedAt))
	x.Laboratory = cmp.Or(x.Laboratory, r.Laboratory)
	x.Direction = cmp.Or(x.Direction, bot.DirectionUnknown)
	x.Status = cmp.Or(x.Status, bot.StatusUnknown)
	return x
}

// result takes in one version of a result.
func (p *plan) result(report *reportRow, in bot.Result) {
	in.Report, in.Patient = report.ID, report.owner.id
	key := resultKey{in.Report, in.SourceID}
	r := p.results[key]
	if r == nil {
		r = &resultState{now: in, digest: versionDigest(in), planned: true, changes: 1, versions: map[[16]byte]bool{}}
		p.results[key] = r
		p.written = append(p.written, r)
		return
	}
	if r.take(in) && !r.planned {
		r.planned = true
		p.written = append(p.written, r)
	}
}

// take decides what another version of the result means: nothing new, a new
// mapping, a version that came too late, or a replacement. A version that was
// seen before is nothing new, whatever came after it.
func (r *resultState) take(in bot.Result) (write bool) {
	digest := versionDigest(in)
	in.ID = r.now.ID
	switch {
	case digest == r.digest && sameSpecimen(in, r.now):
		if mappingOf(in) == mappingOf(r.now) {
			return false
		}
		r.now, r.remapped = in, true
		r.changes++
	case r.versions[digest]:
		return false
	case compareVersions(in.Status, in.IssuedAt, r.now.Status, r.now.IssuedAt) < 0:
		r.versions[digest] = true
		r.late = append(r.late, version{in, digest})
	default:
		r.versions[r.digest] = true
		r.late = append(r.late, version{r.now, r.digest})
		r.now, r.digest, r.replaced = in, digest, true
		r.changes++
	}
	return true
}
