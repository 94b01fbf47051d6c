-- Members of subscriptions and the seats they hold. Projections: an account's rows begin with its
-- first invitation, so nothing that was projected before has to change.

CREATE TABLE memberships (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    id              text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    subscription_id text COLLATE "C" NOT NULL,
    status          text NOT NULL,
    email           text NOT NULL,
    first_name      text,
    last_name       text,
    customer_id     text COLLATE "C",
    invited_at      timestamptz NOT NULL,
    accepted_at     timestamptz,
    removed_at      timestamptz,
    invited_in      bigint NOT NULL,
    removed_in      bigint,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX memberships_by_time ON memberships (account_id, generation, created_at, id);
CREATE INDEX memberships_by_subscription
    ON memberships (account_id, generation, subscription_id, created_at, id);
CREATE INDEX memberships_by_customer ON memberships (account_id, generation, customer_id)
    WHERE customer_id IS NOT NULL;
CREATE INDEX memberships_by_email ON memberships (account_id, generation, lower(email));
COMMENT ON COLUMN memberships.invited_in IS 'The position of the log from which it is an open member.';
COMMENT ON COLUMN memberships.removed_in IS 'The position from which it is none any more.';

CREATE TABLE seats (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    id              text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    subscription_id text COLLATE "C" NOT NULL,
    active          bigint NOT NULL,
    pending         bigint NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX seats_by_subscription ON seats (account_id, generation, subscription_id);
COMMENT ON TABLE seats IS 'What is taken; the capacity is the subscription''s, as sold.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON memberships, seats TO subledger_service;
    END IF;
END
$$;
