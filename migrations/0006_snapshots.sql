-- States of long streams, so that a cold start need not fold them from their first event. Disposable: whoever deletes
-- a row loses time, not truth. Nothing but the executor reads them.
CREATE TABLE es.snapshots (
    aggregate_type text    NOT NULL,
    aggregate_id   text    NOT NULL,
    partition      integer NOT NULL,
    sequence       bigint  NOT NULL,
    state_version  integer NOT NULL,
    state          json    NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, partition)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON es.snapshots TO tollgate_engine;
