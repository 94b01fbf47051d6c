-- The rest of an account's settings. Rows projected before could not have changed any of them: the
-- defaults below are those of `account.created`, and a rebuild comes to the same bytes.

ALTER TABLE accounts
    ADD COLUMN legal_name          text,
    ADD COLUMN address             json,
    ADD COLUMN tax_id              text,
    ADD COLUMN logo                text,
    ADD COLUMN billing_engine      text NOT NULL DEFAULT 'native',
    ADD COLUMN dunning_days        json NOT NULL DEFAULT '[1,3,5,7]',
    ADD COLUMN dunning_end         text NOT NULL DEFAULT 'unpaid',
    ADD COLUMN balance_auto_apply  text NOT NULL DEFAULT 'on_issue',
    ADD COLUMN bad_debt_tax_relief boolean NOT NULL DEFAULT true,
    ADD COLUMN gl_codes            json NOT NULL DEFAULT '{}';
COMMENT ON COLUMN accounts.gl_codes IS 'Those the account has chosen itself; reports read them from the log, as of their position.';
