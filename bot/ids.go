package bot

// InstitutionID names a hospital, laboratory or health-management centre. It is
// a short slug ("default", "demo") and the first column of every key about people.
type InstitutionID string

// The numeric ids are unique within their institution, not across institutions.
type (
	PatientID      int64
	AccountID      int64
	StaffID        int64
	ConversationID int64
	MessageID      int64 // one row of the inbox or of the outbox, as shown in a conversation
	AttachmentID   int64 // the picture or voice of one inbound message
	DecisionID     int64 // one turn taken to its end
	CaseID         int64
	ReportID       int64
	ResultID       int64
)

// AnalyteID is a catalogue id such as "ALT" or "HDL-C". Analyte and specimen
// together make the catalogue entry: urine and blood glucose differ.
type AnalyteID string
