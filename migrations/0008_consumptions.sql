-- Every consumption by itself: who used what, when and what for. Sums by actor, attribute, day and period are taken from
-- it. It is folded from the beginning of the log.

CREATE TABLE read.consumptions (
    organization   text     NOT NULL,
    position       bigint   NOT NULL,
    partition      integer  NOT NULL,
    feature        text,
    window_start   timestamptz,
    window_end     timestamptz,
    occurred_at    timestamptz,
    day            date,
    actor          text,
    attributes     jsonb    NOT NULL,
    plan           text,
    consumptions   smallint NOT NULL,
    used           numeric  NOT NULL,
    included       numeric  NOT NULL,
    overage        numeric  NOT NULL,
    waived         numeric  NOT NULL,
    reversed       numeric  NOT NULL,
    charged        numeric  NOT NULL,
    price_amount   numeric,
    price_currency text,
    product        text,
    time_zone      text,
    instant        timestamptz,
    PRIMARY KEY (organization, position)
);
CREATE INDEX ON read.consumptions (organization, day);
CREATE INDEX ON read.consumptions (product, organization) WHERE position = 0;
COMMENT ON COLUMN read.consumptions.position IS
    'The position of the event; 0 is no consumption but the organization itself: product, time_zone, instant';
COMMENT ON COLUMN read.consumptions.day IS 'The day of occurred_at in the zone of the organization';
COMMENT ON COLUMN read.consumptions.consumptions IS '1; 0 for what a hold had not reserved: its capture counts';
COMMENT ON COLUMN read.consumptions.used IS 'Included and past it, less what was given back';
COMMENT ON COLUMN read.consumptions.reversed IS 'What was given back; all other amounts are less it';
COMMENT ON COLUMN read.consumptions.charged IS 'Credits';
COMMENT ON COLUMN read.consumptions.instant IS 'The instant that was set, of a sandbox';

ALTER TABLE read.consumptions OWNER TO tollgate_engine;
GRANT SELECT ON read.consumptions TO tollgate_auditor;
