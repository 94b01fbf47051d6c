-- A subscription has one count of its seats, for the count's id follows from the subscription's. Told
-- so, the planner leaves it out of lists that neither filter nor show by it: a page of 10,000 members
-- asked for the count 10,000 times (22,376 buffers, 85 ms on a busy machine; 376 buffers, 13 ms without).
-- An index alone: rows projected before it are in it.

CREATE UNIQUE INDEX seats_of_subscription ON seats (account_id, generation, subscription_id);
DROP INDEX seats_by_subscription;
