-- Exports made in the background. What was ordered and what came of it is a projection; the file
-- and how far it has come are operational, kept in the database so that any machine may make it and
-- any may hand it out.

CREATE TABLE exports (
    account_id     uuid NOT NULL,
    generation     bigint NOT NULL,
    id             text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    name           text NOT NULL,
    format         text NOT NULL,
    filters        json NOT NULL,
    status         text NOT NULL,
    position       bigint,
    size_bytes     bigint,
    expires_at     timestamptz,
    failure_code   text,
    failure_detail text,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX exports_by_time ON exports (account_id, generation, created_at, id);
CREATE INDEX exports_unended ON exports (account_id, generation, id)
    WHERE status IN ('pending', 'running');

CREATE TABLE export_runs (
    account_id uuid NOT NULL,
    id         text COLLATE "C" NOT NULL,
    attempts   bigint NOT NULL DEFAULT 0,
    progress   bigint NOT NULL DEFAULT 0,
    secret     bytea NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (account_id, id)
);
COMMENT ON COLUMN export_runs.secret IS 'Signs the link to the file; gone with it.';
COMMENT ON COLUMN export_runs.progress IS 'Per cent of the rows.';

CREATE TABLE export_pieces (
    account_id uuid NOT NULL,
    id         text COLLATE "C" NOT NULL,
    attempt    bigint NOT NULL,
    piece      bigint NOT NULL,
    data       bytea NOT NULL,
    PRIMARY KEY (account_id, id, attempt, piece)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON exports, export_runs, export_pieces
           TO subledger_service;
    END IF;
END
$$;
