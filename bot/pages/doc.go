// Package pages is what the patients' page and the staff's pages share: security
// headers, embedded assets, the words of a page in each language, how a text is
// set in paragraphs, and the trend chart. It knows no store and no route.
package pages
