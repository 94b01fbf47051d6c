-- When receivables are due, for their ageing. Of invoices projected before the due date is unknown:
-- they age from their issue until the view is rebuilt.

ALTER TABLE accounting_invoices ADD COLUMN due_on date;

CREATE TABLE accounting_due_dates (
    account_id    uuid NOT NULL,
    generation    bigint NOT NULL,
    invoice_id    text COLLATE "C" NOT NULL,
    from_position bigint NOT NULL,
    due_on        date,
    PRIMARY KEY (account_id, generation, invoice_id, from_position)
);
COMMENT ON TABLE accounting_due_dates IS 'Due dates that were moved after the issue: a row for each move.';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON accounting_due_dates TO subledger_service;
    END IF;
END
$$;
