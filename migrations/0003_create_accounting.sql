-- The accounting projections. Every row says from which position of the log it was known; what is
-- set later on a row (a stop) carries its own position, so that a report at a position sees the
-- books as they were known there. Amounts are minor units; debits positive, credits negative.

CREATE TABLE journal_lines (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    position        bigint NOT NULL,
    line            bigint NOT NULL,
    event_id        uuid NOT NULL,
    event_ref       text COLLATE "C" NOT NULL,
    event_type      text COLLATE "C" NOT NULL,
    ledger_account  text COLLATE "C" NOT NULL,
    currency        text COLLATE "C" NOT NULL,
    amount          bigint NOT NULL,
    effective_date  date NOT NULL,
    posting_date    date NOT NULL,
    recorded_at     timestamptz NOT NULL,
    customer_id     text COLLATE "C" NOT NULL,
    invoice_id      text COLLATE "C",
    subscription_id text COLLATE "C",
    line_id         text COLLATE "C",
    description     text NOT NULL,
    PRIMARY KEY (account_id, generation, position, line)
);
COMMENT ON TABLE journal_lines IS 'Postings of recorded facts. Earning over time is not stored: segments say it.';

CREATE TABLE segments (
    account_id     uuid NOT NULL,
    generation     bigint NOT NULL,
    invoice_id     text COLLATE "C" NOT NULL,
    line           bigint NOT NULL,
    seq            bigint NOT NULL,
    customer_id    text COLLATE "C" NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    amount         bigint NOT NULL,
    start_date     date NOT NULL,
    end_date       date NOT NULL,
    booked_from    date NOT NULL,
    effective_on   date NOT NULL,
    posted_on      date NOT NULL,
    from_position  bigint NOT NULL,
    stopped_on     date,
    stop_posted_on date,
    stop_position  bigint,
    method         text COLLATE "C" NOT NULL,
    method_version bigint NOT NULL,
    PRIMARY KEY (account_id, generation, invoice_id, line, seq)
);
COMMENT ON COLUMN segments.end_date IS 'Exclusive.';
COMMENT ON COLUMN segments.stopped_on IS 'Set once: earned is frozen as of the day before. What goes on is another segment.';
-- A date's deferral is read from here alone, and only what has not ended by then.
CREATE INDEX segments_deferral ON segments (account_id, generation, end_date)
    INCLUDE (customer_id, currency, amount, start_date, booked_from, posted_on, from_position,
             stopped_on, stop_posted_on, stop_position)
    WHERE method = 'daily';

CREATE TABLE accounting_lines (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    invoice_id      text COLLATE "C" NOT NULL,
    line            bigint NOT NULL,
    line_id         text COLLATE "C" NOT NULL,
    invoice_number  text COLLATE "C",
    customer_id     text COLLATE "C" NOT NULL,
    customer_email  text,
    subscription_id text COLLATE "C",
    currency        text COLLATE "C" NOT NULL,
    amount          bigint NOT NULL,
    tax             bigint NOT NULL,
    service_start   date,
    service_end     date,
    description     text NOT NULL,
    product_id      text COLLATE "C",
    product_name    text,
    plan_id         text COLLATE "C",
    plan_name       text,
    entitlement     text NOT NULL,
    strategy        text COLLATE "C" NOT NULL,
    from_position   bigint NOT NULL,
    net_reversed    bigint NOT NULL,
    tax_reversed    bigint NOT NULL,
    PRIMARY KEY (account_id, generation, invoice_id, line)
);
COMMENT ON TABLE accounting_lines IS 'Invoice lines as issued. The reversed amounts are for the posting rules: no report reads them.';

CREATE TABLE accounting_invoices (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    id              text COLLATE "C" NOT NULL,
    customer_id     text COLLATE "C" NOT NULL,
    subscription_id text COLLATE "C",
    currency        text COLLATE "C" NOT NULL,
    strategy        text COLLATE "C" NOT NULL,
    number          text COLLATE "C",
    state           text COLLATE "C" NOT NULL,
    total           bigint NOT NULL,
    paid            bigint NOT NULL,
    balance_applied bigint NOT NULL,
    returned        bigint NOT NULL,
    PRIMARY KEY (account_id, generation, id)
) WITH (fillfactor = 80);
COMMENT ON TABLE accounting_invoices IS 'What the posting rules need to know of an invoice now: no report reads it.';

CREATE TABLE accounting_balances (
    account_id  uuid NOT NULL,
    generation  bigint NOT NULL,
    id          text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    amount      bigint NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
COMMENT ON TABLE accounting_balances IS 'As accounting_invoices, of customers'' balances.';

CREATE TABLE accounting_parties (
    account_id        uuid NOT NULL,
    generation        bigint NOT NULL,
    customer_id       text COLLATE "C" NOT NULL,
    from_position     bigint NOT NULL,
    until_position    bigint,
    email             text,
    first_name        text,
    last_name         text,
    organization_name text,
    PRIMARY KEY (account_id, generation, customer_id, from_position)
);
COMMENT ON TABLE accounting_parties IS 'Who a customer was on invoices from a position on: a row for each change.';

CREATE TABLE ledger_sums (
    account_id   uuid NOT NULL,
    generation   bigint NOT NULL,
    block        bigint NOT NULL,
    ledger_account text COLLATE "C" NOT NULL,
    currency     text COLLATE "C" NOT NULL,
    posting_date date NOT NULL,
    amount       bigint NOT NULL,
    PRIMARY KEY (account_id, generation, block, ledger_account, currency, posting_date)
);
COMMENT ON COLUMN ledger_sums.block IS 'position / 4096: a block that ends at or before a position is complete there for ever.';

GRANT SELECT, INSERT, UPDATE, DELETE ON journal_lines, segments, accounting_lines, accounting_invoices, accounting_balances, accounting_parties, ledger_sums TO subledger_service;
