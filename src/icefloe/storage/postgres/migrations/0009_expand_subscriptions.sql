-- Subscriptions and benefit grants, as the other resources of commerce (see the migration before).

-- What customers pay again and again, or have for nothing.
CREATE SEQUENCE subscriptions_sequence;
CREATE TABLE subscriptions (
    sequence bigint NOT NULL DEFAULT nextval('subscriptions_sequence'),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    document bytea NOT NULL,
    status text COLLATE "C" NOT NULL,
    status_rank bigint NOT NULL,
    customer_id uuid NOT NULL,
    product_id uuid NOT NULL,
    discount_id uuid,
    cancel_at_period_end boolean NOT NULL,
    customer_cancellation_reason text COLLATE "C",
    amount bigint NOT NULL,
    started_at bigint NOT NULL,
    current_period_end bigint NOT NULL,
    ends_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    canceled_at bigint,
    currency text COLLATE "C" NOT NULL,
    yearly_amount bigint NOT NULL,
    paid_from bigint,
    paid_until bigint,
    CONSTRAINT subscriptions_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX subscriptions_id ON subscriptions (organization_id, id);
-- With all that lists are filtered by: what a filter finds is counted without reading a document.
CREATE INDEX subscriptions_by_started_at ON subscriptions (organization_id, started_at, sequence, status,
    customer_id, product_id, discount_id, cancel_at_period_end, customer_cancellation_reason, canceled_at,
    deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX subscriptions_by_status_rank ON subscriptions (organization_id, status_rank, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX subscriptions_by_amount ON subscriptions (organization_id, amount, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX subscriptions_by_period_end
    ON subscriptions (organization_id, current_period_end, sequence) WHERE deleted_at IS NULL;
CREATE INDEX subscriptions_by_status ON subscriptions (organization_id, status, started_at, sequence)
    WHERE deleted_at IS NULL;
-- With the status, or SQLite would look for a customer's active ones among all active ones.
CREATE INDEX subscriptions_by_customer
    ON subscriptions (organization_id, customer_id, status, started_at, sequence, deleted_at);
CREATE INDEX subscriptions_by_product
    ON subscriptions (organization_id, product_id, started_at, sequence, deleted_at);
CREATE INDEX subscriptions_by_paid_from
    ON subscriptions (organization_id, currency, paid_from, yearly_amount, deleted_at)
    WHERE deleted_at IS NULL AND paid_from IS NOT NULL;
CREATE INDEX subscriptions_by_paid_until
    ON subscriptions (organization_id, currency, paid_until, yearly_amount, deleted_at)
    WHERE deleted_at IS NULL AND paid_until IS NOT NULL;

-- Lists of orders by their numbers, and by whether they are paid once.
CREATE INDEX orders_by_invoice_number ON orders (organization_id, invoice_number_key, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_billing_type
    ON orders (organization_id, product_billing_type, created_at, sequence) WHERE deleted_at IS NULL;

-- Which customers have which benefits.
CREATE SEQUENCE benefit_grants_sequence;
CREATE TABLE benefit_grants (
    sequence bigint NOT NULL DEFAULT nextval('benefit_grants_sequence'),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    document bytea NOT NULL,
    benefit_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    member_id uuid,
    subscription_id uuid,
    is_granted boolean NOT NULL,
    granted_at bigint NOT NULL,
    revoked_at bigint NOT NULL,
    CONSTRAINT benefit_grants_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX benefit_grants_id ON benefit_grants (organization_id, id);
CREATE INDEX benefit_grants_by_created_at ON benefit_grants (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX benefit_grants_by_customer
    ON benefit_grants (organization_id, customer_id, created_at, sequence) WHERE deleted_at IS NULL;
CREATE INDEX benefit_grants_by_benefit
    ON benefit_grants (organization_id, benefit_id, created_at, sequence) WHERE deleted_at IS NULL;

-- What happened to a customer who has something: the state that webhooks show after it.
ALTER TABLE events ADD COLUMN state bytea;

-- Whether lists count a customer as active; and whether it ever had anything of commerce.
ALTER TABLE customers ADD COLUMN is_active boolean NOT NULL DEFAULT FALSE;
ALTER TABLE customers ADD COLUMN has_commerce boolean NOT NULL DEFAULT FALSE;
CREATE INDEX customers_by_activity ON customers (organization_id, is_active, created_at, sequence)
    WHERE deleted_at IS NULL;
