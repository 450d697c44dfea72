package labs

import (
	"encoding/json"
	"regexp"

	"careline/bot"
)

func (e *export) result(report string, r bot.Result) object {
	o := object{
		"identifier": []object{{"system": exportSource, "value": r.SourceID}}, "subject": e.subject, "code": resultCode(r),
		"category": []object{{"coding": []object{{"system": categorySystem, "code": "laboratory"}}}},
	}
	var extensions []object
	if r.ParentID != "" {
		extensions = append(extensions, text(exportParent, r.ParentID))
	}
	o["status"] = string(r.Status)
	if !resultStatusCode(r.Status) {
		o["status"] = string(bot.StatusUnknown)
		extensions = append(extensions, text(exportStatus, string(r.Status)))
	}
	extensions = append(extensions, exportValue(o, r)...)
	if r.UnitProblem {
		extensions = append(extensions, object{"url": exportDoubt, "valueBoolean": true})
	}
	if len(extensions) > 0 {
		o["extension"] = extensions
	}
	if r.Interval.Printed != "" || r.Interval.Usable() {
		o["referenceRange"] = []object{exportInterval(r)}
	}
	if r.Flag != "" {
		o["interpretation"] = []object{coded(flagSystem, flagCode, r.Flag)}
	}
	if r.Method != "" {
		o["method"] = object{"text": r.Method}
	}
	if r.Note != "" {
		o["note"] = []object{{"text": r.Note}}
	}
	setTime(o, "effectiveDateTime", r.EffectiveAt)
	setTime(o, "issued", r.IssuedAt)
	if r.Laboratory != "" {
		o["performer"] = []object{e.organization(r.Laboratory)}
	}
	if r.Specimen != bot.SpecimenUnknown {
		o["specimen"] = e.specimen(r.Specimen)
	}
	return e.add("Observation", report+" "+r.SourceID, o)
}

func resultCode(r bot.Result) object {
	o := object{"text": r.Name}
	if r.Code != "" {
		o["coding"] = []object{{"system": loincSystem, "code": r.Code}}
	}
	return o
}

// jsonNumber is what JSON takes for a number; other digits go out as text.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$`)

// exportValue writes the value so that it is read again with the same digits:
// as a quantity, as a text that reads as it did, else as words.
func exportValue(o object, r bot.Result) (extensions []object) {
	v := r.Value
	reread, flag := ParseValue(v.Printed, "")
	asRead := flag == "" && reread.Printed == v.Printed && reread.Number == v.Number && reread.Comparator == v.Comparator
	switch {
	case v.Printed == "":
		o["dataAbsentReason"] = coded(absentSystem, absentCode, r.AbsentReason)
	case v.Number.Valid() && v.Number.String() == v.Printed && jsonNumber.MatchString(v.Printed):
		o["valueQuantity"] = exportQuantity(v.Printed, v)
	case asRead:
		o["valueString"] = v.Printed
	default:
		o["valueCodeableConcept"] = object{"text": v.Printed}
	}
	if o["valueQuantity"] == nil && v.Unit != "" {
		extensions = append(extensions, text(exportUnit, v.Unit))
	}
	if v.Printed != "" && r.AbsentReason != "" {
		extensions = append(extensions, text(exportAbsent, r.AbsentReason))
	}
	return extensions
}

func exportQuantity(number string, v bot.Value) object {
	q := object{"value": json.Number(number)}
	set(q, "comparator", v.Comparator)
	set(q, "unit", v.Unit)
	if v.UCUM != "" && v.Unit != "" {
		q["system"], q["code"] = ucumSystem, v.UCUM
	}
	return q
}

// exportInterval writes an interval as printed, with the bounds FHIR can state:
// its low and high are always included, so an open bound stays in the text.
func exportInterval(r bot.Result) object {
	i := r.Interval
	o := object{}
	set(o, "text", i.Printed)
	bound := func(key string, d bot.Decimal, open bool) {
		if d.Valid() && !open && jsonNumber.MatchString(d.String()) {
			o[key] = object{"value": json.Number(d.String())}
		}
	}
	bound("low", i.Low, i.LowOpen)
	bound("high", i.High, i.HighOpen)
	if !i.Usable() && ParseInterval(i.Printed).Usable() {
		o["extension"] = []object{{"url": exportUnused, "valueBoolean": true}}
	}
	return o
}
