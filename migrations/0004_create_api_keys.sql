-- Keys of the server API: operational state, neither log nor projection.

CREATE TABLE api_keys (
    account_id   uuid NOT NULL,
    hash         bytea NOT NULL,
    id           text COLLATE "C" NOT NULL,
    livemode     boolean NOT NULL,
    name         text NOT NULL,
    role         text NOT NULL,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (account_id, hash),
    UNIQUE (account_id, id)
);
COMMENT ON TABLE api_keys IS 'A bearer''s text is never kept, only its SHA-256.';
COMMENT ON COLUMN api_keys.last_used_at IS 'To the minute.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE ON api_keys TO subledger_service;
    END IF;
END
$$;
