-- Payments that wait for the customer to confirm them, found by when they began; and the secret that
-- an account's sandbox signs its events with, which is neither history nor derived from it.

CREATE INDEX payments_unconfirmed ON payments (account_id, generation, started_at, id)
    WHERE status = 'requires_action';

CREATE TABLE gateway_secrets (
    account_id uuid NOT NULL,
    gateway    text NOT NULL,
    secret     text NOT NULL,
    PRIMARY KEY (account_id, gateway)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT ON gateway_secrets TO subledger_service;
    END IF;
END
$$;
