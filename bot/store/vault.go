package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"careline/bot"
)

// Vault encrypts names, phones and openids field by field, and makes the keyed
// hashes by which they are looked up. Its keys live in a file that belongs to
// the database: without it the fields are lost.
type Vault struct {
	seal tink.AEAD
	hash *prf.Set
}

// field names what is encrypted: a ciphertext moved to another table, column or
// institution does not open.
type field struct {
	table, column string
	institution   bot.InstitutionID
}

func (f field) associated() []byte {
	return []byte(f.table + "\x00" + f.column + "\x00" + string(f.institution))
}

// OpenVault reads the key file, making one on first use. The file appears whole
// or not at all and is readable by its owner only.
func OpenVault(path string) (*Vault, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if raw, err = newKeyFile(path); err == nil {
			return ParseVault(raw)
		}
	}
	if err != nil {
		return nil, bot.Errorf(bot.KindUnavailable, "The key file "+path+" cannot be read.", "store: key file: %w", err)
	}
	return ParseVault(raw)
}

// ParseVault reads the two keysets, a line of JSON each.
func ParseVault(raw []byte) (*Vault, error) {
	lines := bytes.SplitN(bytes.TrimSpace(raw), []byte("\n"), 2)
	if len(lines) != 2 {
		return nil, bot.Errorf(bot.KindInvalid, "The key file is damaged; restore it from where you keep it.", "store: a key file has two lines, this has %d", len(lines))
	}
	var v Vault
	encryption, err := readKeyset(lines[0])
	if err == nil {
		v.seal, err = aead.New(encryption)
	}
	if err == nil {
		var lookup *keyset.Handle
		if lookup, err = readKeyset(lines[1]); err == nil {
			v.hash, err = prf.NewPRFSet(lookup)
		}
	}
	if err != nil {
		return nil, bot.Errorf(bot.KindInvalid, "The key file is damaged; restore it from where you keep it.", "store: key file: %w", err)
	}
	return &v, nil
}

// NewKeys makes the content of a fresh key file.
func NewKeys() ([]byte, error) {
	var out bytes.Buffer
	encryption, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("store: new keys: %w", err)
	}
	lookup, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("store: new keys: %w", err)
	}
	for _, handle := range []*keyset.Handle{encryption, lookup} {
		var line bytes.Buffer
		if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&line)); err != nil {
			return nil, fmt.Errorf("store: new keys: %w", err)
		}
		out.Write(bytes.ReplaceAll(line.Bytes(), []byte("\n"), nil))
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

// newKeyFile writes fresh keys beside path and links them into place, so that of
// two processes starting at once one wins and both read the same keys.
func newKeyFile(path string) ([]byte, error) {
	raw, err := NewKeys()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "keys-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(raw)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(temporary.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path)
}

func readKeyset(line []byte) (*keyset.Handle, error) {
	return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(line)))
}

// encrypt seals text; the empty text stays SQL null.
func (v *Vault) encrypt(f field, text bot.Text) ([]byte, error) {
	if text.Empty() {
		return nil, nil
	}
	sealed, err := v.seal.Encrypt([]byte(text.Plain()), f.associated())
	if err != nil {
		return nil, fmt.Errorf("store: encrypt %s.%s: %w", f.table, f.column, err)
	}
	return sealed, nil
}

func (v *Vault) decrypt(f field, sealed []byte) (bot.Text, error) {
	if len(sealed) == 0 {
		return bot.Text{}, nil
	}
	plain, err := v.seal.Decrypt(sealed, f.associated())
	if err != nil {
		return bot.Text{}, bot.Errorf(bot.KindUnavailable, "The key file does not belong to this database; restore the right one.", "store: decrypt %s.%s: %w", f.table, f.column, err)
	}
	return bot.T(string(plain)), nil
}

// lookup is the keyed hash of text by which an encrypted field is found.
func (v *Vault) lookup(f field, text bot.Text) ([]byte, error) {
	if text.Empty() {
		return nil, nil
	}
	hash, err := v.hash.ComputePrimaryPRF(append(f.associated(), text.Plain()...), 32)
	if err != nil {
		return nil, fmt.Errorf("store: hash %s.%s: %w", f.table, f.column, err)
	}
	return hash, nil
}

// CheckKeys tries the vault on a stored field: a key file of another database is
// found at start and not by the first patient.
func (s *Store) CheckKeys(ctx context.Context, id bot.InstitutionID) error {
	_, err := s.staffList(ctx, id)
	return err
}
