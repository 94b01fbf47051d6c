-- Papers that were sent: invoices, credit notes and receipts as PDF. Operational: the facts are in
-- the log, but the bytes that somebody got follow from the template of the day and are kept as they
-- were. The same bytes are kept once, whoever got them.

CREATE TABLE papers (
    account_id       uuid NOT NULL,
    hash             bytea NOT NULL,
    kind             text NOT NULL,
    template_version bigint NOT NULL,
    data             bytea NOT NULL,
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (account_id, hash)
);
COMMENT ON COLUMN papers.hash IS 'SHA-256 of the data.';

CREATE TABLE paper_sendings (
    account_id    uuid NOT NULL,
    subject       text COLLATE "C" NOT NULL,
    state         bytea NOT NULL,
    hash          bytea NOT NULL,
    first_sent_at timestamptz NOT NULL,
    last_sent_at  timestamptz NOT NULL,
    times         bigint NOT NULL,
    PRIMARY KEY (account_id, subject, state)
);
COMMENT ON COLUMN paper_sendings.state IS
    'Digest of the facts told: the same state is answered with the paper that was sent of it first.';
COMMENT ON COLUMN paper_sendings.first_sent_at IS 'By the clock on the wall, of test accounts too.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE ON papers, paper_sendings TO subledger_service;
    END IF;
END
$$;
