// Package console is the staff's web pages: who waits, why, with which evidence,
// and the reply that goes out through the same outbox as every other message.
package console
