-- Deadlines: to-dos that are for an instant, set, moved and cleared by events.
--
-- A row without a deadline is for the instant before all others, so that one order fits both kinds.

ALTER TABLE proc.todos
    -- What a deadline is called in its lane, so that it is found again when it is moved or cleared; '' for all others.
    ADD COLUMN deadline text        NOT NULL DEFAULT '',
    -- The instant it is for, by the clock of its lane. To-do rows of one lane are done in this order, then in that of
    -- the log.
    ADD COLUMN due_at   timestamptz NOT NULL DEFAULT '-infinity',
    -- From when on it may be taken up, by the clock on the wall: the same instant, unless the lane has another clock.
    ADD COLUMN opens_at timestamptz NOT NULL DEFAULT '-infinity',
    DROP CONSTRAINT todos_pkey,
    -- One event may set several. The event first: an index that begins with the processor is taken for one of all rows.
    ADD CONSTRAINT todos_pkey PRIMARY KEY (event_id, processor, deadline);

-- A deadline is there once until it was met.
CREATE UNIQUE INDEX todos_deadlines ON proc.todos (processor, partition, lane, deadline)
    WHERE status <> 'done' AND deadline <> '';

DROP INDEX proc.todos_open, proc.todos_open_by_lane;
-- Its condition says more than the other's, so that no plan looks for the first row of a lane here: before a table is
-- analyzed, both would cost the same.
CREATE INDEX todos_open ON proc.todos (processor, opens_at, partition, position)
    WHERE status = 'pending' AND opens_at < 'infinity';
CREATE INDEX todos_open_by_lane ON proc.todos (processor, partition, lane, due_at, position, deadline)
    WHERE status = 'pending';

-- Lanes that do not go by the clock on the wall, and what theirs shows: sandboxes whose instant was set. Folded from the
-- log by the processor whose they are, in the transaction that moves its checkpoint.
CREATE TABLE proc.clocks (
    processor text        NOT NULL,
    partition integer     NOT NULL,
    lane      text        NOT NULL,
    instant   timestamptz NOT NULL,
    PRIMARY KEY (processor, partition, lane)
);

GRANT ALL ON proc.clocks TO tollgate_engine;
