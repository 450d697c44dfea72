// Package webchat is the web page channel: an adapter like the others, with the
// page it talks to. A visitor is known by a random cookie; what they write goes
// through the inbox, what they read comes from the conversation's timeline.
package webchat
