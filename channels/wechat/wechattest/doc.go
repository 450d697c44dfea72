// Package wechattest is the WeChat platform as an official account sees it, for
// tests and demonstrations: the API that is called, the phones that write, and the
// sealed deliveries between them. It knows the documented rules (windows, quotas,
// tokens, error codes) and breaks on demand. Nothing in it leaves this machine.
//
// Where the documents are silent it does this: each opening has its own quota, and
// a send uses the one that closes first; a delivery that was not accepted is
// repeated when the patience of the attempt before is over.
package wechattest
