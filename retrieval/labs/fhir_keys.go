package labs

import (
	"bytes"
	"hash/maphash"
	"slices"
)

var keySeed = maphash.MakeSeed()

// repeatsKey reports whether an object of a resource has a field twice, in whatever
// case: readers differ in which of the two they take. The text is valid JSON.
func repeatsKey(raw []byte) bool {
	var fields []uint64 // of the open objects, the innermost last
	var starts []int    // where each open object's begin, -1 for a list
	key := false        // the next string may be a field's name
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '{':
			starts, key = append(starts, len(fields)), true
		case '[':
			starts, key = append(starts, -1), false
		case '}', ']':
			last := starts[len(starts)-1]
			if starts = starts[:len(starts)-1]; last >= 0 {
				fields = fields[:last]
			}
		case ',':
			key = starts[len(starts)-1] >= 0
		case '"':
			end := i + 1
			for raw[end] != '"' {
				if raw[end] == '\\' {
					end++
				}
				end++
			}
			if key && bytes.IndexByte(raw[i+1:end], '\\') >= 0 {
				return true // a name of FHIR has no escape: it hides another
			}
			if key {
				name := maphash.Bytes(keySeed, bytes.ToLower(raw[i+1:end]))
				if slices.Contains(fields[starts[len(starts)-1]:], name) {
					return true
				}
				fields, key = append(fields, name), false
			}
			i = end
		}
	}
	return false
}
