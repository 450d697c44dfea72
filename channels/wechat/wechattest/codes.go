package wechattest

// The codes of the platform's answers, with the words it uses for them.
const (
	codeOK             = 0
	codeBadToken       = 40001 // also a wrong secret where a token is asked for
	codeBadGrant       = 40002
	codeBadOpenID      = 40003
	codeBadMedia       = 40007
	codeBadKind        = 40008
	codeBadAppID       = 40013
	codeButtonCount    = 40016
	codeButtonKind     = 40017
	codeButtonName     = 40018
	codeButtonKey      = 40019
	codeButtonURL      = 40020
	codeSubButtonCount = 40023
	codeBadCode        = 40029
	codeBadTemplate    = 40037
	codeBadAction      = 40050
	codeBadScene       = 40053
	codeBadSecret      = 40125
	codeUsedCode       = 40163
	codeNoToken        = 41001
	codeNoCode         = 41008
	codeNoOpenID       = 41009
	codeOldToken       = 42001
	codeWantsGET       = 43001
	codeWantsPOST      = 43002
	codeNoFollow       = 43004
	codeNotAccepted    = 43101
	codeEmpty          = 44002
	codeEmptyText      = 44004
	codeTooLong        = 45002
	codeDailyQuota     = 45009
	codeClosed         = 45015
	codeSpent          = 45047
	codeBadCommand     = 45072
	codeNoExchange     = 45080
	codeTypingAlready  = 45081
	codeNoMenu         = 46003
	codeNotJSON        = 47001
	codeNoPermission   = 48001
)

var words = map[int]string{
	codeOK:             "ok",
	codeBadToken:       "invalid credential, access_token is invalid or not latest",
	codeBadGrant:       "invalid grant_type",
	codeBadOpenID:      "invalid openid",
	codeBadMedia:       "invalid media_id",
	codeBadKind:        "invalid message type",
	codeBadAppID:       "invalid appid",
	codeButtonCount:    "invalid button size",
	codeButtonKind:     "invalid button type",
	codeButtonName:     "invalid button name size",
	codeButtonKey:      "invalid button key size",
	codeButtonURL:      "invalid button url size",
	codeSubButtonCount: "invalid sub button size",
	codeBadCode:        "invalid code",
	codeBadTemplate:    "invalid template_id",
	codeBadAction:      "invalid action name",
	codeBadScene:       "invalid action info",
	codeBadSecret:      "invalid appsecret",
	codeUsedCode:       "code been used",
	codeNoToken:        "access_token missing",
	codeNoCode:         "missing code",
	codeNoOpenID:       "missing openid",
	codeOldToken:       "access_token expired",
	codeWantsGET:       "require GET method",
	codeWantsPOST:      "require POST method",
	codeNoFollow:       "require subscribe",
	codeNotAccepted:    "user refuse to accept the msg",
	codeEmpty:          "empty post data",
	codeEmptyText:      "empty content",
	codeTooLong:        "content size out of limit",
	codeDailyQuota:     "reach max api daily quota limit",
	codeClosed:         "response out of time limit or subscription is canceled",
	codeSpent:          "out of response count limit",
	codeBadCommand:     "invalid command",
	codeNoExchange:     "need sending message to user, or recving message from user in the last 30 seconds before typing",
	codeTypingAlready:  "already typing, do not send again",
	codeNoMenu:         "menu no exist",
	codeNotJSON:        "data format error",
	codeNoPermission:   "api unauthorized",
}

// failure is how the platform says that a call went wrong, and that one went well
// which has nothing else to say.
type failure struct {
	Code  int    `json:"errcode"`
	Words string `json:"errmsg"`
}

func fail(code int) failure {
	text, ok := words[code]
	if !ok {
		text = "system error"
	}
	if code != codeOK {
		text += " rid: " + random(8) + "-" + random(8) + "-" + random(8)
	}
	return failure{code, text}
}
