package bot

// ImportRecord is what a parser hands on at a time: a patient, one of their
// reports, and some or all of its results.
type ImportRecord struct {
	Patient  Patient
	Report   Report // with the results read now; a later record may bring more of the same report
	Position string // where it stands in the file: "line 7", "message 3", a JSON path
}

// ImportSink takes what a parser reads, in the file's order. An error of it ends
// the parsing.
type ImportSink interface {
	Record(ImportRecord) error
	Merge(Merge) error
	Quarantine(Quarantined) error
}

// Merge says that a source knows two of its patients to be one (HL7 v2 ADT^A40):
// what Retired had belongs to Survivor.
type Merge struct {
	Survivor Patient
	Retired  []Identifier
	Position string
}

// ImportHead says what was read.
type ImportHead struct {
	Format string // "fhir", "hl7", "csv" or "xlsx"
	Digest string // SHA-256 of the bytes, hex
}

// Quarantined is an item that cannot be trusted, kept whole with the reason.
type Quarantined struct {
	Position string // file position: line, JSON path
	Reason   string // a sentence for the integration engineer
	Format   string // what Payload is: a file format that can be read again by itself, or "record"
	Payload  Text   // the item as received
}

// ImportFile is a small file's content in memory: patients with their reports,
// and what could not be trusted.
type ImportFile struct {
	ImportHead
	Patients   []ImportPatient
	Merges     []Merge
	Quarantine []Quarantined
}

// ImportPatient is one patient in a file, with their reports.
type ImportPatient struct {
	Patient Patient
	Reports []Report
}

// Send hands the file's content to a sink.
func (f ImportFile) Send(to ImportSink) error {
	for _, p := range f.Patients {
		for _, r := range p.Reports {
			if err := to.Record(ImportRecord{Patient: p.Patient, Report: r, Position: "report " + r.Number}); err != nil {
				return err
			}
		}
		if len(p.Reports) == 0 {
			if err := to.Record(ImportRecord{Patient: p.Patient}); err != nil {
				return err
			}
		}
	}
	for _, m := range f.Merges {
		if err := to.Merge(m); err != nil {
			return err
		}
	}
	for _, q := range f.Quarantine {
		if err := to.Quarantine(q); err != nil {
			return err
		}
	}
	return nil
}

// NameDecision is what an institution's staff decided of a printed name the
// catalogue does not know: that it is an analyte, or none of it.
type NameDecision struct {
	Name     string   // as printed
	Specimen Specimen // "" wherever it stands
	Analyte  AnalyteID
}
