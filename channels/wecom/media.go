package wecom

import (
	"context"
	"errors"
	"io"
	"net/url"

	"careline/channels"
)

// codeNoMedia says that a media id is not, or no longer, known; the platform keeps
// media for three days.
const codeNoMedia = 40007

// Fetch opens a picture, voice or video a patient sent.
func (a *Adapter) Fetch(ctx context.Context, media string, limit int64) (io.ReadCloser, error) {
	if media == "" {
		return nil, &channels.SendError{Kind: channels.Never, Err: errors.New("wecom: a message without media")}
	}
	body, err := a.Account.Client.Media(ctx, "/cgi-bin/media/get", url.Values{"media_id": {media}}, limit)
	if err == nil {
		return body, nil
	}
	if codeOf(err) == codeNoMedia {
		return nil, &channels.SendError{Kind: channels.Never, Err: err}
	}
	return nil, repeatable(err)
}
