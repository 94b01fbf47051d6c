-- Organisations. A projection: an account's rows begin with its first organisation, so nothing that
-- was projected before has to change.

CREATE TABLE organizations (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    id              text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    name            text NOT NULL,
    industry        text,
    website         text,
    email           text,
    phone           text,
    tax_id          text,
    address         json,
    deleted         boolean NOT NULL,
    old_provider_id text,
    metadata        json NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX organizations_by_time ON organizations (account_id, generation, created_at, id);
CREATE INDEX organizations_by_name ON organizations (account_id, generation, name, id);
CREATE INDEX organizations_by_old_id ON organizations (account_id, generation, old_provider_id);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON organizations TO subledger_service;
    END IF;
END
$$;
