-- Coupons, and what they take off invoices. Rows of invoices projected before carry the defaults,
-- which are what a rebuild makes of them; their stored lines say no `discount` until then.

CREATE TABLE coupons (
    account_id         uuid NOT NULL,
    generation         bigint NOT NULL,
    id                 text COLLATE "C" NOT NULL,
    version            bigint NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    code               text NOT NULL,
    name               text,
    percent            numeric,
    amount             bigint,
    currency           text COLLATE "C",
    duration           text COLLATE "C" NOT NULL,
    duration_in_months bigint,
    periods            bigint,
    max_redemptions    bigint,
    times_redeemed     bigint NOT NULL,
    expires_at         timestamptz,
    archived           boolean NOT NULL,
    deleted            boolean NOT NULL,
    metadata           json NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX coupons_by_time ON coupons (account_id, generation, created_at, id);

ALTER TABLE invoices
    ADD COLUMN discount_total bigint NOT NULL DEFAULT 0,
    ADD COLUMN discount json,
    ADD COLUMN deleted boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN invoices.deleted IS 'Of a draft: what has a number stays.';

ALTER TABLE subscriptions ADD COLUMN discount json;
COMMENT ON COLUMN subscriptions.discount IS 'The coupon that makes its terms cheaper, as agreed.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON coupons TO subledger_service;
    END IF;
END
$$;
