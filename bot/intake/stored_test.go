package intake_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"careline/bot/postgres"
	"careline/bot/store/storetest"
)

// missingReports is how many of a sender's first n messages are not stored.
func missingReports(t *testing.T, db *postgres.DB, sender, n int) (missing int) {
	t.Helper()
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("R%d-%d", sender, i)
	}
	err := db.InRead(t.Context(), storetest.Hospital, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from unnest($1::text[]) number where not exists (select from reports r where r.number = number.number)`, numbers).Scan(&missing)
	})
	if err != nil {
		t.Fatal(err)
	}
	return missing
}
