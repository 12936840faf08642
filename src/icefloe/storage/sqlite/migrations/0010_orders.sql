-- What customers bought, or must pay.
CREATE TABLE orders (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    document BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    product_id BLOB,
    discount_id BLOB,
    subscription_id BLOB,
    checkout_id BLOB,
    status TEXT NOT NULL,
    product_billing_type TEXT,
    net_amount INTEGER NOT NULL,
    invoice_number_key BLOB NOT NULL,
    has_invoice_number INTEGER NOT NULL,
    has_receipt_number INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX orders_id ON orders (organization_id, id);
CREATE INDEX orders_by_sequence ON orders (organization_id);
CREATE INDEX orders_by_created_at ON orders (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_net_amount ON orders (organization_id, net_amount, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_status ON orders (organization_id, status, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_customer ON orders (organization_id, customer_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_product ON orders (organization_id, product_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_subscription
    ON orders (organization_id, subscription_id, created_at, sequence) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_checkout ON orders (organization_id, checkout_id) WHERE deleted_at IS NULL;
