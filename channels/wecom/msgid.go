package wecom

import (
	"strconv"
	"strings"

	"careline/bot"
)

// msgidPrefix marks messages of ours among those of others on the same account.
const msgidPrefix = "careline-"

// msgid names a part to the platform: at most 32 bytes of letters, digits, "_" and
// "-". The same part has the same name at every attempt, and a msg_send_fail event
// leads back to it.
func msgid(part bot.MessageID) string { return msgidPrefix + strconv.FormatInt(int64(part), 10) }

// partOf is the part a msgid names, if it is one of ours.
func partOf(id string) (bot.MessageID, bool) {
	number, ok := strings.CutPrefix(id, msgidPrefix)
	part, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || part <= 0 || msgid(bot.MessageID(part)) != id {
		return 0, false
	}
	return bot.MessageID(part), true
}
