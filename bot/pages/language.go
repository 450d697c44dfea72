package pages

import (
	"net/http"

	"golang.org/x/text/language"

	"careline/bot"
)

const languageCookie = "careline_lang"

// Language is the page's language: the switch (?lang=), else what the switch
// was last set to, else the browser's wish, else Chinese.
func Language(w http.ResponseWriter, r *http.Request) bot.Language {
	if lang := bot.Language(r.URL.Query().Get("lang")); lang == bot.Chinese || lang == bot.English {
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: string(lang), Path: "/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: SecureRequest(r),
		})
		return lang
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		if lang := bot.Language(c.Value); lang == bot.Chinese || lang == bot.English {
			return lang
		}
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return bot.Chinese
	}
	_, index, _ := language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English, language.TraditionalChinese}).Match(tags...)
	return []bot.Language{bot.Chinese, bot.English, bot.Chinese}[index]
}
