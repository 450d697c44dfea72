package wechat

import (
	"context"
	"errors"
	"io"
	"net/url"

	"careline/channels"
)

// Fetch opens a picture or voice by its media id, which the platform keeps for
// three days. Reading more than limit bytes fails with an *http.MaxBytesError.
func (a *Adapter) Fetch(ctx context.Context, media string, limit int64) (io.ReadCloser, error) {
	body, err := a.Client.Media(ctx, "/cgi-bin/media/get", url.Values{"media_id": {media}}, min(limit, mediaBytes))
	if err == nil {
		return body, nil
	}
	err = a.errors.sendError(err)
	if e, ok := errors.AsType[*channels.SendError](err); ok && e.Kind == channels.Unknown {
		e.Kind = channels.Retry // to fetch twice does no harm
	}
	return nil, err
}
