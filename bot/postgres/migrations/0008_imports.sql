-- Imports in sets: what each version of a result said, what was released when,
-- the quarantine's format and source, and decisions about unmapped names.

-- The patient an id stands for now, through merges of merges.
create function surviving_patient(patient bigint) returns bigint
    language sql stable
    return (with recursive chain (id, merged_into, depth) as (
            select id, merged_into, 0 from patients where id = patient
            union all
            select p.id, p.merged_into, c.depth + 1 from chain c join patients p on p.id = c.merged_into where c.depth < 100)
        select id from chain where merged_into is null);

alter table imports
    add column unmapped integer not null default 0,
    add column changed  integer not null default 0;
create index on imports (institution_id, source, at desc);

alter table reports drop column digest;

-- released_at is when the source released this version; null where it does not say.
alter table results add column released_at timestamptz;
create index on results (institution_id, name) where analyte_id = '';

-- Whole rows. The digest names what was printed; versions of before 0008 have none.
alter table result_versions
    add column digest          bytea,
    add column import_id       bigint,
    add column parent_id       text not null default '',
    add column name            text not null default '',
    add column code            text not null default '',
    add column analyte_id      text not null default '',
    add column specimen        text not null default '',
    add column method          text not null default '',
    add column value_number    text,
    add column comparator      text not null default '',
    add column unit_ucum       text not null default '',
    add column range_low       text,
    add column range_high      text,
    add column range_low_open  boolean not null default false,
    add column range_high_open boolean not null default false,
    add column direction       text not null default 'unknown',
    add column flag_conflict   boolean not null default false,
    add column unit_problem    boolean not null default false,
    add column absent_reason   text not null default '',
    add column note            text not null default '',
    add column laboratory      text not null default '',
    add column effective_at    timestamptz,
    add column released_at     timestamptz,
    add unique (institution_id, result_id, digest);

-- digest names the item; the same item is open once, however often its file comes.
alter table quarantine
    add column format       text not null default '',
    add column source       text not null default '',
    add column digest       bytea,
    add column resolution   text not null default '' check (resolution in ('', 'imported', 'dismissed')),
    add column dismissed_because text not null default '';
create unique index quarantine_one_open on quarantine (institution_id, digest) where resolved_at is null;

-- What staff decided a printed name means: an analyte, or '' to leave it as printed.
create table name_decisions (
    institution_id  text not null references institutions,
    name            text not null,
    specimen        text not null,
    analyte_id      text not null,
    decided_by_kind text not null,
    decided_by_id   bigint not null,
    decided_at      timestamptz not null,
    primary key (institution_id, name, specimen)
);
alter table name_decisions enable row level security;
alter table name_decisions force row level security;
create policy own_institution on name_decisions using (institution_id = current_institution()) with check (institution_id = current_institution());
