-- Usage of the running term, and when a billing rule that failed is tried again. No subscription
-- projected before could have either, so a rebuild comes to the same bytes.

ALTER TABLE subscriptions
    ADD COLUMN usage_quantity   bigint,
    ADD COLUMN billing_retry_at timestamptz;
COMMENT ON COLUMN subscriptions.usage_quantity IS 'Null where the running term is not billed by usage.';
