-- Who does a job for an account just now. Operational: neither history nor derived from it.

CREATE TABLE leases (
    account_id   uuid NOT NULL,
    job          text NOT NULL,
    holder       text NOT NULL,
    leased_until timestamptz NOT NULL,
    PRIMARY KEY (account_id, job)
);
COMMENT ON COLUMN leases.leased_until IS 'Afterwards anybody may take the job over; jobs are safe to repeat.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO subledger_service;
    END IF;
END
$$;
