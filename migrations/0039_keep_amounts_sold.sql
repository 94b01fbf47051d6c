-- What the running term costs a unit, as sold: the plan may cost something else by now. Before this
-- release no plan could change its amount, so the plan's is right for rows projected before.

ALTER TABLE subscriptions ADD COLUMN plan_amount bigint NOT NULL DEFAULT 0;
UPDATE subscriptions s
   SET plan_amount = p.amount
  FROM plans p
 WHERE p.account_id = s.account_id AND p.generation = s.generation AND p.id = s.plan_id;
