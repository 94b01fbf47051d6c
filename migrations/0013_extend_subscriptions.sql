-- Subscriptions that are scheduled, extended, suspended, retried, or have phases booked ahead.
--
-- Rows projected before this came had none of it. Their dates (next_invoice_date, final_phase_end,
-- trial_end) and shipments_remaining, which now adds up over all terms, are right after the next
-- event of the subscription or after `subledger rebuild`.

ALTER TABLE subscriptions
    ADD COLUMN billing_behavior    text,
    ADD COLUMN next_invoice_date   timestamptz,
    ADD COLUMN final_phase_end     timestamptz,
    ADD COLUMN shipping_address_id text COLLATE "C",
    ADD COLUMN invoice_notes       text,
    ADD COLUMN purchase_order      text,
    ADD COLUMN trial_end           timestamptz,
    ADD COLUMN extended_from       timestamptz,
    ADD COLUMN retry_at            timestamptz,
    ADD COLUMN booked              json NOT NULL DEFAULT '[]';
COMMENT ON COLUMN subscriptions.due_kind IS 'What happens at due_at by itself: see projections/subscription_dates.py.';
COMMENT ON COLUMN subscriptions.booked IS 'Phases to come: id, start, end, billed, auto_renew.';

ALTER TABLE subscription_phases ADD COLUMN booked boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN subscription_phases.booked IS 'Its start is to come.';
