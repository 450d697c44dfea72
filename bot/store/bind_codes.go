package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// The rules of a code and its second factor, which goes another way. A code is
// typed into a chat too, where triage reads it: without vowels it is no word, and
// without digits no pulse or potassium. 20 letters make 2.6e10 codes.
const (
	codeAlphabet   = "BCDFGHJKLMNPQRSTVWXZ"
	codeLength     = 8
	factorLength   = 6
	maxCodeLife    = 10 * time.Minute
	maxPrintedLife = 30 * 24 * time.Hour
	demoCodeLife   = 24 * time.Hour
)

func bindCode(id bot.InstitutionID) field   { return field{"bind_codes", "code", id} }
func bindFactor(id bot.InstitutionID) field { return field{"bind_codes", "factor", id} }

// CodeOptions say what a code is for.
type CodeOptions struct {
	Valid   time.Duration // at most 10 minutes, printed 30 days; 0: as long as it may
	Printed bool          // stands on a report: works at its first use only
	// PatientAgreed: an adult patient told staff that somebody else may read.
	PatientAgreed bool
}

func (o CodeOptions) life() (time.Duration, error) {
	most := maxCodeLife
	if o.Printed {
		most = maxPrintedLife
	}
	switch {
	case o.Valid == 0:
		return most, nil
	case o.Valid < 0 || o.Valid > most:
		return 0, bot.Errorf(bot.KindInvalid, "A code is valid for at most 10 minutes, one that is printed on a report for at most 30 days.", "store: bind code valid for %s", o.Valid)
	}
	return o.Valid, nil
}

// MakeBindCode makes a one-time code and its second factor; neither is kept in
// the clear or shown again. Until is when the code ends.
func (s *Store) MakeBindCode(ctx context.Context, id bot.InstitutionID, by bot.Actor, patient bot.PatientID, o CodeOptions, now time.Time) (code, factor string, until time.Time, err error) {
	life, err := o.life()
	if err != nil {
		return "", "", time.Time{}, err
	}
	code, factor, err = s.makeCode(ctx, id, by, newCode{patient: patient, until: now.Add(life), printed: o.Printed, agreed: o.PatientAgreed}, now)
	return code, factor, now.Add(life), err
}

// MakeDemoCode makes a code that works for a day and again and again. Demo
// institutions only: their people are invented, agree to everything and are
// served on loopback.
func (s *Store) MakeDemoCode(ctx context.Context, id bot.InstitutionID, patient bot.PatientID, now time.Time) (code, factor string, err error) {
	inst, err := s.Institution(ctx, id)
	if err != nil {
		return "", "", err
	}
	if !inst.Demo {
		return "", "", bot.Errorf(bot.KindForbidden, "Only a demo institution has reusable codes.", "store: demo code for %s", id)
	}
	return s.makeCode(ctx, id, bot.Actor{Kind: "operator"}, newCode{patient: patient, until: now.Add(demoCodeLife), reusable: true, agreed: true}, now)
}

// newCode is a code about to be made.
type newCode struct {
	patient                   bot.PatientID
	until                     time.Time
	reusable, printed, agreed bool
}

func (s *Store) makeCode(ctx context.Context, id bot.InstitutionID, by bot.Actor, c newCode, now time.Time) (code, factor string, err error) {
	if code, err = pick(codeAlphabet, codeLength); err != nil {
		return "", "", err
	}
	if factor, err = pick("0123456789", factorLength); err != nil {
		return "", "", err
	}
	codeHash, err := s.hashCode(id, code)
	if err != nil {
		return "", "", err
	}
	factorHash, err := s.hashFactor(id, codeHash, factor)
	if err != nil {
		return "", "", err
	}
	err = s.db.In(ctx, id, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`delete from bind_codes where expires_at < $1`, now)
		b.Queue(`insert into bind_codes (institution_id, code_hash, factor_hash, patient_id, reusable, printed, patient_agreed, made_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			string(id), codeHash, factorHash, int64(c.patient), c.reusable, c.printed, c.agreed, now, c.until)
		queueAudit(b, id, now, by, "binding.code", subject{"patient", int64(c.patient)})
		return send(ctx, tx, b)
	})
	if err != nil {
		return "", "", unavailable(err)
	}
	return code, factor, nil
}

// hashCode is what is kept of a code, however it was typed.
func (s *Store) hashCode(id bot.InstitutionID, code string) ([]byte, error) {
	tidy := strings.ToUpper(strings.Join(strings.Fields(strings.ReplaceAll(code, "-", "")), ""))
	return s.vault.lookup(bindCode(id), bot.T(tidy))
}

// hashFactor ties a second factor to its code: the same digits beside another
// code have another hash.
func (s *Store) hashFactor(id bot.InstitutionID, codeHash []byte, factor string) (string, error) {
	raw, err := s.vault.lookup(bindFactor(id), bot.T(hex.EncodeToString(codeHash)+"/"+strings.Join(strings.Fields(factor), "")))
	return hex.EncodeToString(raw), err
}

func pick(alphabet string, n int) (string, error) {
	var b strings.Builder
	for range n {
		i, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", fmt.Errorf("store: random code: %w", err)
		}
		b.WriteByte(alphabet[i.Int64()])
	}
	return b.String(), nil
}
