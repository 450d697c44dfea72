-- Channels that are somebody else's: when they let us write, what patients send
-- besides text, how far a pulled channel was read, and binding in the chat.

alter table accounts add column unfollowed_at timestamptz; -- cannot be written to, and reads nothing, until a re-follow
alter table conversations add column elsewhere boolean not null default false; -- a servicer answers in the channel's own app
alter table inbox add column media_id text not null default '';
alter table outbox add column opening text not null default ''; -- the window a part was charged to

-- What a channel lets us send: one row for each way a patient opened the window.
create table conversation_windows (
    institution_id  text not null references institutions,
    conversation_id bigint not null,
    opening         text not null check (opening in ('writing', 'tapping')),
    opened_at       timestamptz not null,
    closes_at       timestamptz not null,
    used            integer not null default 0,
    doubtful        integer not null default 0, -- of these, sent in the second the message came in: perhaps before it
    primary key (institution_id, conversation_id, opening),
    foreign key (institution_id, conversation_id) references conversations
);

create table channel_cursors (
    institution_id text not null references institutions,
    channel        text not null,
    account        text not null,
    cursor         text not null,
    at             timestamptz not null,
    primary key (institution_id, channel, account)
);

-- What a patient sent besides text, encrypted. Kept: the bytes are here. Gone: the
-- channel no longer has it. Refused: too large, or not what it says it is. The turn
-- of a voice message that is being written down waits a few seconds for its words.
create table attachments (
    institution_id  text not null references institutions,
    id              bigint generated always as identity,
    conversation_id bigint not null,
    inbox_id        bigint not null,
    kind            text not null check (kind in ('image', 'voice', 'video')),
    state           text not null default 'waiting' check (state in ('waiting', 'kept', 'gone', 'refused')),
    media_type      text not null default '',
    content_enc     bytea,
    listening       boolean not null default false,
    at              timestamptz not null,
    primary key (institution_id, id),
    unique (institution_id, inbox_id),
    foreign key (institution_id, conversation_id) references conversations,
    foreign key (institution_id, inbox_id) references inbox
);

-- A code for a proxy says whether the patient's own consent was given to staff;
-- one printed on a report lives longer and works once.
alter table bind_codes
    add column patient_agreed boolean not null default false,
    add column printed        boolean not null default false;

-- What is being settled with an account in its chat, step by step: a binding, its
-- consents, its end. seq is the inbound message that brought it to its step, so that
-- a step taken twice is taken once; the steps that end it stay, and say so again.
create table pending_bindings (
    institution_id text not null references institutions,
    account_id     bigint not null,
    code_hash      bytea,
    step           text not null check (step in ('relation', 'factor', 'refused', 'blocked', 'consent', 'done', 'declined', 'requested', 'unasked',
                                                 'which', 'confirm', 'unbound', 'cancelled')),
    relation       text not null default '',
    patient_id     bigint,
    seq            bigint not null default 0,
    at             timestamptz not null,
    primary key (institution_id, account_id),
    foreign key (institution_id, account_id) references accounts,
    foreign key (institution_id, patient_id) references patients
);

-- An adult's results are read by somebody else only with that adult's consent:
-- until it is given there is a request, and no binding. answered_by and
-- answered_seq are the account and the message that answered.
create table proxy_requests (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    account_id     bigint not null,
    patient_id     bigint not null,
    relation       text not null,
    asked_at       timestamptz not null,
    answered_at    timestamptz,
    agreed         boolean,
    answered_by    bigint,
    answered_seq   bigint,
    primary key (institution_id, id),
    foreign key (institution_id, account_id) references accounts,
    foreign key (institution_id, patient_id) references patients
);
create unique index proxy_requests_one_open on proxy_requests (institution_id, account_id, patient_id) where answered_at is null;

-- Never twice for one report: the row is there before the notice is sent.
create table report_notices (
    institution_id text not null references institutions,
    report_id      bigint not null,
    account_id     bigint not null,
    state          text not null check (state in ('sending', 'sent', 'unknown', 'failed')),
    ref            text not null default '', -- the channel's id of the notice
    at             timestamptz not null,
    primary key (institution_id, report_id, account_id),
    foreign key (institution_id, report_id) references reports,
    foreign key (institution_id, account_id) references accounts
);
create index on report_notices (institution_id, ref) where ref <> '';

-- A browser in which an account has shown who it is: the cookie holds the token,
-- the table its SHA-256 only.
create table account_sessions (
    institution_id text not null references institutions,
    token_hash     bytea not null,
    account_id     bigint not null,
    created_at     timestamptz not null,
    expires_at     timestamptz not null,
    primary key (institution_id, token_hash),
    foreign key (institution_id, account_id) references accounts
);

do $$
declare
    t text;
begin
    foreach t in array array['conversation_windows', 'channel_cursors', 'attachments', 'pending_bindings', 'proxy_requests', 'report_notices', 'account_sessions'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy own_institution on %I using (institution_id = current_institution()) with check (institution_id = current_institution())', t);
    end loop;
end
$$;
