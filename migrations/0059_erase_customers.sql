-- Customers that were erased. What was made of their data goes with them: rows that the service only
-- added to until now. Customers projected before were not erased, which is what a rebuild makes of them.

ALTER TABLE customers ADD COLUMN erased_at timestamptz;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT DELETE ON papers, paper_sendings TO subledger_service;
    END IF;
END
$$;
