-- Cases: an escalation until a person has closed it.

create table cases (
    institution_id  text not null references institutions,
    id              bigint generated always as identity,
    conversation_id bigint,
    patient_id      bigint,
    level           text not null check (level in ('review', 'human', 'emergency', 'crisis')),
    rule            text not null,
    term            text not null default '',
    inbox_id        bigint,
    span_start      integer not null default 0,
    span_end        integer not null default 0,
    result_id       bigint,
    owner_staff_id  bigint,
    opened_at       timestamptz not null,
    due_at          timestamptz not null,
    claimed_at      timestamptz,
    first_reply_at  timestamptz,
    closed_at       timestamptz,
    outcome         text not null default '',
    primary key (institution_id, id),
    foreign key (institution_id, conversation_id) references conversations,
    foreign key (institution_id, patient_id) references patients,
    foreign key (institution_id, owner_staff_id) references staff
);
create unique index cases_one_open on cases (institution_id, conversation_id) where closed_at is null and conversation_id is not null;
create unique index cases_one_open_patient on cases (institution_id, patient_id) where closed_at is null and conversation_id is null;
create index cases_open on cases (institution_id, due_at) where closed_at is null;

create table case_events (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    case_id        bigint not null,
    at             timestamptz not null,
    actor_kind     text not null,
    actor_id       bigint not null default 0,
    kind           text not null,
    level          text not null default '',
    rule           text not null default '',
    primary key (institution_id, id),
    foreign key (institution_id, case_id) references cases
);
create index on case_events (institution_id, case_id, id);
