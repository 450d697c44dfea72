package console

import (
	"time"

	"careline/bot"
	"careline/bot/pages"
	"careline/bot/store"
)

// frame is what every page of the console knows.
type frame struct {
	pages.Speech
	Institution bot.Institution
	Path        string // /staff/{institution}
	Title       string
	Me          me
}

// me is the member of staff signed in.
type me struct {
	ID   bot.StaffID
	Name string
	Role string
	role bot.Role
}

type signInPage struct {
	frame
	Login   string
	Next    string
	Problem string
}

type errorPage struct {
	frame
	Sentence string
	Again    string
}

type queuePage struct {
	frame
	Cases []caseView
}

// caseView is one case in the list and on top of its page.
type caseView struct {
	ID        bot.CaseID
	Level     bot.Level
	LevelWord string
	Who       string
	Reason    string
	Quote     string // the beginning of the words that opened it
	Rule      string
	Term      string
	Owner     string
	OwnerName string
	Mine      bool
	Taken     bool
	Due       time.Time
	Clock     string // what is left, or how long overdue
	Waiting   string
	Overdue   bool
}

type casePage struct {
	frame
	Case            caseView
	Words           *span
	Result          *resultView
	Changes         []changeView
	HasConversation bool
	Messages        []line
	Unsent          []line // what the patient does not see
	Last            int64
	Reports         []reportView
	MayAct          bool
	HasPatient      bool
	Closed          string
	Outcomes        []outcome
	Notice          string
	Problem         string
	ReplyKey        string
	Draft           string
	Violations      []violation
	Hard            string // why these cannot be overridden, "" where they can
}

// changeView is a result as it was explained and as it is.
type changeView struct {
	Name, Kind, Date, Notice string
	Was, Is                  store.Shown
	Gone                     bool // nothing stands in its place
}

// span is the patient's words with those that set the level marked.
type span struct{ Before, Span, After string }

type outcome struct{ ID, Label string }

// line is one message as staff see it.
type line struct {
	pages.Speech
	Path         string
	Case         bot.CaseID
	Number       int64
	ID           bot.MessageID
	Author       bot.Author
	Who          string
	AI           bool
	Automatic    bool
	Text         string
	At           time.Time
	Time         string
	Delivery     bot.Delivery
	DeliveryWord string
	Suppressed   bool
	Evidence     bool
	Attachment   *attachmentView // what came besides text, nil for a text
}

type reportView struct {
	Title      string
	Date       string
	Laboratory string
	Results    []resultView
}

type resultView struct {
	Name       string
	Value      string
	Unit       string
	Interval   string
	Direction  bot.Direction
	Word       string
	Date       string
	Laboratory string
	Source     string // of an interval the report does not print
	Doubt      string // why the value's direction is not used
	Out        bool
	Spark      *sparkView
}

type sparkView struct {
	Link  string
	Chart pages.Chart
}

type answerPage struct {
	frame
	CaseID   bot.CaseID
	Verdict  bot.Verdict
	Facts    []resultView
	Passages []bot.Passage
	Checks   []violation
}

type trendPage struct {
	frame
	CaseID bot.CaseID
	Chart  pages.Chart
}

// violation is a failed check with the words it is about.
type violation struct {
	Check string
	Word  string
	Span  string
	Hard  bool
}
