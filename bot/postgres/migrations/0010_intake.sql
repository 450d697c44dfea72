-- Results from machines: who may send, what a repeated request was answered,
-- and when each source was last heard of.

-- What a feed is judged by stands in its imports: exact, and in the transaction
-- of the import itself.
alter table imports add column kind text not null default 'hand' check (kind in ('hand', 'folder', 'api', 'mllp'));
-- When the source says it sent the message (HL7 v2 MSH-7).
alter table imports add column sent_at timestamptz;

-- The key holds the institution's id, so that its row is found within the
-- institution; the table holds the key's SHA-256 only.
create table api_keys (
    institution_id text not null references institutions,
    id             bigint generated always as identity,
    name           text not null check (name ~ '^[a-z][a-z0-9.-]{0,39}$'),
    hash           bytea not null,
    scopes         text[] not null check (scopes <@ array['results:write', 'results:read'] and cardinality(scopes) > 0),
    created_at     timestamptz not null,
    used_at        timestamptz,
    revoked_at     timestamptz,
    primary key (institution_id, id),
    unique (institution_id, name),
    unique (institution_id, hash)
);

-- Requests with an Idempotency-Key. A row without a status is being worked on
-- until its lease ends.
create table idempotency (
    institution_id text not null references institutions,
    key_id         bigint not null,
    value          text not null,
    fingerprint    bytea not null,
    at             timestamptz not null,
    lease          timestamptz not null,
    status         integer,
    answer         text not null default '',
    primary key (institution_id, key_id, value),
    foreign key (institution_id, key_id) references api_keys
);
create index on idempotency (institution_id, at);

-- What people decided about a source, and which silence was reported.
create table feeds (
    institution_id text not null references institutions,
    source         text not null,
    zone           text not null default '',
    alarmed_at     timestamptz,
    primary key (institution_id, source)
);

do $$
declare
    t text;
begin
    foreach t in array array['api_keys', 'idempotency', 'feeds'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy own_institution on %I using (institution_id = current_institution()) with check (institution_id = current_institution())', t);
    end loop;
end
$$;
