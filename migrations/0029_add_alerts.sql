-- What `/alerts` looks for, so that it finds it without reading everything. No billing rule could have
-- failed in a release before this, so null is right for every plan projected before.

ALTER TABLE plans
    ADD COLUMN rule_failed_at timestamptz,
    ADD COLUMN rule_failure   text;
CREATE INDEX plans_failed ON plans (account_id, generation, rule_failed_at)
    WHERE rule_failed_at IS NOT NULL;
COMMENT ON COLUMN plans.rule_failure IS 'Of the billing policy; gone when another is activated.';
CREATE INDEX payments_unknown ON payments (account_id, generation, started_at)
    WHERE status = 'unknown';
