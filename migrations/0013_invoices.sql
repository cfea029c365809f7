-- Invoices, credit notes and payments, as people look at them, and what invoices say of their customers.
--
-- An invoice is the organization's, its number the product's: two partitions write a row. What one has not told yet is
-- null.

CREATE TABLE read.invoices (
    organization    text    NOT NULL,
    invoice         text    NOT NULL,
    product         text,
    kind            text CHECK (kind IN ('first', 'period', 'change', 'usage')),
    series          text,
    number          bigint,
    numbered_at     timestamptz,
    period_start    timestamptz,
    period_end      timestamptz,
    lines           jsonb   NOT NULL,
    currency        text,
    net             numeric,
    taxes           jsonb   NOT NULL,
    total           numeric,
    kept            numeric NOT NULL,
    credited        numeric NOT NULL,
    to_balance      numeric NOT NULL,
    to_refund       numeric NOT NULL,
    paid            numeric NOT NULL,
    refunded        numeric NOT NULL,
    still_due       numeric NOT NULL,
    status          text CHECK (status IN ('open', 'paid', 'credited', 'void')),
    void_reason     text,
    issued_at       timestamptz,
    due_at          timestamptz,
    profile_id      text,
    profile_hash    text,
    profile_country text,
    catalog_version bigint,
    partition       integer,
    position        bigint,
    PRIMARY KEY (organization, invoice)
);
CREATE INDEX ON read.invoices (organization, position);
CREATE INDEX ON read.invoices (product, series, number);
COMMENT ON COLUMN read.invoices.kept IS 'What it comes to below zero: it goes to the account balance';
COMMENT ON COLUMN read.invoices.still_due IS
    'Total less credit notes, less what was paid and neither went back nor to the balance; nothing of a void one';
COMMENT ON COLUMN read.invoices.profile_id IS 'What it says of the customer: a row of auth.billing_profiles';
COMMENT ON COLUMN read.invoices.catalog_version IS 'The newest version when it was issued: who sells, and how things are called';
COMMENT ON COLUMN read.invoices.position IS 'Where it was issued';

CREATE TABLE read.credit_notes (
    organization    text    NOT NULL,
    credit_note     text    NOT NULL,
    product         text,
    invoice         text,
    series          text,
    number          bigint,
    numbered_at     timestamptz,
    currency        text,
    amount          numeric,
    net             numeric,
    taxes           jsonb   NOT NULL,
    reduces_due     numeric NOT NULL,
    to_balance      numeric NOT NULL,
    to_refund       numeric NOT NULL,
    reason          text,
    issued_at       timestamptz,
    catalog_version bigint,
    partition       integer,
    position        bigint,
    PRIMARY KEY (organization, credit_note)
);
CREATE INDEX ON read.credit_notes (organization, position);
CREATE INDEX ON read.credit_notes (product, series, number);

CREATE TABLE read.payments (
    organization     text        NOT NULL,
    payment          text        NOT NULL,
    product          text,
    invoice          text,
    amount           numeric     NOT NULL,
    net              numeric     NOT NULL,
    currency         text        NOT NULL,
    method           text        NOT NULL CHECK (method IN ('by_hand', 'provider', 'credits', 'balance')),
    provider         text,
    charge           text,
    reference        text,
    overpaid         numeric     NOT NULL,
    overpaid_credits numeric     NOT NULL,
    refunded         numeric     NOT NULL,
    refunded_net     numeric     NOT NULL,
    refunds          jsonb       NOT NULL,
    status           text        NOT NULL CHECK (status IN ('succeeded', 'partly_refunded', 'refunded')),
    recorded_at      timestamptz NOT NULL,
    partition        integer     NOT NULL,
    position         bigint      NOT NULL,
    PRIMARY KEY (organization, payment)
);
CREATE INDEX ON read.payments (organization, position);
CREATE INDEX ON read.payments (organization, invoice);
COMMENT ON COLUMN read.payments.invoice IS 'What it pays; null of what was paid before there were invoices';
COMMENT ON COLUMN read.payments.overpaid IS 'What came beyond what was due, and became credits';

DO $$
DECLARE
    projection text;
BEGIN
    FOREACH projection IN ARRAY ARRAY['invoices', 'credit_notes', 'payments'] LOOP
        EXECUTE format('ALTER TABLE read.%I OWNER TO tollgate_engine', projection);
        EXECUTE format('GRANT SELECT ON read.%I TO tollgate_auditor', projection);
    END LOOP;
END $$;

-- What invoices say of their customers: personal data, so it is not in the log, which has the id and the hash only. A
-- version never changes, but what it says can be erased. The salt is erased with it, so that nobody can find out by
-- trying what was said.
CREATE TABLE auth.billing_profiles (
    organization text        NOT NULL,
    profile      text        NOT NULL PRIMARY KEY,
    hash         text        NOT NULL,
    country      text        NOT NULL,
    says         jsonb,
    salt         text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    erased_at    timestamptz,
    CHECK ((says IS NULL) = (erased_at IS NOT NULL) AND (says IS NULL) = (salt IS NULL))
);
CREATE INDEX ON auth.billing_profiles (organization);

GRANT SELECT, INSERT, UPDATE ON auth.billing_profiles TO tollgate_engine;
