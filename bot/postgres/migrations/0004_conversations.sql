-- Conversations, what comes in, what goes out, and the queue of turns.

create table conversations (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    account_id     bigint not null,
    channel        text not null,
    owner_staff_id bigint,
    epoch          bigint not null default 0,
    level          text not null default 'none' check (level in ('none', 'review', 'human', 'emergency', 'crisis')),
    urgent_text_at timestamptz,
    patient_id     bigint,
    -- counter: last number given to an event people see; inbox_seq: last inbound
    counter        bigint not null default 0,
    inbox_seq      bigint not null default 0,
    answered_seq   bigint not null default 0,
    created_at     timestamptz not null,
    primary key (institution_id, id),
    unique (institution_id, account_id),
    foreign key (institution_id, account_id) references accounts,
    foreign key (institution_id, owner_staff_id) references staff,
    foreign key (institution_id, patient_id) references patients
);

create table inbox (
    institution_id  text not null references institutions,
    id              bigint generated always as identity,
    conversation_id bigint not null,
    seq             bigint not null,
    channel         text not null,
    provider_id     text not null,
    kind            text not null,
    text            text not null,
    level           text not null default 'none',
    rule            text not null default '',
    received_at     timestamptz not null,
    decision_id     bigint,
    primary key (institution_id, id),
    unique (institution_id, conversation_id, seq),
    unique (institution_id, channel, conversation_id, provider_id),
    foreign key (institution_id, conversation_id) references conversations
);
create index inbox_unanswered on inbox (institution_id, conversation_id, seq) where decision_id is null;

-- The decision record: evidence ids, versions and texts as they were, so that
-- an answer can be shown and verified again whatever changes later.
create table decisions (
    institution_id  text not null references institutions,
    id              bigint generated always as identity,
    conversation_id bigint not null,
    patient_id      bigint,
    kind            text not null,
    epoch           bigint not null,
    level           text not null,
    tier            text not null,
    rule            text not null default '',
    verdict         text not null,
    composed        boolean not null,
    model           text not null default '',
    prompt          text not null default '',
    language        text not null,
    facts           jsonb not null,
    passages        jsonb not null,
    checks          jsonb not null default '[]',
    full_text       text not null default '',
    text_hash       bytea not null,
    took_ms         integer not null,
    at              timestamptz not null,
    primary key (institution_id, id),
    foreign key (institution_id, conversation_id) references conversations
);
create index on decisions (institution_id, conversation_id, at);

create table outbox (
    institution_id  text not null references institutions,
    id              bigint generated always as identity,
    conversation_id bigint not null,
    -- unique per conversation: the turn's newest inbound for answers, the
    -- request's key for staff and system messages
    turn_key        text not null,
    part            integer not null,
    author          text not null check (author in ('assistant', 'staff', 'system')),
    staff_id        bigint,
    decision_id     bigint,
    epoch           bigint not null,
    text            text not null,
    text_hash       bytea not null,
    ai              boolean not null,
    state           text not null check (state in ('queued', 'sending', 'sent', 'unknown', 'held', 'failed', 'suppressed')),
    urgent          boolean not null default false,
    attempts        integer not null default 0,
    due             timestamptz not null,
    holder          text,
    until           timestamptz,
    queued_at       timestamptz not null,
    sent_at         timestamptz,
    error           text not null default '',
    primary key (institution_id, id),
    unique (institution_id, conversation_id, turn_key, part),
    foreign key (institution_id, conversation_id) references conversations
);
create index outbox_waiting on outbox (institution_id, conversation_id, id) where state in ('queued', 'sending', 'held');

-- What people see of a conversation, in order: number is the conversation's own
-- counter, taken under its lock, so that "after number n" never misses a row.
create table events (
    institution_id  text not null references institutions,
    conversation_id bigint not null,
    number          bigint not null,
    kind            text not null check (kind in ('inbound', 'outbound', 'state')),
    inbox_id        bigint,
    outbox_id       bigint,
    detail          text not null default '',
    at              timestamptz not null,
    primary key (institution_id, conversation_id, number),
    foreign key (institution_id, conversation_id) references conversations
);

-- The queues hold ids and times only, across institutions: no row security.
create table turn_queue (
    institution_id  text not null references institutions,
    conversation_id bigint not null,
    seq             bigint not null,
    first_at        timestamptz not null,
    due             timestamptz,
    holder          text,
    until           timestamptz,
    level           text not null default 'none',
    failures        integer not null default 0,
    primary key (institution_id, conversation_id)
);
create index turn_queue_due on turn_queue (due) where due is not null;

create table send_queue (
    institution_id  text not null references institutions,
    conversation_id bigint not null,
    channel         text not null,
    due             timestamptz,
    holder          text,
    until           timestamptz,
    primary key (institution_id, conversation_id)
);
create index send_queue_due on send_queue (channel, due) where due is not null;

create table feedback (
    institution_id text not null references institutions,
    outbox_id      bigint not null,
    account_id     bigint not null,
    helpful        boolean not null,
    at             timestamptz not null,
    primary key (institution_id, outbox_id, account_id),
    foreign key (institution_id, outbox_id) references outbox
);
