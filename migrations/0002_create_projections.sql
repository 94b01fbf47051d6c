-- Projections: what lists, searches and scheduled work read. Disposable, rebuilt from the log.
--
-- Every row belongs to an account and a generation; a rebuild writes the next generation beside
-- the live one. Ids are typed text, compared by bytes: they sort by time as their uuids do.

CREATE TABLE projection_tracking (
    account_id  uuid NOT NULL,
    group_name  text NOT NULL,
    generation  bigint NOT NULL,
    position    bigint NOT NULL DEFAULT 0,
    state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'stopped')),
    stopped_at  bigint,
    error       text,
    retired_at  timestamptz,
    PRIMARY KEY (account_id, group_name, generation),
    CHECK ((state = 'stopped') = (stopped_at IS NOT NULL))
) WITH (fillfactor = 30);
COMMENT ON TABLE projection_tracking IS 'How far a generation of a group has come; leased by row lock.';
COMMENT ON COLUMN projection_tracking.stopped_at IS 'Position of the event whose handler failed.';

CREATE TABLE projection_live (
    account_id uuid NOT NULL,
    group_name text NOT NULL,
    generation bigint NOT NULL,
    PRIMARY KEY (account_id, group_name)
) WITH (fillfactor = 50);
COMMENT ON TABLE projection_live IS 'The generation that reads are answered from.';

CREATE TABLE accounts (
    account_id       uuid NOT NULL,
    generation       bigint NOT NULL,
    id               text COLLATE "C" NOT NULL,
    version          bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    name             text NOT NULL,
    timezone         text NOT NULL,
    currency         text NOT NULL,
    invoice_prefix   text NOT NULL,
    days_until_due   bigint NOT NULL,
    grace_days       bigint NOT NULL,
    incomplete_days  bigint NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);

CREATE TABLE products (
    account_id                   uuid NOT NULL,
    generation                   bigint NOT NULL,
    id                           text COLLATE "C" NOT NULL,
    version                      bigint NOT NULL,
    created_at                   timestamptz NOT NULL,
    updated_at                   timestamptz NOT NULL,
    name                         text NOT NULL,
    description                  text,
    image                        text,
    revenue_recognition_strategy text NOT NULL,
    archived                     boolean NOT NULL,
    deleted                      boolean NOT NULL,
    old_provider_id              text,
    metadata                     json NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX products_by_time ON products (account_id, generation, created_at, id);

CREATE TABLE plans (
    account_id                   uuid NOT NULL,
    generation                   bigint NOT NULL,
    id                           text COLLATE "C" NOT NULL,
    version                      bigint NOT NULL,
    created_at                   timestamptz NOT NULL,
    updated_at                   timestamptz NOT NULL,
    product_id                   text COLLATE "C" NOT NULL,
    name                         text NOT NULL,
    type                         text NOT NULL,
    amount                       bigint NOT NULL,
    currency                     text NOT NULL,
    "interval"                   text NOT NULL,
    interval_count               bigint NOT NULL,
    auto_renew                   boolean NOT NULL,
    collection_method            text NOT NULL,
    trial_days                   bigint NOT NULL,
    entitlements                 json NOT NULL,
    seat_capacity                bigint,
    shipments_per_interval       bigint,
    tax_rate                     text,
    tax_behavior                 text NOT NULL,
    archived                     boolean NOT NULL,
    deleted                      boolean NOT NULL,
    old_provider_id              text,
    metadata                     json NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX plans_by_time ON plans (account_id, generation, created_at, id);
CREATE INDEX plans_by_product ON plans (account_id, generation, product_id);
COMMENT ON COLUMN plans.tax_rate IS 'The rate as it was entered, a fraction in decimal text.';

CREATE TABLE customers (
    account_id                uuid NOT NULL,
    generation                bigint NOT NULL,
    id                        text COLLATE "C" NOT NULL,
    version                   bigint NOT NULL,
    created_at                timestamptz NOT NULL,
    updated_at                timestamptz NOT NULL,
    email                     text,
    first_name                text,
    last_name                 text,
    title                     text,
    phone                     text,
    language                  text,
    organization_id           text COLLATE "C",
    default_payment_method_id text COLLATE "C",
    old_provider_id           text,
    metadata                  json NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX customers_by_time ON customers (account_id, generation, created_at, id);
CREATE INDEX customers_by_email ON customers (account_id, generation, lower(email));
CREATE INDEX customers_by_old_id ON customers (account_id, generation, old_provider_id);

CREATE TABLE payment_methods (
    account_id  uuid NOT NULL,
    generation  bigint NOT NULL,
    id          text COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    gateway     text NOT NULL,
    brand       text,
    last4       text,
    exp_month   bigint,
    exp_year    bigint,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX payment_methods_by_customer ON payment_methods (account_id, generation, customer_id, id);

CREATE TABLE subscriptions (
    account_id           uuid NOT NULL,
    generation           bigint NOT NULL,
    id                   text COLLATE "C" NOT NULL,
    version              bigint NOT NULL,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    customer_id          text COLLATE "C" NOT NULL,
    plan_id              text COLLATE "C" NOT NULL,
    product_id           text COLLATE "C" NOT NULL,
    currency             text NOT NULL,
    quantity             bigint NOT NULL,
    status               text NOT NULL,
    auto_renew           boolean NOT NULL,
    collection_method    text NOT NULL,
    payment_method_id    text COLLATE "C",
    start_date           timestamptz NOT NULL,
    phase_id             text COLLATE "C" NOT NULL,
    current_period_start timestamptz NOT NULL,
    current_period_end   timestamptz NOT NULL,
    renews_at            timestamptz,
    expires_at           timestamptz,
    cancel_at_period_end boolean NOT NULL,
    canceled_at          timestamptz,
    cancel_reason        text,
    ended_at             timestamptz,
    incomplete_until     timestamptz,
    seat_capacity        bigint,
    shipments_remaining  bigint,
    suspended_until      timestamptz,
    latest_invoice_id    text COLLATE "C",
    latest_payment_error json,
    old_provider_id      text,
    metadata             json NOT NULL,
    due_at               timestamptz,
    due_kind             text,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX subscriptions_by_time ON subscriptions (account_id, generation, created_at, id);
CREATE INDEX subscriptions_by_customer ON subscriptions (account_id, generation, customer_id);
CREATE INDEX subscriptions_by_old_id ON subscriptions (account_id, generation, old_provider_id)
    WHERE old_provider_id IS NOT NULL;
CREATE INDEX subscriptions_due ON subscriptions (account_id, generation, due_at, id)
    WHERE due_at IS NOT NULL;
COMMENT ON COLUMN subscriptions.due_kind IS 'What happens at due_at by itself: renew, expire, give_up.';

CREATE TABLE subscription_phases (
    account_id      uuid NOT NULL,
    generation      bigint NOT NULL,
    subscription_id text COLLATE "C" NOT NULL,
    id              text COLLATE "C" NOT NULL,
    plan_id         text COLLATE "C" NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    PRIMARY KEY (account_id, generation, subscription_id, id)
);

CREATE TABLE invoices (
    account_id                   uuid NOT NULL,
    generation                   bigint NOT NULL,
    id                           text COLLATE "C" NOT NULL,
    version                      bigint NOT NULL,
    created_at                   timestamptz NOT NULL,
    updated_at                   timestamptz NOT NULL,
    number                       text,
    status                       text NOT NULL,
    customer_id                  text COLLATE "C" NOT NULL,
    subscription_id              text COLLATE "C",
    currency                     text NOT NULL,
    collection_method            text NOT NULL,
    billing_reason               text NOT NULL,
    subtotal                     bigint NOT NULL,
    tax                          bigint NOT NULL,
    total                        bigint NOT NULL,
    amount_paid                  bigint NOT NULL,
    balance_applied              bigint NOT NULL,
    amount_remaining             bigint NOT NULL,
    issued_at                    timestamptz,
    due_at                       timestamptz,
    paid_at                      timestamptz,
    current_period_start         timestamptz,
    current_period_end           timestamptz,
    revenue_recognition_strategy text NOT NULL,
    open_payment_id              text COLLATE "C",
    notes                        text,
    purchase_order               text,
    old_provider_id              text,
    metadata                     json NOT NULL,
    lines                        json NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX invoices_by_time ON invoices (account_id, generation, created_at, id);
CREATE INDEX invoices_by_customer ON invoices (account_id, generation, customer_id);
CREATE INDEX invoices_by_subscription ON invoices (account_id, generation, subscription_id)
    WHERE subscription_id IS NOT NULL;
CREATE INDEX invoices_by_number ON invoices (account_id, generation, number) WHERE number IS NOT NULL;
CREATE INDEX invoices_due ON invoices (account_id, generation, due_at, id)
    WHERE status = 'open' AND collection_method = 'send_invoice';

CREATE TABLE payments (
    account_id        uuid NOT NULL,
    generation        bigint NOT NULL,
    id                text COLLATE "C" NOT NULL,
    version           bigint NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    status            text NOT NULL,
    customer_id       text COLLATE "C" NOT NULL,
    invoice_id        text COLLATE "C",
    amount            bigint NOT NULL,
    currency          text NOT NULL,
    gateway           text,
    payment_method_id text COLLATE "C",
    gateway_reference text,
    category          text,
    reference         text,
    failure_code      text,
    failure_detail    text,
    started_at        timestamptz NOT NULL,
    settled_at        timestamptz,
    wall_at           timestamptz NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX payments_by_time ON payments (account_id, generation, created_at, id);
CREATE INDEX payments_by_invoice ON payments (account_id, generation, invoice_id)
    WHERE invoice_id IS NOT NULL;
CREATE INDEX payments_unanswered ON payments (account_id, generation, wall_at, id)
    WHERE status = 'started';
COMMENT ON COLUMN payments.wall_at IS 'When the intent was really recorded, whatever a test clock says.';

CREATE TABLE balances (
    account_id  uuid NOT NULL,
    generation  bigint NOT NULL,
    id          text COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    currency    text NOT NULL,
    amount      bigint NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX balances_by_customer ON balances (account_id, generation, customer_id, currency);

CREATE TABLE balance_transactions (
    account_id     uuid NOT NULL,
    generation     bigint NOT NULL,
    id             text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    balance_id     text COLLATE "C" NOT NULL,
    customer_id    text COLLATE "C" NOT NULL,
    type           text NOT NULL,
    amount         bigint NOT NULL,
    currency       text NOT NULL,
    ending_balance bigint NOT NULL,
    invoice_id     text COLLATE "C",
    payment_id     text COLLATE "C",
    description    text NOT NULL,
    PRIMARY KEY (account_id, generation, id)
);
CREATE INDEX balance_transactions_by_time ON balance_transactions (account_id, generation, created_at, id);
CREATE INDEX balance_transactions_by_customer
    ON balance_transactions (account_id, generation, customer_id);


GRANT SELECT, INSERT, UPDATE, DELETE ON projection_tracking, projection_live, accounts, products, plans, customers, payment_methods, subscriptions, subscription_phases, invoices, payments, balances, balance_transactions TO subledger_service;
