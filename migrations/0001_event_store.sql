-- The event store: what was decided, in order, for ever.
--
-- Four schemas: es (the log), read (projections), proc (processors' own rows), auth (keys and erasable data).
-- Every table of es has the partition in its primary key, and every statement on them names one partition.

CREATE SCHEMA es;
CREATE SCHEMA read;
CREATE SCHEMA proc;
CREATE SCHEMA auth;

-- Roles belong to the whole server: another database of it may have made them, even this moment.
DO $$
BEGIN
    CREATE ROLE tollgate_engine NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    CREATE ROLE tollgate_auditor NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

-- One row per partition: how far the log goes, and the hash chained over all of it.
CREATE TABLE es.heads (
    partition   integer     NOT NULL PRIMARY KEY CHECK (partition >= 0),
    position    bigint      NOT NULL DEFAULT 0,
    chain       bytea       NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    recorded_at timestamptz NOT NULL DEFAULT 'epoch'
);

-- The first seven columns are those of postgres-es, under its names, so that its repository reads this table.
-- Payload and metadata are json, not jsonb: the exact text is kept, because it is hashed.
CREATE TABLE es.events (
    aggregate_type text        NOT NULL,
    aggregate_id   text        NOT NULL,
    sequence       bigint      NOT NULL CHECK (sequence >= 1),
    event_type     text        NOT NULL,
    event_version  text        NOT NULL,
    payload        json        NOT NULL,
    metadata       json        NOT NULL,
    partition      integer     NOT NULL,
    position       bigint      NOT NULL,
    event_id       uuid        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    organization   text,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence, partition)
);
CREATE UNIQUE INDEX events_in_order ON es.events (partition, position);

-- What every command was answered, so that a retry gets the first answer again. Refused commands leave none.
CREATE TABLE es.receipts (
    partition      integer     NOT NULL,
    caller         text        NOT NULL,
    command_id     text        NOT NULL,
    fingerprint    bytea       NOT NULL,
    position       bigint      NOT NULL,
    answer         json        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (partition, caller, command_id)
);

-- One row per appending statement: the RFC 6962 Merkle root of its events, and SHA-256(chain before, root).
CREATE TABLE es.batches (
    partition      integer     NOT NULL,
    first_position bigint      NOT NULL,
    last_position  bigint      NOT NULL,
    root           bytea       NOT NULL,
    chain          bytea       NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (partition, last_position)
);

CREATE FUNCTION es.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: the log is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON es.events
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON es.receipts
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON es.batches
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
CREATE TRIGGER never_shrinks BEFORE DELETE OR TRUNCATE ON es.heads
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();

GRANT USAGE ON SCHEMA es TO tollgate_engine, tollgate_auditor;
GRANT SELECT, INSERT ON es.events, es.receipts, es.batches TO tollgate_engine;
GRANT SELECT, UPDATE ON es.heads TO tollgate_engine;
GRANT SELECT ON es.events, es.receipts, es.batches, es.heads TO tollgate_auditor;

-- The engine owns what may be dropped and rebuilt; the auditor reads it, and sees nothing of proc and auth.
GRANT USAGE, CREATE ON SCHEMA read, proc, auth TO tollgate_engine;
GRANT USAGE ON SCHEMA read TO tollgate_auditor;
ALTER DEFAULT PRIVILEGES IN SCHEMA read GRANT SELECT ON TABLES TO tollgate_auditor;
ALTER DEFAULT PRIVILEGES IN SCHEMA read GRANT ALL ON TABLES TO tollgate_engine;
ALTER DEFAULT PRIVILEGES IN SCHEMA proc GRANT ALL ON TABLES TO tollgate_engine;
ALTER DEFAULT PRIVILEGES IN SCHEMA auth GRANT ALL ON TABLES TO tollgate_engine;
