-- Whether invoices are numbered through or anew each year. Accounts projected before number through,
-- which is what a rebuild makes of them.

ALTER TABLE accounts ADD COLUMN invoice_numbering text COLLATE "C" NOT NULL DEFAULT 'continuous';
