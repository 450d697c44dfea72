package bot

import "time"

// Language is a patient's language: "zh" or "en".
type Language string

// The languages Careline speaks.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Institution is who a patient, a result and a conversation belong to.
type Institution struct {
	ID       InstitutionID
	Name     string
	TimeZone string // IANA name; times are stored in UTC and shown here
	Demo     bool   // demo institutions are served on loopback only
}

// Location is the institution's time zone, UTC when its name is unknown.
func (i Institution) Location() *time.Location {
	loc, err := time.LoadLocation(i.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Sex as reports state it.
type Sex string

// The sexes FHIR's administrative-gender knows.
const (
	SexFemale  Sex = "female"
	SexMale    Sex = "male"
	SexOther   Sex = "other"
	SexUnknown Sex = "unknown"
)

// Identifier is what identifies a patient: assigning system, type and value. A
// name is never a key.
type Identifier struct {
	System string // who assigned it: a URI or an assigning authority
	Type   string // HL7 table 0203 where known: MR (medical record), PI, SS …
	Value  string
}

// Patient is the person whose results we hold.
type Patient struct {
	ID          PatientID
	Identifiers []Identifier
	Name        Text
	Sex         Sex
	BirthDate   Date
	Phone       Text
	Pregnant    bool // recorded as pregnant now: intervals that change are not judged
}

// Relation is whom an account acts for when it asks about a patient.
type Relation string

// The relations a binding may state.
const (
	RelationSelf   Relation = "self"
	RelationChild  Relation = "child"
	RelationParent Relation = "parent"
	RelationSpouse Relation = "spouse"
	RelationOther  Relation = "other"
)

// Binding lets an account read one patient's results.
type Binding struct {
	Account  AccountID
	Patient  PatientID
	Relation Relation
	Sex      Sex  // the patient's: tells "my mother" from "my father"
	Born     Date // the patient's: tells two children apart
	Since    time.Time
}

// Purpose is what a consent is given for.
type Purpose string

// Consent to ReadReports comes before any retrieval or model; triage needs none.
const (
	PurposeReadReports   Purpose = "read_reports"
	PurposeExternalModel Purpose = "external_model"
	PurposeStaffAccess   Purpose = "staff_access"
	PurposeNotices       Purpose = "notices"
	PurposeQuality       Purpose = "quality"
)

// Role is what a staff member may do in the console.
type Role string

// The roles of the console.
const (
	RoleManager    Role = "health_manager"
	RoleClinician  Role = "clinician"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
	RoleAuditor    Role = "auditor"
)

// Staff is one person who works in the console.
type Staff struct {
	ID          StaffID
	Institution InstitutionID
	Login       string
	Name        Text
	Role        Role
	Disabled    bool
}

// Actor is who did something, for the audit trail: ids only.
type Actor struct {
	Kind string // "staff", "account", "operator", "system"
	ID   int64  // staff or account id; 0 for operator and system
}
