-- Gifts: whom a subscription is for, the code it is redeemed by, and who redeemed it. Until then it
-- has no period: its first term begins when its recipient wants it to.
--
-- No subscription projected before this was a gift, so its rows are right as they are.

ALTER TABLE subscriptions
    ADD COLUMN gift_recipient_email      text,
    ADD COLUMN gift_recipient_first_name text,
    ADD COLUMN gift_recipient_last_name  text,
    ADD COLUMN gift_message              text,
    ADD COLUMN gift_start_date           timestamptz,
    ADD COLUMN gift_code                 text,
    ADD COLUMN gift_redeemed_at          timestamptz,
    ADD COLUMN recipient_id              text COLLATE "C",
    ALTER COLUMN current_period_start DROP NOT NULL,
    ALTER COLUMN current_period_end DROP NOT NULL;
COMMENT ON COLUMN subscriptions.gift_code IS 'A secret of whoever it is sent to: shown only to those who may send it.';
COMMENT ON COLUMN subscriptions.recipient_id IS 'The customer who redeemed it and has its access; the donor pays.';
CREATE INDEX subscriptions_by_recipient ON subscriptions (account_id, generation, recipient_id)
    WHERE recipient_id IS NOT NULL;
