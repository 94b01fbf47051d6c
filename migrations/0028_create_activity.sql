-- When a customer was last seen. Operational: neither history nor derived from it.

CREATE TABLE customer_activity (
    account_id     uuid NOT NULL,
    customer_id    text COLLATE "C" NOT NULL,
    last_active_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, customer_id)
);
CREATE INDEX customer_activity_by_time ON customer_activity (account_id, last_active_at);
COMMENT ON COLUMN customer_activity.last_active_at IS 'In the account''s time, to the minute.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON customer_activity TO subledger_service;
    END IF;
END
$$;
