-- What customers bought, or must pay.
CREATE SEQUENCE orders_sequence;
CREATE TABLE orders (
    sequence bigint NOT NULL DEFAULT nextval('orders_sequence'),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    document bytea NOT NULL,
    customer_id uuid NOT NULL,
    product_id uuid,
    discount_id uuid,
    subscription_id uuid,
    checkout_id uuid,
    status text COLLATE "C" NOT NULL,
    product_billing_type text COLLATE "C",
    net_amount bigint NOT NULL,
    invoice_number_key bytea NOT NULL,
    has_invoice_number boolean NOT NULL,
    has_receipt_number boolean NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX orders_id ON orders (organization_id, id);
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
