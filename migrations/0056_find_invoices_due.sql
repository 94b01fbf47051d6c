-- Invoices by hand fall past due whatever their collection method; those of subscriptions that are
-- charged by themselves do when a charge fails.

DROP INDEX invoices_due;
CREATE INDEX invoices_due ON invoices (account_id, generation, due_at, id)
    WHERE status = 'open' AND (collection_method = 'send_invoice' OR subscription_id IS NULL);
