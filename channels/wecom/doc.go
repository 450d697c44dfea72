// Package wecom is WeCom customer service (微信客服): patients write in WeChat, and
// staff may answer in the WeCom app. The platform's callback only says that there
// is something to pull; a Puller reads it with a cursor that is stored with the
// messages. Facts are from developer.work.weixin.qq.com: documents 31078 (receive),
// 94677 (send), 94669 (states), 96428 (on events) and 90313 (error codes).
package wecom

// Name is the channel's name in the vocabulary.
const Name = "wecom"
