-- What ledgers can do besides: holds, lots that end, reversals, capacities, alerts that somebody has seen. The
-- projections that show it are folded anew from the log, because what is in their rows of before lacks columns that the
-- log can fill; until they have caught up, readers that ask for a position wait.

TRUNCATE read.balance, read.credit_statement, read.usage, read.organizations;
DELETE FROM read.checkpoints
WHERE projection IN ('balance', 'credit_statement', 'usage', 'compliance_alerts', 'organizations');

ALTER TABLE read.balance
    ADD COLUMN held    numeric NOT NULL,
    ADD COLUMN expired numeric NOT NULL,
    ADD COLUMN revoked numeric NOT NULL;
COMMENT ON COLUMN read.balance.balance IS 'Credits that can be spent: granted less held, spent, expired and revoked';

ALTER TABLE read.credit_statement
    DROP CONSTRAINT credit_statement_kind_check,
    ADD CONSTRAINT credit_statement_kind_check CHECK (kind IN (
        'purchased', 'granted', 'commission', 'refund', 'charge', 'held', 'captured', 'released', 'returned', 'expired',
        'revoked', 'deducted')),
    ADD COLUMN charged numeric,
    ADD COLUMN lot     text,
    ADD COLUMN hold    text,
    ADD COLUMN reason  text,
    ADD COLUMN actor   text;
COMMENT ON COLUMN read.credit_statement.amount IS
    'Credits, by which the balance changed; nothing for a capture: what it spent was held';
COMMENT ON COLUMN read.credit_statement.charged IS 'Credits that were spent, of a charge or a capture';

ALTER TABLE read.usage
    ADD COLUMN waived         numeric NOT NULL,
    ADD COLUMN price_amount   numeric,
    ADD COLUMN price_currency text;
COMMENT ON COLUMN read.usage.used IS 'Included and past it; what is waived is not counted';
COMMENT ON COLUMN read.usage.price_amount IS 'What of the overage goes on the invoice';

DROP TABLE read.compliance_alerts;
CREATE TABLE read.compliance_alerts (
    organization    text        NOT NULL,
    alert           text        NOT NULL,
    threshold       smallint    NOT NULL,
    kind            text        NOT NULL CHECK (kind IN ('allowance', 'capacity', 'credits_low')),
    feature         text,
    window_start    timestamptz,
    window_end      timestamptz,
    used            numeric     NOT NULL,
    limit_quantity  numeric     NOT NULL,
    raised_at       timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    partition       integer     NOT NULL,
    position        bigint      NOT NULL,
    PRIMARY KEY (organization, alert, threshold)
);
COMMENT ON COLUMN read.compliance_alerts.threshold IS 'Percent of the allowance or of the capacity; 0 for a low balance';
COMMENT ON COLUMN read.compliance_alerts.used IS 'What is used of the allowance; the level; the balance';
COMMENT ON COLUMN read.compliance_alerts.limit_quantity IS 'The allowance; the highest level; what is low';
ALTER TABLE read.compliance_alerts OWNER TO tollgate_engine;
GRANT SELECT ON read.compliance_alerts TO tollgate_auditor;

ALTER TABLE read.organizations
    ADD COLUMN environment text CHECK (environment IN ('live', 'sandbox')),
    ADD COLUMN status      text CHECK (status IN ('active', 'suspended'));
