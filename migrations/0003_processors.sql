-- What processors keep: how far each has read the log, and what it has to do.
--
-- The auditor has no rights on proc: these rows may name what can be erased, and prove nothing.

-- A checkpoint moves in the transaction that writes the to-do rows of the events behind it, so each is taken in once.
CREATE TABLE proc.checkpoints (
    processor text    NOT NULL,
    partition integer NOT NULL,
    position  bigint  NOT NULL CHECK (position >= 0),
    PRIMARY KEY (processor, partition)
);

-- One row per event that asks a processor for something.
CREATE TABLE proc.todos (
    processor       text        NOT NULL,
    event_id        uuid        NOT NULL,
    partition       integer     NOT NULL,
    position        bigint      NOT NULL,
    organization    text,
    -- To-do rows of one lane and partition are done one after another, in the order of the log.
    lane            text        NOT NULL,
    task            json        NOT NULL,
    status          text        NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed')),
    attempts        integer     NOT NULL DEFAULT 0,
    -- Who takes a row up draws a new fence; only the holder of the newest one may finish it.
    fence           bigint      NOT NULL DEFAULT 0,
    leased_until    timestamptz,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    done_at         timestamptz,
    PRIMARY KEY (processor, event_id)
);

-- What is open, in the order in which it is picked, and the same by lane.
CREATE INDEX todos_open ON proc.todos (processor, partition, position) WHERE status = 'pending';
CREATE INDEX todos_open_by_lane ON proc.todos (processor, partition, lane, position) WHERE status = 'pending';
CREATE INDEX todos_failed ON proc.todos (processor) WHERE status = 'failed';

GRANT ALL ON proc.checkpoints, proc.todos TO tollgate_engine;
