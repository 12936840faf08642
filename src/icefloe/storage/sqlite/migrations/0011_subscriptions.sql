-- Subscriptions and benefit grants, as the other resources of commerce (see the migration before).

-- What customers pay again and again, or have for nothing.
CREATE TABLE subscriptions (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    document BLOB NOT NULL,
    status TEXT NOT NULL,
    status_rank INTEGER NOT NULL,
    customer_id BLOB NOT NULL,
    product_id BLOB NOT NULL,
    discount_id BLOB,
    cancel_at_period_end INTEGER NOT NULL,
    customer_cancellation_reason TEXT,
    amount INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    current_period_end INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    canceled_at INTEGER,
    currency TEXT NOT NULL,
    yearly_amount INTEGER NOT NULL,
    paid_from INTEGER,
    paid_until INTEGER
) STRICT;
CREATE UNIQUE INDEX subscriptions_id ON subscriptions (organization_id, id);
CREATE INDEX subscriptions_by_sequence ON subscriptions (organization_id);
-- With all that lists are filtered by: what a filter finds is counted without reading a document.
CREATE INDEX subscriptions_by_started_at ON subscriptions (organization_id, started_at, sequence, status,
    customer_id, product_id, discount_id, cancel_at_period_end, customer_cancellation_reason, canceled_at,
    deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX subscriptions_by_status_rank
    ON subscriptions (organization_id, status_rank, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX subscriptions_by_amount
    ON subscriptions (organization_id, amount, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX subscriptions_by_period_end
    ON subscriptions (organization_id, current_period_end, sequence, deleted_at)
    WHERE deleted_at IS NULL;
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

-- Each ends with what its condition reads: SQLite finds rows without reading their documents then.
DROP INDEX orders_by_created_at;
CREATE INDEX orders_by_created_at
    ON orders (organization_id, created_at, sequence, deleted_at) WHERE deleted_at IS NULL;
DROP INDEX orders_by_net_amount;
CREATE INDEX orders_by_net_amount
    ON orders (organization_id, net_amount, sequence, deleted_at) WHERE deleted_at IS NULL;
DROP INDEX orders_by_status;
CREATE INDEX orders_by_status
    ON orders (organization_id, status, created_at, sequence, deleted_at) WHERE deleted_at IS NULL;
DROP INDEX orders_by_customer;
CREATE INDEX orders_by_customer
    ON orders (organization_id, customer_id, created_at, sequence, deleted_at) WHERE deleted_at IS NULL;
DROP INDEX orders_by_product;
CREATE INDEX orders_by_product
    ON orders (organization_id, product_id, created_at, sequence, deleted_at) WHERE deleted_at IS NULL;

-- Lists of orders by their numbers, and by whether they are paid once.
CREATE INDEX orders_by_invoice_number
    ON orders (organization_id, invoice_number_key, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_billing_type
    ON orders (organization_id, product_billing_type, created_at, sequence, deleted_at)
    WHERE deleted_at IS NULL;

-- Which customers have which benefits.
CREATE TABLE benefit_grants (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    document BLOB NOT NULL,
    benefit_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    member_id BLOB,
    subscription_id BLOB,
    is_granted INTEGER NOT NULL,
    granted_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX benefit_grants_id ON benefit_grants (organization_id, id);
CREATE INDEX benefit_grants_by_sequence ON benefit_grants (organization_id);
CREATE INDEX benefit_grants_by_created_at ON benefit_grants (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX benefit_grants_by_customer
    ON benefit_grants (organization_id, customer_id, created_at, sequence) WHERE deleted_at IS NULL;
CREATE INDEX benefit_grants_by_benefit
    ON benefit_grants (organization_id, benefit_id, created_at, sequence) WHERE deleted_at IS NULL;

-- What happened to a customer who has something: the state that webhooks show after it.
ALTER TABLE events ADD COLUMN state BLOB;

-- Whether lists count a customer as active; and whether it ever had anything of commerce.
ALTER TABLE customers ADD COLUMN is_active INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customers ADD COLUMN has_commerce INTEGER NOT NULL DEFAULT 0;
CREATE INDEX customers_by_activity ON customers (organization_id, is_active, created_at, sequence)
    WHERE deleted_at IS NULL;
