-- Addresses, and payment methods that can be deleted. Rows of payment methods projected before are
-- not deleted, as no event could delete them; a rebuild writes the same.

CREATE TABLE addresses (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    id              text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    customer_id     text COLLATE "C" NOT NULL,
    type            text NOT NULL,
    first_name      text,
    last_name       text,
    company         text,
    line1           text NOT NULL,
    line2           text,
    city            text,
    state           text,
    postal_code     text,
    country         text NOT NULL,
    is_default      boolean NOT NULL,
    deleted         boolean NOT NULL,
    old_provider_id text,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX addresses_by_time ON addresses (account_id, generation, created_at, id);
CREATE INDEX addresses_by_customer ON addresses (account_id, generation, customer_id, id);
CREATE INDEX addresses_by_old_id ON addresses (account_id, generation, old_provider_id);

ALTER TABLE payment_methods ADD deleted boolean NOT NULL DEFAULT false;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON addresses TO subledger_service;
    END IF;
END
$$;
