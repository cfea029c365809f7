-- Discount codes as an operator lists them, and credits that pay invoices.

CREATE TABLE read.discount_codes (
    product         text        NOT NULL,
    code            text        NOT NULL,
    share           numeric,
    amount          numeric,
    currency        text,
    periods         integer,
    plans           text        NOT NULL,
    redemptions_max bigint,
    ends_at         timestamptz,
    redemptions     bigint      NOT NULL,
    created_at      timestamptz NOT NULL,
    created_by      text        NOT NULL,
    retired_at      timestamptz,
    retired_by      text,
    partition       integer     NOT NULL,
    position        bigint      NOT NULL,
    PRIMARY KEY (product, code),
    CHECK ((share IS NULL) <> (amount IS NULL) AND (amount IS NULL) = (currency IS NULL))
);
COMMENT ON TABLE read.discount_codes IS 'Discount codes: what each gives, and how often it was redeemed';
COMMENT ON COLUMN read.discount_codes.share IS 'Of the price of a period: 0.25 is 25 %';
COMMENT ON COLUMN read.discount_codes.periods IS 'NULL is for ever';
COMMENT ON COLUMN read.discount_codes.plans IS 'Separated by spaces; none is all of them';
COMMENT ON COLUMN read.discount_codes.redemptions IS 'Less those that were returned';

ALTER TABLE read.discount_codes OWNER TO tollgate_engine;
GRANT SELECT ON read.discount_codes TO tollgate_auditor;

ALTER TABLE read.credit_statement
    DROP CONSTRAINT credit_statement_kind_check,
    ADD CONSTRAINT credit_statement_kind_check CHECK (kind IN (
        'purchased', 'granted', 'commission', 'refund', 'charge', 'held', 'captured', 'released', 'returned', 'expired',
        'revoked', 'deducted', 'clawed_back', 'invoice', 'invoice_returned'));
