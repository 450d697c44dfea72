package evals

import "gonum.org/v1/gonum/stat/distuv"

// Rate is how often something happened.
type Rate struct{ Hits, Of int }

// Value is the share that was hit; 1 where nothing was tried.
func (r Rate) Value() float64 {
	if r.Of == 0 {
		return 1
	}
	return float64(r.Hits) / float64(r.Of)
}

// outside is what the two bounds leave out, half on each side.
const outside = 0.05

// Bounds are the exact 95 % bounds of the share (Clopper and Pearson, Biometrika
// 1934;26:404-413); 0 and 1 where nothing was tried.
func (r Rate) Bounds() (low, high float64) {
	low, high = 0, 1
	hits, misses := float64(r.Hits), float64(r.Of-r.Hits)
	if r.Hits > 0 {
		low = distuv.Beta{Alpha: hits, Beta: misses + 1}.Quantile(outside / 2)
	}
	if r.Hits < r.Of {
		high = distuv.Beta{Alpha: hits + 1, Beta: misses}.Quantile(1 - outside/2)
	}
	return low, high
}
