-- What a model adds: the record from which an answer can be reviewed again, the
-- texts that may leave, and what a day's calls took.

-- evidence_at is null for decisions from before this migration: their record is
-- not enough to review them again.
alter table decisions
    add column calls             integer not null default 0,
    add column prompt_tokens     integer not null default 0,
    add column completion_tokens integer not null default 0,
    add column model_ms          integer not null default 0,
    add column attempts          jsonb not null default '[]', -- every draft whole, with what the review said
    add column reviewed_as       jsonb not null default '{}', -- what the review was told besides text and evidence
    add column person            jsonb not null default 'null', -- what the evidence said about the person
    add column asked             text[] not null default '{}',
    add column evidence_at       timestamptz,
    add column released          bytea[] not null default '{}'; -- SHA-256 of each text that passed

-- A text may leave in the conversation and reply for which its SHA-256 stands
-- here, and in no other. No foreign key: it is written beside its outbox row and
-- read by the whole primary key.
create table releases (
    institution_id  text not null references institutions,
    conversation_id bigint not null,
    turn_key        text not null,
    text_hash       bytea not null,
    verdict         text not null check (verdict in ('accepted', 'repaired', 'composed', 'safety', 'staff')),
    decision_id     bigint, -- null for notices nobody decided
    at              timestamptz not null,
    primary key (institution_id, conversation_id, turn_key, text_hash)
);

-- Days are the institution's own.
create table model_usage (
    institution_id    text not null references institutions,
    day               date not null,
    calls             integer not null,
    prompt_tokens     bigint not null,
    completion_tokens bigint not null,
    primary key (institution_id, day)
);

-- Null: the configured budget; 0: no model is asked.
alter table institutions add column daily_tokens bigint check (daily_tokens >= 0);

-- What was queued before this migration had passed its review: row security is
-- forced for the owner too.
do $$
declare
    i text;
begin
    for i in select id from institutions loop
        perform set_config('app.institution', i, true);
        insert into releases (institution_id, conversation_id, turn_key, text_hash, verdict, decision_id, at)
        select o.institution_id, o.conversation_id, o.turn_key, o.text_hash,
            case o.author when 'staff' then 'staff' when 'system' then 'safety' else d.verdict end, o.decision_id, o.queued_at
        from outbox o left join decisions d on d.institution_id = o.institution_id and d.id = o.decision_id
        where o.text_hash = sha256(convert_to(o.text, 'UTF8'))
            and (o.author <> 'assistant' or d.verdict in ('accepted', 'repaired', 'composed'))
        on conflict do nothing;
        update decisions set released = array[sha256(convert_to(full_text, 'UTF8'))] where full_text <> '';
    end loop;
    perform set_config('app.institution', '', true);
end
$$;

do $$
declare
    t text;
begin
    foreach t in array array['releases', 'model_usage'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy own_institution on %I using (institution_id = current_institution()) with check (institution_id = current_institution())', t);
    end loop;
end
$$;
