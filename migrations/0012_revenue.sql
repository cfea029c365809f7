-- Revenue: what a product's organizations are worth a month and how that moved, what was invoiced, collected and given
-- back, and who went from which plan to which. All are folded from the beginning of the log.
--
-- Each has a row of the organization itself (position 0, entry ''), with what is known of it in `life`; it has no kind.

CREATE TABLE read.mrr_movements (
    organization text    NOT NULL,
    position     bigint  NOT NULL,
    product      text,
    environment  text    CHECK (environment IN ('live', 'sandbox')),
    at           timestamptz,
    day          date,
    kind         text    CHECK (kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation')),
    because      text,
    plan_before  text,
    plan_after   text,
    currency     text,
    amount       numeric NOT NULL,
    mrr_after    numeric NOT NULL,
    life         jsonb,
    PRIMARY KEY (organization, position)
);
CREATE INDEX ON read.mrr_movements (product, environment, day) WHERE kind IS NOT NULL;
COMMENT ON TABLE read.mrr_movements IS
    'Monthly recurring revenue as movements: that of a product on a day is the sum up to it';
COMMENT ON COLUMN read.mrr_movements.kind IS 'Null if the event moved nothing';
COMMENT ON COLUMN read.mrr_movements.day IS 'The day of at in the zone of the organization';
COMMENT ON COLUMN read.mrr_movements.because IS 'The event';

CREATE TABLE read.revenue (
    organization text    NOT NULL,
    entry        text    NOT NULL,
    product      text,
    environment  text    CHECK (environment IN ('live', 'sandbox')),
    at           timestamptz,
    day          date,
    kind         text    CHECK (kind IN (
        'invoiced', 'credited', 'voided', 'collected', 'from_balance', 'from_credits', 'overpaid', 'refunded',
        'charged_back')),
    plan         text,
    invoice      text,
    currency     text,
    amount       numeric NOT NULL,
    net          numeric NOT NULL,
    credited_net numeric NOT NULL,
    life         jsonb,
    PRIMARY KEY (organization, entry)
);
CREATE INDEX ON read.revenue (product, environment, day) WHERE kind IS NOT NULL;
COMMENT ON TABLE read.revenue IS 'A row for each invoice, credit note, payment and refund, and for what was voided';
COMMENT ON COLUMN read.revenue.plan IS 'The plan of the invoice: the one the organization was on when it was issued';
COMMENT ON COLUMN read.revenue.amount IS 'With taxes; never below zero, but of an invoice that credits more than it charges';
COMMENT ON COLUMN read.revenue.net IS 'Without taxes';
COMMENT ON COLUMN read.revenue.credited_net IS 'Of an invoice: what credit notes took off it, without taxes';

CREATE TABLE read.plan_conversions (
    organization  text   NOT NULL,
    position      bigint NOT NULL,
    product       text,
    environment   text   CHECK (environment IN ('live', 'sandbox')),
    at            timestamptz,
    day           date,
    kind          text   CHECK (kind IN (
        'trial_started', 'trial_converted', 'trial_lost', 'started', 'restarted', 'upgraded', 'downgraded', 'switched',
        'interval_changed', 'canceled')),
    plan_from     text,
    plan_to       text,
    interval_from text,
    interval_to   text,
    trial_day     date,
    life          jsonb,
    PRIMARY KEY (organization, position)
);
CREATE INDEX ON read.plan_conversions (product, environment, day) WHERE kind IS NOT NULL;
CREATE INDEX ON read.plan_conversions (product, environment, trial_day) WHERE trial_day IS NOT NULL;
COMMENT ON TABLE read.plan_conversions IS 'Who went from which plan to which';
COMMENT ON COLUMN read.plan_conversions.kind IS 'Null if the event changed nothing that was in force';
COMMENT ON COLUMN read.plan_conversions.trial_day IS 'The day the trial began that started, converted or was lost';

ALTER TABLE read.mrr_movements OWNER TO tollgate_engine;
ALTER TABLE read.revenue OWNER TO tollgate_engine;
ALTER TABLE read.plan_conversions OWNER TO tollgate_engine;
GRANT SELECT ON read.mrr_movements, read.revenue, read.plan_conversions TO tollgate_auditor;
