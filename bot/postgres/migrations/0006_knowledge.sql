-- Approved knowledge. About no person: row security on passages would disable
-- the text index and the vector index, so every query takes the institution as
-- a parameter. institution_id null is the embedded library, which everyone reads.

create table documents (
    key            bigint generated always as identity primary key,
    institution_id text references institutions,
    document_id    text not null,
    language       text not null check (language in ('zh', 'en')),
    title          text not null,
    analytes       text[] not null default '{}',
    version        integer not null,
    status         text not null check (status in ('draft', 'published', 'retired')),
    reviewed_by    text not null default '',
    sources        jsonb not null,
    digest         text not null,
    indexed_at     timestamptz not null,
    unique nulls not distinct (institution_id, document_id, language, version)
);

create table passages (
    key            bigint generated always as identity primary key,
    document_key   bigint not null references documents on delete cascade,
    institution_id text,
    language       text not null,
    status         text not null,
    document_id    text not null,
    section        text not null,
    position       integer not null,
    heading        text not null,
    analytes       text[] not null default '{}',
    body           text not null,
    items          text[] not null default '{}',
    tokens         tsvector not null
);
create index on passages using gin (tokens);
create index on passages (document_id, language);
create index on passages using gin (analytes);

-- Vectors live beside the passages so that two models can stand side by side
-- while one replaces the other. The dimension is the model's.
create table passage_vectors (
    passage_key bigint not null references passages on delete cascade,
    model       text not null,
    embedding   halfvec not null,
    primary key (model, passage_key)
);

create table embedding_models (
    model      text primary key,
    dimension  integer not null,
    active     boolean not null default false,
    created_at timestamptz not null
);
create unique index embedding_models_one_active on embedding_models (active) where active;
