-- One person under two numbers: merges that can be taken back; and which results
-- an answer used, so that a correction finds whom to tell.

alter table patient_identifiers add column id bigint generated always as identity;
create unique index on patient_identifiers (institution_id, id);

-- What moved stands in the merge itself: an unmerge gives back these rows and no
-- others. Results belong to their reports. Ended bindings did not move.
create table patient_merges (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    survivor_id    bigint not null,
    retired_id     bigint not null,
    merged_at      timestamptz not null,
    by_kind        text not null,
    by_id          bigint not null default 0,
    source         text not null check (source in ('staff', 'adt-a40')),
    import_id      bigint,
    -- why staff merged two whose birth date or sex contradict
    reason         text not null default '',
    reports        bigint[] not null,
    identifiers    bigint[] not null,
    bindings       bigint[] not null,
    conversations  bigint[] not null,
    cases          bigint[] not null,
    -- closed because the survivor had the same kind of case open
    joined_cases   bigint[] not null,
    undone_at      timestamptz,
    undone_by_kind text not null default '',
    undone_by_id   bigint not null default 0,
    primary key (institution_id, id),
    check (survivor_id <> retired_id),
    foreign key (institution_id, survivor_id) references patients,
    foreign key (institution_id, retired_id) references patients
);
create unique index patient_merges_one_standing on patient_merges (institution_id, retired_id) where undone_at is null;
create index on patient_merges (institution_id, survivor_id);

-- The results an answer used. Not an index on decisions.facts: its operators are
-- not leakproof, so row security would keep PostgreSQL from using it. No foreign
-- key: each of up to some eighty rows an answer would be checked by itself, in the
-- transaction that has just inserted the decision.
create table decision_results (
    institution_id text not null references institutions,
    result_id      bigint not null,
    decision_id    bigint not null,
    primary key (institution_id, result_id, decision_id)
);

-- A change to results that were explained in a conversation: what was opened and
-- what became of the notice.
create table corrections (
    institution_id  text not null references institutions,
    id              bigint generated always as identity,
    conversation_id bigint not null,
    patient_id      bigint not null, -- for whom the results were explained
    report_id       bigint not null,
    case_id         bigint not null,
    kind            text not null check (kind in ('corrected', 'withdrawn', 'reassigned')),
    results         bigint[] not null,
    versions        bigint[] not null, -- of result_versions: what was replaced
    at              timestamptz not null,
    notice          text not null default 'waiting' check (notice in ('waiting', 'queued', 'staff', 'withheld')),
    noticed_at      timestamptz,
    primary key (institution_id, id),
    foreign key (institution_id, conversation_id) references conversations,
    foreign key (institution_id, patient_id) references patients,
    foreign key (institution_id, report_id) references reports,
    foreign key (institution_id, case_id) references cases
);
create index on corrections (institution_id, conversation_id);
create index on corrections (institution_id, case_id);
create index on result_versions (institution_id, result_id, id);
create index on reports (institution_id, import_id);

-- Answers given before this migration: row security is forced for the owner too.
do $$
declare
    i text;
begin
    for i in select id from institutions loop
        perform set_config('app.institution', i, true);
        insert into decision_results (institution_id, result_id, decision_id)
        select d.institution_id, (f ->> 'Result')::bigint, d.id from decisions d, jsonb_array_elements(d.facts) f
        where coalesce((f ->> 'Result')::bigint, 0) > 0
        on conflict do nothing;
    end loop;
    perform set_config('app.institution', '', true);
end
$$;

do $$
declare
    t text;
begin
    foreach t in array array['patient_merges', 'decision_results', 'corrections'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy own_institution on %I using (institution_id = current_institution()) with check (institution_id = current_institution())', t);
    end loop;
end
$$;
