package labs

import "careline/bot"

// What an export says that FHIR R4 has no field for. An import reads it again, so
// that nothing is lost between two Carelines; others may ignore it.
const (
	exportSource = "urn:careline:result"            // identifier system: the source's own id of a result
	exportParent = "urn:careline:parent"            // the id of the result this one is a component of
	exportUnit   = "urn:careline:unit"              // the unit of a value that is no number
	exportAbsent = "urn:careline:absent-reason"     // stated beside a value
	exportStatus = "urn:careline:status"            // a status FHIR has no word for
	exportDoubt  = "urn:careline:unit-doubted"      // the unit cannot be the analyte's, or contradicts its code
	exportUnused = "urn:careline:interval-not-used" // a printed interval that was not the patient's
)

// said is the extension of a list with a URL, nil if none.
func said(list []extension, url string) *extension {
	for i := range list {
		if list[i].URL == url {
			return &list[i]
		}
	}
	return nil
}

// exported puts back what an export of ours says of a result.
func exported(list []extension, r *bot.Result) {
	for _, of := range []struct {
		url  string
		into *string
	}{{exportParent, &r.ParentID}, {exportUnit, &r.Value.Unit}, {exportAbsent, &r.AbsentReason}, {exportStatus, (*string)(&r.Status)}} {
		if e := said(list, of.url); e != nil && readable(e.String, mostName) != "" {
			*of.into = readable(e.String, mostName)
		}
	}
}
