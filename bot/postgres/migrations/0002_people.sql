-- Patients, the accounts that act for them, bindings and consents.

create table patients (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    name_enc       bytea,
    name_hash      bytea,
    phone_enc      bytea,
    phone_hash     bytea,
    sex            text not null default 'unknown' check (sex in ('female', 'male', 'other', 'unknown')),
    birth_date     text not null default '' check (birth_date ~ '^(\d{4}(-\d\d(-\d\d)?)?)?$'),
    pregnant       boolean not null default false,
    merged_into    bigint,
    created_at     timestamptz not null,
    primary key (institution_id, id),
    foreign key (institution_id, merged_into) references patients
);

-- A patient is matched by identifier, never by name.
create table patient_identifiers (
    institution_id text not null references institutions,
    system         text not null,
    type           text not null,
    value          text not null,
    patient_id     bigint not null,
    primary key (institution_id, system, type, value),
    foreign key (institution_id, patient_id) references patients
);
create index on patient_identifiers (institution_id, patient_id);
create index on patient_identifiers (institution_id, value);

-- An identity in a channel; the channel's own id is encrypted, its keyed hash finds it.
create table accounts (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    channel        text not null,
    external_hash  bytea not null,
    external_enc   bytea not null,
    language       text not null default 'zh' check (language in ('zh', 'en')),
    created_at     timestamptz not null,
    primary key (institution_id, id),
    unique (institution_id, channel, external_hash)
);

create table bindings (
    institution_id text not null references institutions,
    account_id     bigint not null,
    patient_id     bigint not null,
    relation       text not null check (relation in ('self', 'child', 'parent', 'spouse', 'other')),
    bound_at       timestamptz not null,
    ended_at       timestamptz,
    id             bigint generated always as identity,
    primary key (institution_id, id),
    foreign key (institution_id, account_id) references accounts,
    foreign key (institution_id, patient_id) references patients
);
create unique index bindings_one_current on bindings (institution_id, account_id, patient_id) where ended_at is null;
create index on bindings (institution_id, patient_id) where ended_at is null;

-- The code goes to the patient by one way (printed, QR), the second factor by
-- another that is never printed on the report. Only hashes are kept.
create table bind_codes (
    institution_id text not null references institutions,
    code_hash      bytea not null,
    factor_hash    text not null,
    patient_id     bigint not null,
    reusable       boolean not null default false,
    tries_left     integer not null default 5 check (tries_left >= 0),
    made_at        timestamptz not null,
    expires_at     timestamptz not null,
    used_at        timestamptz,
    primary key (institution_id, code_hash),
    foreign key (institution_id, patient_id) references patients
);

create table bind_failures (
    institution_id text not null references institutions,
    account_id     bigint not null,
    at             timestamptz not null,
    id             bigint generated always as identity,
    primary key (institution_id, account_id, at, id)
);

create table consents (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    account_id     bigint not null,
    purpose        text not null,
    text_version   text not null,
    given_at       timestamptz not null,
    withdrawn_at   timestamptz,
    primary key (institution_id, id),
    foreign key (institution_id, account_id) references accounts
);
create unique index consents_one_current on consents (institution_id, account_id, purpose) where withdrawn_at is null;
