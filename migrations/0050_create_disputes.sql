-- Payments that banks take back. No event could open one before: the table begins empty, and a
-- rebuild writes the same.

CREATE TABLE disputes (
    account_id        uuid NOT NULL,
    generation        bigint NOT NULL,
    id                text COLLATE "C" NOT NULL,
    version           bigint NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    status            text NOT NULL,
    payment_id        text COLLATE "C" NOT NULL,
    invoice_id        text COLLATE "C",
    customer_id       text COLLATE "C" NOT NULL,
    amount            bigint NOT NULL,
    currency          text NOT NULL,
    gateway           text NOT NULL,
    gateway_reference text NOT NULL,
    reason            text,
    opened_at         timestamptz NOT NULL,
    closed_at         timestamptz,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX disputes_by_time ON disputes (account_id, generation, created_at, id);
CREATE INDEX disputes_by_payment ON disputes (account_id, generation, payment_id);
CREATE INDEX disputes_by_invoice ON disputes (account_id, generation, invoice_id);
CREATE INDEX disputes_by_customer ON disputes (account_id, generation, customer_id);
CREATE INDEX disputes_open ON disputes (account_id, generation, opened_at, id)
    WHERE status = 'opened';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON disputes TO subledger_service;
    END IF;
END
$$;
