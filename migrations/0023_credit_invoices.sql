-- Invoices that credit notes lower. Nothing recorded before did: the defaults are what a rebuild
-- makes of older rows.

ALTER TABLE accounting_invoices ADD COLUMN credited bigint NOT NULL DEFAULT 0;
ALTER TABLE invoices
    ADD COLUMN credited bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN invoices.credited IS 'Gross, by credit notes off what is owed.';
COMMENT ON COLUMN invoices.refunded IS 'Gross, of what was paid.';
