-- What was given back of a payment at its gateway, without our asking, and since when: none was noted
-- before.

ALTER TABLE payments
    ADD COLUMN refunded_at_gateway bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded_at_gateway_at timestamptz;
CREATE INDEX payments_refunded_at_gateway ON payments (account_id, generation, refunded_at_gateway_at, id)
    WHERE refunded_at_gateway > 0;
