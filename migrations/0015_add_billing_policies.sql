-- Plans billed by a written prompt: the prompt, every policy compiled of it, which one is shown and
-- which one is in force. Plans projected before had none, so a rebuild comes to the same bytes.

ALTER TABLE plans
    ADD COLUMN billing_prompt          text,
    ADD COLUMN billing_policies        json NOT NULL DEFAULT '[]',
    ADD COLUMN billing_policy_version  bigint,
    ADD COLUMN billing_policy_in_force bigint;
