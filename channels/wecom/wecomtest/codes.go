package wecomtest

// The error codes the platform answers with (document 90313).
const (
	badSecret  = 40001
	noMedia    = 40007
	badCorpID  = 40013
	badToken   = 40014
	badValue   = 40058
	noPatient  = 40096
	noToken    = 41001
	endedToken = 42001
	tooLong    = 45002
	noCall     = 48002
	noAccount  = 95004
	tooMany    = 95001
	tooLate    = 95002
	isEnded    = 95013
	noServicer = 95014
	badChange  = 95016
	badState   = 95018
)
