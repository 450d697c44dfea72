package console

import (
	"net/http"
	"strconv"
	"strings"

	"careline/bot"
	"careline/bot/store"
)

// attachmentView is what came besides text in one message.
type attachmentView struct {
	Link    string // opens it; "" while there is nothing to open
	Picture bool
	Word    string // what it is, and why it does not open
}

func attachmentOf(v *visit, a store.Attachment) *attachmentView {
	shown := attachmentView{Word: v.Say("sent-" + a.Kind)}
	switch a.State {
	case store.AttachmentKept:
		shown.Link = v.Path + "/attachments/" + strconv.FormatInt(int64(a.ID), 10)
		shown.Picture = a.Kind == bot.MessageImage
	case store.AttachmentWaiting, store.AttachmentGone, store.AttachmentRefused:
		shown.Word = v.Say("sent-and", shown.Word, v.Say("attachment-"+string(a.State)))
	}
	return &shown
}

// attachment opens a picture or a voice message as it was sent. Its type is what its
// bytes say; nothing in it runs, and nothing of it stays in the browser.
func (s *Site) attachment(w http.ResponseWriter, r *http.Request, v *visit) error {
	number, err := strconv.ParseInt(r.PathValue("attachment"), 10, 64)
	if err != nil {
		return bot.Errorf(bot.KindNotFound, v.Say("error-not-found"), "console: not an attachment's number")
	}
	a, err := s.Store.OpenAttachment(r.Context(), v.Institution.ID, v.actor(), bot.AttachmentID(number), v.now)
	if err != nil {
		return err
	}
	_, ending, _ := strings.Cut(a.MediaType, "/")
	h := w.Header()
	h.Set("Content-Type", a.MediaType)
	h.Set("Content-Disposition", `inline; filename="`+strconv.FormatInt(number, 10)+"."+ending+`"`)
	h.Set("Content-Length", strconv.Itoa(len(a.Content)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(a.Content)
	return err
}
