-- Reports and results as printed. Numbers are kept as the digits that were
-- printed (text), so that 5.0 never becomes 5.

create table imports (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    format         text not null,
    digest         text not null,
    source         text not null default '',
    at             timestamptz not null,
    patients       integer not null default 0,
    reports        integer not null default 0,
    results        integer not null default 0,
    quarantined    integer not null default 0,
    primary key (institution_id, id)
);
create index on imports (institution_id, digest);

create table reports (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    patient_id     bigint not null,
    system         text not null,
    number         text not null,
    title          text not null default '',
    status         text not null,
    laboratory     text not null default '',
    collected_at   timestamptz,
    issued_at      timestamptz,
    digest         text not null,
    import_id      bigint,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    primary key (institution_id, id),
    unique (institution_id, system, number),
    foreign key (institution_id, patient_id) references patients
);
create index on reports (institution_id, patient_id, issued_at desc);

create table results (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    report_id      bigint not null,
    patient_id     bigint not null,
    source_id      text not null,
    parent_id      text not null default '',
    name           text not null,
    code           text not null default '',
    analyte_id     text not null default '',
    specimen       text not null default '',
    method         text not null default '',
    value_printed  text not null default '',
    value_number   text,
    comparator     text not null default '' check (comparator in ('', '<', '>', '<=', '>=')),
    unit_printed   text not null default '',
    unit_ucum      text not null default '',
    range_printed  text not null default '',
    range_low      text,
    range_high     text,
    range_low_open boolean not null default false,
    range_high_open boolean not null default false,
    flag_printed   text not null default '',
    direction      text not null check (direction in ('high', 'low', 'within', 'unknown')),
    flag_conflict  boolean not null default false,
    unit_problem   boolean not null default false,
    status         text not null,
    absent_reason  text not null default '',
    note           text not null default '',
    laboratory     text not null default '',
    effective_at   timestamptz,
    -- set when staff have dealt with a critical result
    cleared_at     timestamptz,
    cleared_by     bigint,
    primary key (institution_id, id),
    unique (institution_id, report_id, source_id),
    foreign key (institution_id, report_id) references reports,
    foreign key (institution_id, patient_id) references patients
);
create index on results (institution_id, patient_id, analyte_id, effective_at desc);

-- What a correction replaced, whole.
create table result_versions (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    result_id      bigint not null,
    replaced_at    timestamptz not null,
    status         text not null,
    value_printed  text not null,
    unit_printed   text not null,
    range_printed  text not null,
    flag_printed   text not null,
    primary key (institution_id, id),
    foreign key (institution_id, result_id) references results
);

create table quarantine (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    import_id      bigint not null,
    position       text not null,
    reason         text not null,
    payload        text not null,
    at             timestamptz not null,
    resolved_at    timestamptz,
    primary key (institution_id, id),
    foreign key (institution_id, import_id) references imports
);

-- Critical values differ by laboratory: one table per institution. A line
-- without an approver is a proposal, and fires too.
create table critical_values (
    institution_id text not null references institutions,
    analyte_id     text not null,
    specimen       text not null,
    side           text not null check (side in ('low', 'high')),
    bound          text not null,
    unit_ucum      text not null,
    action         text not null check (action in ('today', 'now')),
    valid_hours    integer not null check (valid_hours > 0),
    source         text not null,
    approved_by    text not null default '',
    approved_at    timestamptz,
    primary key (institution_id, analyte_id, specimen, side)
);

-- The catalogue: one row for each way a name is written, with the built-in or
-- configured embedder's vector of it. About no person.
create table analyte_names (
    analyte_id text not null,
    specimen   text not null,
    language   text not null,
    name       text not null,
    folded     text not null,
    kind       text not null check (kind in ('name', 'alias', 'group')),
    model      text not null,
    embedding  halfvec,
    primary key (analyte_id, specimen, language, folded, model)
);
create index on analyte_names (folded);
