// Package storetest gives tests a store with one institution in a fresh database.
package storetest

import (
	"testing"
	"time"

	"careline/bot"
	"careline/bot/postgres"
	"careline/bot/postgres/postgrestest"
	"careline/bot/store"
)

// Hospital is the institution every test store has.
const Hospital bot.InstitutionID = "hospital"

// Now is when tests happen.
var Now = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// New returns a store with the institution Hospital.
func New(t testing.TB) (*store.Store, *postgres.DB) {
	t.Helper()
	db := postgrestest.New(t)
	return On(t, db, Keys(t)), db
}

// Keys is the content of a fresh key file.
func Keys(t testing.TB) []byte {
	t.Helper()
	raw, err := store.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// On returns a store on db with the institution Hospital, opened with keys.
func On(t testing.TB, db *postgres.DB, keys []byte) *store.Store {
	t.Helper()
	vault, err := store.ParseVault(keys)
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(db, vault)
	inst := bot.Institution{ID: Hospital, Name: "Hospital", TimeZone: "Asia/Shanghai"}
	proposal := bot.Critical{Analyte: "K", Specimen: bot.SpecimenBlood, Low: bot.MustDecimal("2.8"), High: bot.MustDecimal("6.2"), UCUM: "mmol/L", Action: bot.TierNow, ValidHours: 48, Source: "test"}
	if err := s.AddInstitution(t.Context(), inst, []bot.Critical{proposal}, Now); err != nil && bot.KindOf(err) != bot.KindConflict {
		t.Fatal(err)
	}
	return s
}
