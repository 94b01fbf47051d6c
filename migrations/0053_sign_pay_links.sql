-- What an account's links to the pay page are signed with. Operational, and a secret: made when the
-- first link is, never shown. Deleting the row makes every link that was given out worthless.

CREATE TABLE pay_link_secrets (
    account_id uuid NOT NULL,
    secret     bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT ON pay_link_secrets TO subledger_service;
    END IF;
END
$$;
