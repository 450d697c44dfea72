// Package bot is Careline's vocabulary: the words every other package uses for
// people, results, conversations, evidence and answers. It holds no behaviour
// beyond what makes those words hard to misuse, and imports the standard
// library only.
package bot
