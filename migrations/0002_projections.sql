-- Projections: what people look at. Any of it may be dropped and rebuilt from the log.
--
-- Index names are those Postgres would give: a rebuilt table takes the place of the live one with its indexes, and is
-- made by CREATE TABLE .. (LIKE .. INCLUDING ALL), which names them so.

CREATE SCHEMA read_rebuild;
COMMENT ON SCHEMA read_rebuild IS 'Tables being rebuilt beside the live ones of schema read';

-- How far each projection has taken in each partition of the log. Written in the transaction of the rows.
CREATE TABLE read.checkpoints (
    projection text        NOT NULL,
    partition  integer     NOT NULL CHECK (partition >= 0),
    position   bigint      NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, partition)
);
CREATE TABLE read_rebuild.checkpoints (LIKE read.checkpoints INCLUDING ALL);

CREATE TABLE read.balance (
    organization text        NOT NULL PRIMARY KEY,
    balance      numeric     NOT NULL,
    granted      numeric     NOT NULL,
    spent        numeric     NOT NULL,
    updated_at   timestamptz NOT NULL,
    partition    integer     NOT NULL,
    position     bigint      NOT NULL
);

CREATE TABLE read.credit_statement (
    organization  text        NOT NULL,
    partition     integer     NOT NULL,
    position      bigint      NOT NULL,
    at            timestamptz NOT NULL,
    kind          text        NOT NULL CHECK (kind IN ('purchased', 'commission', 'charge')),
    amount        numeric     NOT NULL,
    balance_after numeric     NOT NULL,
    feature       text,
    quantity      numeric,
    commission    text,
    reference     text,
    PRIMARY KEY (organization, partition, position)
);
COMMENT ON COLUMN read.credit_statement.amount IS 'Credits; negative for a charge';

CREATE TABLE read.usage (
    organization   text        NOT NULL,
    feature        text        NOT NULL,
    window_start   timestamptz NOT NULL,
    window_end     timestamptz NOT NULL,
    used           numeric     NOT NULL,
    included       numeric     NOT NULL,
    overage        numeric     NOT NULL,
    charged        numeric     NOT NULL,
    limit_quantity numeric,
    consumptions   bigint      NOT NULL,
    updated_at     timestamptz NOT NULL,
    partition      integer     NOT NULL,
    position       bigint      NOT NULL,
    PRIMARY KEY (organization, feature, window_start)
);
COMMENT ON COLUMN read.usage.limit_quantity IS 'What the plan includes in the window; null if unlimited';

CREATE TABLE read.compliance_alerts (
    organization   text        NOT NULL,
    feature        text        NOT NULL,
    window_start   timestamptz NOT NULL,
    threshold      smallint    NOT NULL,
    window_end     timestamptz NOT NULL,
    used           numeric     NOT NULL,
    limit_quantity numeric     NOT NULL,
    raised_at      timestamptz NOT NULL,
    partition      integer     NOT NULL,
    position       bigint      NOT NULL,
    PRIMARY KEY (organization, feature, window_start, threshold)
);
COMMENT ON COLUMN read.compliance_alerts.threshold IS 'Percent of the allowance';

-- Two partitions write a row: the product's accrues, the beneficiary's grants. What one has not told yet is null.
CREATE TABLE read.commissions (
    commission    text NOT NULL PRIMARY KEY,
    beneficiary   text,
    amount        numeric,
    status        text CHECK (status IN ('accrued', 'granted')),
    product       text,
    payment       text,
    payer         text,
    level         smallint,
    rate          numeric,
    base_amount   numeric,
    base_currency text,
    accrued_at    timestamptz,
    granted_at    timestamptz
);
CREATE INDEX ON read.commissions (beneficiary, accrued_at);

-- Two partitions write a row: the organization's own, and the product's, which names the sponsor.
CREATE TABLE read.organizations (
    organization    text NOT NULL PRIMARY KEY,
    product         text,
    time_zone       text,
    referral_code   text,
    sponsor         text,
    registered_at   timestamptz,
    subscription    text CHECK (subscription IN ('none', 'awaiting_payment', 'active')),
    plan            text,
    catalog_version bigint,
    "interval"      text,
    price_amount    numeric,
    price_currency  text,
    still_due       numeric,
    paid_until      timestamptz
);
CREATE INDEX ON read.organizations (product, organization);
CREATE INDEX ON read.organizations (sponsor);

-- The engine owns them, so that it can put a rebuilt table in the place of the live one. The auditor reads.
ALTER SCHEMA read_rebuild OWNER TO tollgate_engine;
DO $$
DECLARE
    projection regclass;
BEGIN
    FOR projection IN
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace IN ('read'::regnamespace, 'read_rebuild'::regnamespace)
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO tollgate_engine', projection);
        EXECUTE format('GRANT SELECT ON %s TO tollgate_auditor', projection);
    END LOOP;
END $$;
