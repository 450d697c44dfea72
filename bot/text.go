package bot

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
)

// Text is what a person wrote or what is written to a person. It prints as
// "[redacted]" wherever something is printed by accident (errors, logs, JSON,
// templates that forget Plain) and is stored whole in the database.
type Text struct{ plain string }

// redacted is what every accidental print of a Text shows.
const redacted = "[redacted]"

// T wraps s.
func T(s string) Text { return Text{plain: s} }

// Plain returns the text itself: for pages, prompts and channels only.
func (t Text) Plain() string { return t.plain }

// Empty reports whether there is no text.
func (t Text) Empty() bool { return t.plain == "" }

func (t Text) String() string               { return redacted }
func (t Text) GoString() string             { return redacted }
func (t Text) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(redacted)) }
func (t Text) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (t Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Value stores the text whole. Without it pgx would store String's "[redacted]".
func (t Text) Value() (driver.Value, error) { return t.plain, nil }

// Scan reads a stored text; SQL null reads as the empty text.
func (t *Text) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		t.plain = ""
	case string:
		t.plain = v
	case []byte:
		t.plain = string(v)
	default:
		return errors.New("bot: a Text is read from text only")
	}
	return nil
}
