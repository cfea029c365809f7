-- Where a subscription can stand since it lives its whole commercial life.
ALTER TABLE read.organizations
    DROP CONSTRAINT organizations_subscription_check,
    ADD CONSTRAINT organizations_subscription_check CHECK (subscription IN (
        'none', 'awaiting_payment', 'trialing', 'active', 'past_due', 'suspended', 'paused', 'canceled'));
