-- When an unpaid renewal is given up. Subscriptions that were past due before have no such day, in
-- their rows as in their events: they stay past due until they are charged again.

ALTER TABLE subscriptions ADD COLUMN dunning_until timestamptz;
