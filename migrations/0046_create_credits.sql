-- Refunds and credit notes as resources; what invoices were given back, what of them was written
-- off and what came in since. What was written off before is taken from the journal here; the rows
-- of older refunds and what older notes gave back are made by `subledger rebuild`: until then those
-- refunds are not listed. Nothing was recovered before.

CREATE TABLE refunds (
    account_id        uuid NOT NULL,
    generation        bigint NOT NULL,
    id                text COLLATE "C" NOT NULL,
    version           bigint NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    status            text NOT NULL,
    customer_id       text COLLATE "C" NOT NULL,
    invoice_id        text COLLATE "C",
    credit_note_id    text COLLATE "C",
    payment_id        text COLLATE "C",
    subscription_id   text COLLATE "C",
    amount            bigint NOT NULL,
    currency          text NOT NULL,
    sent_to           text NOT NULL,
    policy            text,
    reason            text,
    gateway           text,
    gateway_reference text,
    failure_code      text,
    failure_detail    text,
    settled_at        timestamptz,
    wall_at           timestamptz NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX refunds_by_time ON refunds (account_id, generation, created_at, id);
CREATE INDEX refunds_by_invoice ON refunds (account_id, generation, invoice_id);
CREATE INDEX refunds_by_customer ON refunds (account_id, generation, customer_id, id);
CREATE INDEX refunds_pending ON refunds (account_id, generation, wall_at, id)
    WHERE status = 'pending';

CREATE TABLE credit_notes (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    id              text COLLATE "C" NOT NULL,
    version         bigint NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    number          text,
    status          text NOT NULL,
    customer_id     text COLLATE "C" NOT NULL,
    invoice_id      text COLLATE "C" NOT NULL,
    invoice_number  text,
    subscription_id text COLLATE "C",
    currency        text NOT NULL,
    subtotal        bigint NOT NULL,
    tax             bigint NOT NULL,
    total           bigint NOT NULL,
    policy          text NOT NULL,
    reason          text,
    issued_at       timestamptz NOT NULL,
    voided_at       timestamptz,
    lines           json NOT NULL,
    allocations     json NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX credit_notes_by_time ON credit_notes (account_id, generation, created_at, id);
CREATE INDEX credit_notes_by_invoice ON credit_notes (account_id, generation, invoice_id);
CREATE INDEX credit_notes_by_customer ON credit_notes (account_id, generation, customer_id, id);
CREATE INDEX credit_notes_by_number ON credit_notes (account_id, generation, number);

ALTER TABLE invoices
    ADD COLUMN given_back bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN invoices.given_back IS 'Gross, by credit notes beyond what was owed.';
COMMENT ON COLUMN invoices.recovered IS 'Came in after it was given up.';

ALTER TABLE accounting_invoices
    ADD COLUMN written_off bigint NOT NULL DEFAULT 0,
    ADD COLUMN expensed bigint NOT NULL DEFAULT 0,
    ADD COLUMN relieved bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN accounting_invoices.expensed IS 'Of what was written off, bad debt.';
COMMENT ON COLUMN accounting_invoices.relieved IS 'Of what was written off, tax the state gives back.';

UPDATE accounting_invoices SET written_off = total - credited
 WHERE account_id IS NOT NULL AND state = 'uncollectible';
UPDATE accounting_invoices i
   SET written_off = w.written_off, expensed = w.expensed, relieved = w.relieved
  FROM (SELECT j.account_id, j.generation, j.invoice_id,
               coalesce(-sum(j.amount) FILTER (WHERE j.ledger_account = 'accounts_receivable'), 0)
                   AS written_off,
               coalesce(sum(j.amount) FILTER (WHERE j.ledger_account = 'bad_debt'), 0) AS expensed,
               coalesce(sum(j.amount) FILTER (WHERE j.ledger_account = 'tax_payable'), 0)
                   AS relieved
          FROM journal_lines j
         WHERE j.event_type = 'invoice.marked_uncollectible'
         GROUP BY j.account_id, j.generation, j.invoice_id) w
 WHERE i.account_id = w.account_id AND i.generation = w.generation AND i.id = w.invoice_id;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON refunds, credit_notes TO subledger_service;
    END IF;
END
$$;
