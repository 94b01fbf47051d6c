-- What a subscription entitles to, as it was sold, since when it is past due, whether it was
-- restarted. Rows projected before this came say nothing of the first two: `subledger rebuild` fills
-- them in, and nothing was restarted before.

ALTER TABLE subscriptions
    ADD COLUMN entitlements   json NOT NULL DEFAULT '[]',
    ADD COLUMN past_due_since timestamptz,
    ADD COLUMN restarted      boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN subscriptions.entitlements IS 'Of the running phase, as sold.';
