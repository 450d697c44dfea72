package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"careline/bot"
)

// merge does what a source's ADT^A40 states: the retired identifiers lead to the
// survivor and what their patient had moves. A retired identifier nobody has is
// remembered as the survivor's; where neither is known nothing is stored. A merge
// that contradicts what is known, or that staff have undone, is quarantined.
// HL7 v2.5.1, chapter 3.3.40: "merge patient, patient identifier list".
func (m *importing) merge(ctx context.Context, merge bot.Merge) error {
	survivors, err := m.owners(ctx, merge.Survivor.Identifiers)
	if err != nil {
		return err
	}
	others, err := m.owners(ctx, merge.Retired)
	if err != nil {
		return err
	}
	if len(survivors) == 0 && len(others) == 0 {
		return nil
	}
	if len(survivors) > 1 {
		return m.quarantineMerge(ctx, merge, "the survivor's identifiers belong to different patients")
	}
	for _, s := range survivors {
		delete(others, s.id)
	}
	if len(others) > 1 {
		return m.quarantineMerge(ctx, merge, "the retired identifiers belong to different patients")
	}
	stated := person{sex: merge.Survivor.Sex, born: merge.Survivor.BirthDate}
	for _, retired := range others {
		if why := contradict(stated, retired); why != "" {
			return m.quarantineMerge(ctx, merge, why)
		}
	}
	return m.mergeInto(ctx, merge, others)
}

// mergeInto finds or makes the survivor and moves what the one retired patient
// had, if there is one.
func (m *importing) mergeInto(ctx context.Context, merge bot.Merge, retired map[bot.PatientID]person) error {
	if len(merge.Survivor.Identifiers) == 0 {
		return m.quarantineMerge(ctx, merge, "the survivor has no identifier")
	}
	survivor, err := m.survivor(ctx, merge)
	if err != nil || survivor == 0 {
		return err
	}
	for id := range retired {
		var undone bool
		err := m.tx.QueryRow(ctx, `select exists (select from patient_merges where survivor_id = $1 and retired_id = $2 and undone_at is not null)`, int64(survivor), int64(id)).Scan(&undone)
		if err != nil {
			return fmt.Errorf("store: merges of patient %d: %w", id, err)
		}
		if undone {
			return m.quarantineMerge(ctx, merge, "staff have undone this merge")
		}
		err = m.mergePatients(ctx, m.tx, m.id, merging{survivor: survivor, retired: id, by: bot.Actor{Kind: "system"}, source: "adt-a40", importID: m.number, now: m.now})
		if bot.KindOf(err) == bot.KindConflict {
			return m.quarantineMerge(ctx, merge, "birth date or sex of the two contradict")
		}
		if err != nil {
			return err
		}
	}
	return m.remember(ctx, survivor, merge.Retired)
}

// survivor stores what a merge says of its survivor as any record is stored, and
// finds them; 0 where that was refused.
func (m *importing) survivor(ctx context.Context, merge bot.Merge) (bot.PatientID, error) {
	m.next.add(bot.ImportRecord{Patient: merge.Survivor, Position: merge.Position})
	if err := m.flush(ctx); err != nil {
		return 0, err
	}
	found, err := m.owners(ctx, merge.Survivor.Identifiers)
	if err != nil || len(found) != 1 {
		return 0, err
	}
	for id := range found {
		return id, nil
	}
	return 0, nil
}

// remember makes identifiers lead to a patient where they lead to nobody.
func (m *importing) remember(ctx context.Context, patient bot.PatientID, identifiers []bot.Identifier) error {
	b := &pgx.Batch{}
	for _, i := range usable(identifiers) {
		b.Queue(`insert into patient_identifiers (institution_id, system, type, value, patient_id) values ($1, $2, $3, $4, $5) on conflict do nothing`,
			string(m.id), i.System, i.Type, i.Value, int64(patient))
	}
	if err := send(ctx, m.tx, b); err != nil {
		return fmt.Errorf("store: identifiers of patient %d: %w", patient, err)
	}
	return nil
}

// owners are the patients some identifiers lead to.
func (m *importing) owners(ctx context.Context, identifiers []bot.Identifier) (map[bot.PatientID]person, error) {
	all := map[bot.PatientID]person{}
	for _, i := range identifiers {
		var p person
		err := m.tx.QueryRow(ctx, `select p.id, p.sex, p.birth_date from patient_identifiers i join patients p on p.institution_id = i.institution_id and p.id = i.patient_id
			where i.system = $1 and i.type = $2 and i.value = $3`, i.System, i.Type, i.Value).Scan((*int64)(&p.id), (*string)(&p.sex), (*string)(&p.born))
		if noRows(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("store: patients of a merge: %w", err)
		}
		all[p.id] = p
	}
	return all, nil
}

func (m *importing) quarantineMerge(ctx context.Context, merge bot.Merge, reason string) error {
	s := merge.Survivor
	whole, err := json.Marshal(plainMerge{s.Identifiers, s.Sex, s.BirthDate, merge.Retired, merge.Position})
	if err != nil {
		return fmt.Errorf("store: quarantine a merge: %w", err)
	}
	return m.quarantine(ctx, bot.Quarantined{Position: merge.Position, Reason: reason, Format: mergeFormat, Payload: bot.T(string(whole))})
}

// mergeFormat is what the payload of a quarantined merge is: JSON of plainMerge.
const mergeFormat = "merge"

// plainMerge is a merge as the quarantine keeps it, without the survivor's name.
type plainMerge struct {
	Survivor  []bot.Identifier
	Sex       bot.Sex
	BirthDate bot.Date
	Retired   []bot.Identifier
	Position  string
}

// mergeOf reads a quarantined merge back.
func mergeOf(payload bot.Text) (bot.Merge, error) {
	var p plainMerge
	if err := json.Unmarshal([]byte(payload.Plain()), &p); err != nil {
		return bot.Merge{}, bot.Errorf(bot.KindInvalid, "This item is not a merge that can be read again.", "store: a quarantined merge does not decode")
	}
	return bot.Merge{Survivor: bot.Patient{Identifiers: p.Survivor, Sex: p.Sex, BirthDate: p.BirthDate}, Retired: p.Retired, Position: p.Position}, nil
}
