-- Commissions wait, mature, and are taken back. The projection of commissions is folded anew from the log, because what
-- is in its rows of before lacks columns that the log can fill; until it has caught up, readers that ask for a position
-- wait.

TRUNCATE read.commissions;
DELETE FROM read.checkpoints WHERE projection = 'commissions';
ALTER TABLE read.commissions
    DROP CONSTRAINT commissions_status_check,
    ADD CONSTRAINT commissions_status_check CHECK (status IN ('accrued', 'matured', 'granted', 'clawed_back')),
    ADD COLUMN matures_at  timestamptz,
    ADD COLUMN matured_at  timestamptz,
    ADD COLUMN matured     numeric NOT NULL,
    ADD COLUMN granted     numeric NOT NULL,
    ADD COLUMN netted      numeric NOT NULL,
    ADD COLUMN clawed_back numeric NOT NULL,
    ADD COLUMN taken_back  numeric NOT NULL;
COMMENT ON COLUMN read.commissions.netted IS 'What of it paid what was owed of earlier commissions';
COMMENT ON COLUMN read.commissions.clawed_back IS 'What was taken back of it, before it matured and after';
COMMENT ON COLUMN read.commissions.taken_back IS 'How much of that the ledger took from its credits; the rest is owed';

ALTER TABLE read.credit_statement
    DROP CONSTRAINT credit_statement_kind_check,
    ADD CONSTRAINT credit_statement_kind_check CHECK (kind IN (
        'purchased', 'granted', 'commission', 'refund', 'charge', 'held', 'captured', 'released', 'returned', 'expired',
        'revoked', 'deducted', 'clawed_back'));

CREATE TABLE read.commission_statement (
    beneficiary text        NOT NULL,
    partition   integer     NOT NULL,
    position    bigint      NOT NULL,
    at          timestamptz NOT NULL,
    kind        text        NOT NULL CHECK (kind IN (
        'accrued', 'matured', 'clawed_back', 'granted', 'netted', 'taken_back')),
    amount      numeric     NOT NULL,
    commission  text        NOT NULL,
    payer       text,
    owed        numeric,
    PRIMARY KEY (beneficiary, partition, position)
);
CREATE INDEX ON read.commission_statement (beneficiary, at);
COMMENT ON TABLE read.commission_statement IS 'A line for whatever happened to a commission, to be added up by month';
COMMENT ON COLUMN read.commission_statement.owed IS 'What is owed of commissions after it, where the ledger tells';

CREATE TABLE read.referral_network (
    organization   text     NOT NULL,
    member         text     NOT NULL,
    product        text     NOT NULL,
    level          smallint NOT NULL,
    since          timestamptz,
    payments       bigint   NOT NULL,
    earned         numeric  NOT NULL,
    clawed_back    numeric  NOT NULL,
    last_earned_at timestamptz,
    partition      integer  NOT NULL,
    position       bigint   NOT NULL,
    PRIMARY KEY (organization, member)
);
COMMENT ON TABLE read.referral_network IS
    'Who is above whom, and earned what of it: direct referrals, and whoever else a payment earned something';
COMMENT ON COLUMN read.referral_network.since IS 'Of a direct referral';

ALTER TABLE read.commission_statement OWNER TO tollgate_engine;
ALTER TABLE read.referral_network OWNER TO tollgate_engine;
GRANT SELECT ON read.commission_statement, read.referral_network TO tollgate_auditor;
