package wechattest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"testing"
	"time"

	"careline/channels/wechat/wechattest"
)

var picture = append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), make([]byte, 4<<20)...)

func TestWhatAPersonSendsCanBeFetchedForThreeDays(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.SendImage(openid, picture)
	p.SendVoice(openid, "血钾高怎么办")
	p.SendVideo(openid, []byte("video"))
	got := a.messages()
	if len(got) != 3 || got[0].MsgType != "image" || got[1].MsgType != "voice" || got[2].MsgType != "video" || got[1].Format != "amr" ||
		got[1].Recognition != "" || got[0].PicURL == "" || got[2].ThumbMediaID == "" {
		t.Fatalf("delivered %+v", got)
	}
	_, image, header := a.get(wechattest.PathMedia, a.with("media_id", got[0].MediaID))
	if !bytes.Equal(image, picture) || header.Get("Content-Type") != "image/jpeg" || header.Get("Content-Disposition") == "" {
		t.Errorf("the picture came as %d bytes, %v", len(image), header)
	}
	_, voice, header := a.get(wechattest.PathMedia, a.with("media_id", got[1].MediaID))
	if words, heard := wechattest.Transcribe(voice); words != "血钾高怎么办" || !heard || header.Get("Content-Type") != "audio/amr" {
		t.Errorf("the voice says %q, %v", words, header)
	}
	video, _, _ := a.get(wechattest.PathMedia, a.with("media_id", got[2].MediaID))
	r, err := http.Get(video.Video)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if body, _ := io.ReadAll(r.Body); string(body) != "video" {
		t.Errorf("the video's address gives %q", body)
	}
	p.Advance(3 * 24 * time.Hour)
	if gone, _, _ := a.get(wechattest.PathMedia, a.with("media_id", got[0].MediaID)); gone.Code != 40007 {
		t.Errorf("after three days: %+v", gone)
	}
	if unknown, _, _ := a.get(wechattest.PathMedia, a.with("media_id", "invented")); unknown.Code != 40007 {
		t.Errorf("an invented id: %+v", unknown)
	}
}

func TestThePlatformsVoicesCanBeTranscribed(t *testing.T) {
	t.Parallel()
	p := wechattest.New(t)
	for _, c := range []struct {
		recording []byte
		status    int
		words     string
	}{
		{wechattest.Voice("我听到的是…"), http.StatusOK, "我听到的是…"},
		{[]byte("#!AMR\nnoise"), http.StatusUnprocessableEntity, ""},
	} {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		part, err := w.CreateFormFile("file", "voice.amr")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(c.recording)
		_ = w.WriteField("model", "whisper-1")
		_ = w.Close()
		r, err := http.Post(p.URL+wechattest.PathTranscribe, w.FormDataContentType(), &form)
		if err != nil {
			t.Fatal(err)
		}
		var heard struct{ Text string }
		_ = json.NewDecoder(r.Body).Decode(&heard)
		_ = r.Body.Close()
		if r.StatusCode != c.status || heard.Text != c.words {
			t.Errorf("%d %q, want %d %q", r.StatusCode, heard.Text, c.status, c.words)
		}
	}
}

func TestWhatElseAPersonSharesIsDelivered(t *testing.T) {
	t.Parallel()
	p, a := start(t)
	openid := p.Join("赵一")
	p.SendLocation(openid, 31.2304, 121.4737, "上海市人民大道")
	p.SendLink(openid, "血钾科普", "一篇文章", "https://example.org/k")
	p.SendUnknown(openid, "file")
	got := a.messages()
	if len(got) != 3 || got[0].LocationX != 31.2304 || got[0].LocationY != 121.4737 || got[0].Label != "上海市人民大道" ||
		got[1].Title != "血钾科普" || got[1].URL != "https://example.org/k" || got[2].MsgType != "file" || got[2].MsgID == 0 {
		t.Errorf("delivered %+v", got)
	}
}
