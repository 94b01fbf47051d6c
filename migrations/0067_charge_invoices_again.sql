-- When an invoice by hand that is charged automatically is charged once more, and why the last
-- charge of any invoice failed. Rows projected before show neither until `subledger rebuild`; none of
-- them waits to be charged, because until now only subscriptions were.

ALTER TABLE invoices
    ADD COLUMN latest_payment_error json,
    ADD COLUMN next_charge_at timestamptz;
CREATE INDEX invoices_to_charge ON invoices (account_id, generation, next_charge_at, id)
    WHERE next_charge_at IS NOT NULL;
