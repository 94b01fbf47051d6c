-- Who may get in: collaborators and API keys as resources, and the secrets they get in by.
--
-- The log tells who may what and since when; the two operational tables hold what must not be in
-- it, and are written in the transaction of the append that they belong to. Keys made before have
-- no events: they work on, and are not listed.

ALTER TABLE api_keys RENAME TO api_key_secrets;
ALTER INDEX api_keys_pkey RENAME TO api_key_secrets_pkey;
ALTER INDEX api_keys_account_id_id_key RENAME TO api_key_secrets_by_id;
ALTER TABLE api_key_secrets DROP COLUMN name;
ALTER TABLE api_key_secrets DROP COLUMN created_at;
ALTER TABLE api_key_secrets ADD COLUMN paid_until timestamptz;
ALTER TABLE api_key_secrets SET (fillfactor = 50);
COMMENT ON COLUMN api_key_secrets.paid_until IS
    'Until when the requests of this key, at its permitted rate, have used its time up.';

CREATE TABLE api_keys (
    account_id uuid NOT NULL,
    generation bigint NOT NULL,
    id         text COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    name       text,
    role       text NOT NULL,
    scopes     json NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX api_keys_by_time ON api_keys (account_id, generation, created_at, id);

CREATE TABLE collaborators (
    account_id            uuid NOT NULL,
    generation            bigint NOT NULL,
    id                    text COLLATE "C" NOT NULL,
    version               bigint NOT NULL,
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    name                  text,
    email                 text NOT NULL,
    role                  text NOT NULL,
    status                text NOT NULL,
    invitation_expires_at timestamptz,
    accepted_at           timestamptz,
    deleted               boolean NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX collaborators_by_time ON collaborators (account_id, generation, created_at, id);

CREATE TABLE collaborator_logins (
    account_id       uuid NOT NULL,
    id               text COLLATE "C" NOT NULL,
    email            text NOT NULL,
    role             text NOT NULL,
    password_hash    text,
    invitation_hash  bytea,
    invitation_until timestamptz,
    last_login_at    timestamptz,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX collaborator_logins_by_invitation
    ON collaborator_logins (account_id, invitation_hash);
-- A login names no account: this one is asked across all of them.
CREATE INDEX collaborator_logins_by_email ON collaborator_logins (email);
COMMENT ON TABLE collaborator_logins IS 'A row goes when its collaborator is removed.';
COMMENT ON COLUMN collaborator_logins.email IS 'Folded to lower case.';
COMMENT ON COLUMN collaborator_logins.password_hash IS 'Argon2id; null until the invitation is accepted.';
COMMENT ON COLUMN collaborator_logins.invitation_hash IS 'SHA-256 of the token of the last invitation, used or not.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, collaborators, collaborator_logins
            TO subledger_service;
    END IF;
END
$$;
