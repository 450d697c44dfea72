-- Institutions, their staff and the settings every other table hangs on.
-- Row-level security: a table about people shows rows of one institution only,
-- the one set by DB.In for the transaction. After commit the setting is the
-- empty string, hence nullif.

create extension if not exists vector;

create function current_institution() returns text
    language sql stable
    return nullif(current_setting('app.institution', true), '');

create table institutions (
    id         text primary key check (id ~ '^[a-z][a-z0-9-]{0,30}$'),
    name       text not null,
    time_zone  text not null default 'Asia/Shanghai',
    demo       boolean not null default false,
    created_at timestamptz not null
);

-- Names are encrypted; logins are chosen by the institution and are not names.
create table staff (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    login          text not null check (login ~ '^[a-z0-9._-]{2,40}$'),
    name_enc       bytea not null,
    role           text not null check (role in ('health_manager', 'clinician', 'supervisor', 'admin', 'auditor')),
    password_hash  text not null,
    created_at     timestamptz not null,
    disabled_at    timestamptz,
    primary key (institution_id, id),
    unique (institution_id, login)
);

-- The cookie holds the token, the table its SHA-256 only.
create table staff_sessions (
    institution_id text not null references institutions,
    token_hash     bytea not null,
    staff_id       bigint not null,
    created_at     timestamptz not null,
    seen_at        timestamptz not null,
    expires_at     timestamptz not null,
    primary key (institution_id, token_hash),
    foreign key (institution_id, staff_id) references staff
);

create table sign_in_failures (
    institution_id text not null references institutions,
    login          text not null,
    at             timestamptz not null,
    id             bigint generated always as identity,
    primary key (institution_id, login, at, id)
);

-- Who did what to what: ids only, so that erasure and proof coexist. The chain
-- columns are filled by a job after the transaction the row records.
create table audit (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    at             timestamptz not null,
    actor_kind     text not null check (actor_kind in ('staff', 'account', 'operator', 'system')),
    actor_id       bigint not null default 0,
    action         text not null,
    subject_kind   text not null default '',
    subject_id     bigint not null default 0,
    detail         jsonb not null default '{}',
    position       bigint,
    previous_hash  bytea,
    hash           bytea,
    primary key (institution_id, id)
);
