package bot

import "time"

// Owner of a conversation: the assistant, one staff member of the console, or
// somebody who answers in the channel's own app.
type Owner struct {
	Staff     StaffID
	Elsewhere bool // a servicer answers in the channel's app (WeCom), not in our console
}

// Bot reports whether the assistant owns the conversation.
func (o Owner) Bot() bool { return o.Staff == 0 && !o.Elsewhere }

// Conversation is one account's thread with one institution in one channel.
type Conversation struct {
	ID          ConversationID
	Institution InstitutionID
	Account     AccountID
	Channel     string // "webchat", "cli", "wechat", "wecom"
	Owner       Owner
	Epoch       int64 // raised at every change of owner and at every emergency
	Level       Level
	Patient     PatientID // whose report the thread is about; 0 while not known
	Language    Language
	Case        CaseID // the open case, 0 if none
}

// The kinds of inbound messages. What happened without words (a follow, a scan) is
// a message too: it is stored once, in order, and answered in its turn.
const (
	MessageText     = "text"
	MessageImage    = "image"
	MessageVoice    = "voice"
	MessageVideo    = "video"
	MessageLocation = "location"
	MessageLink     = "link"
	MessageOther    = "other"    // a kind this channel cannot read
	MessageMenu     = "menu"     // a tap of the menu; Text is the button's own words
	MessageFollow   = "follow"   // began to follow, perhaps by a QR code
	MessageScan     = "scan"     // a follower scanned a QR code of ours
	MessageUnfollow = "unfollow" // cannot be written to any more
)

// Inbound is one message as a channel received it.
type Inbound struct {
	Institution InstitutionID
	Channel     string
	ExternalID  Text   // who wrote it, in the channel's words (openid, visitor token)
	ProviderID  string // the channel's id of the message: the same id is the same message
	Kind        string // one of the kinds above
	Text        Text   // what was written; a link's title and description, a location's label
	Media       string // the channel's id of the picture, voice or video
	Scene       Text   // what a QR code of ours said: a binding code, never stored in the clear
	Opens       Opening
	Cursor      *Cursor // how far the channel has been read with this message
	SentAt      time.Time
}

// Cursor is how far a channel that is pulled has been read.
type Cursor struct {
	Account string // the channel's own id of the account that is read (open_kfid)
	Value   string
}

// Author of a message in a conversation.
type Author string

// The authors.
const (
	AuthorPatient   Author = "patient"
	AuthorAssistant Author = "assistant"
	AuthorStaff     Author = "staff"
	AuthorSystem    Author = "system" // reviewed safety texts and notices
)

// Delivery is the state of an outbound part.
type Delivery string

// The states of an outbound part. Unknown: we cannot tell whether it arrived.
const (
	DeliveryQueued     Delivery = "queued"
	DeliverySending    Delivery = "sending"
	DeliverySent       Delivery = "sent"
	DeliveryUnknown    Delivery = "unknown"
	DeliveryHeld       Delivery = "held"
	DeliveryFailed     Delivery = "failed"
	DeliverySuppressed Delivery = "suppressed" // overtaken by a person or an emergency
)

// Message is one line of a conversation as people see it.
type Message struct {
	ID       MessageID
	Number   int64 // the conversation's own counter, the order people see
	Author   Author
	Text     Text
	At       time.Time
	Delivery Delivery   // outbound only
	Decision DecisionID // the answer's evidence, 0 if none
	AI       bool       // carries the AI label
	Staff    StaffID
	Kind     string // inbound, outbound or state (a notice of who answers now)
	Full     bool   // a longer text stands behind it
}

// Turn is the unanswered inbound messages of one conversation, oldest first,
// claimed by one holder.
type Turn struct {
	Conversation Conversation
	Holder       string
	Seq          int64 // the newest message taken
	Messages     []TurnMessage
	Bindings     []Binding
	Consented    bool   // consent to read reports stands
	ModelAgreed  bool   // consent to an external model stands
	Names        []Text // of the patients the account acts for: redacted, never told
	Recent       []Message
	// ChatOnly: the channel has no pages of its own, so consent, binding and "whose
	// report?" are settled in the chat. Chosen is whom the person picked from a list
	// for this very turn, 0 for nobody.
	ChatOnly bool
	Chosen   PatientID
}

// TurnMessage is one inbound message of a turn.
type TurnMessage struct {
	Seq  int64
	Kind string
	Text Text
	At   time.Time
}

// Outbound is one part waiting in the outbox or on its way.
type Outbound struct {
	ID           MessageID
	Institution  InstitutionID
	Conversation ConversationID
	Channel      string
	ExternalID   Text
	Author       Author
	Part         int
	Text         Text
	AI           bool
	Urgent       bool // the text of an emergency or crisis
	More         bool // further parts of the reply wait for the patient's next message
	Full         bool // a longer text stands behind the answer
	Last         bool // no further part of the reply follows this one
	Language     Language
	Attempts     int
}
