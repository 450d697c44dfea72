-- Every table about people: rows of the transaction's institution only, for the
-- owner too (force). The queues, institutions, the catalogue and knowledge are
-- exempt; the schema test lists the reasons.

do $$
declare
    t text;
begin
    foreach t in array array[
        'staff', 'staff_sessions', 'sign_in_failures', 'audit',
        'patients', 'patient_identifiers', 'accounts', 'bindings', 'bind_codes', 'bind_failures', 'consents',
        'imports', 'reports', 'results', 'result_versions', 'quarantine', 'critical_values',
        'conversations', 'inbox', 'decisions', 'outbox', 'events', 'feedback',
        'cases', 'case_events'
    ] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy own_institution on %I using (institution_id = current_institution()) with check (institution_id = current_institution())', t);
    end loop;
end
$$;
