package jobs

import (
	"github.com/gabriel-vasile/mimetype"

	"careline/bot"
)

// mediaTypes are the kinds of file that are kept, by what a patient says they sent,
// each with the ending a transcription endpoint knows it by. Voice of WeChat is AMR
// (its manual, "Receiving standard messages").
var mediaTypes = map[string]map[string]string{
	bot.MessageImage: {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"},
	bot.MessageVoice: {
		"audio/amr": ".amr", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/x-m4a": ".m4a",
		"audio/ogg": ".ogg", "application/ogg": ".ogg", "audio/wav": ".wav",
	},
}

// sniff is what a file's first bytes say it is, whatever anybody calls it; ok is
// false where that is nothing we keep for such a message.
func sniff(kind string, content []byte) (mediaType string, ok bool) {
	mediaType = mimetype.Detect(content).String()
	_, ok = mediaTypes[kind][mediaType]
	return mediaType, ok
}
