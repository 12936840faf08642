-- The whole schema: what all migrations together make. A test holds the two equal.
-- Moments are microseconds since 1970 in UTC; identifiers are the 16 bytes of a UUID.

-- `profile` has the settings that differ from the defaults, as JSON.
CREATE TABLE organizations (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER,
    profile TEXT NOT NULL DEFAULT '{}',
    CONSTRAINT organizations_slug UNIQUE (slug)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tokens_id ON tokens (id);
CREATE UNIQUE INDEX tokens_token_hash ON tokens (token_hash);

-- `sequence` is the order in which customers were inserted: the unique end of every sort.
-- email_lower, email_key, name_key and document are derived from the other columns.
CREATE TABLE customers (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER,
    deleted_at INTEGER,
    type TEXT NOT NULL,
    email TEXT,
    email_verified INTEGER NOT NULL,
    external_id TEXT,
    name TEXT,
    billing_name TEXT,
    billing_address TEXT,
    tax_id TEXT,
    locale TEXT,
    metadata TEXT NOT NULL,
    default_payment_method_id BLOB,
    first_user_event_at INTEGER,
    email_lower TEXT,
    email_key BLOB NOT NULL,
    name_key BLOB NOT NULL,
    document BLOB NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 0,
    has_commerce INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX customers_id ON customers (organization_id, id);
CREATE UNIQUE INDEX customers_email ON customers (organization_id, email_lower)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX customers_external_id ON customers (organization_id, external_id)
    WHERE deleted_at IS NULL;
-- In order of sequence, the rowid, which every index ends in. Named as a column besides, it would be
-- taken for two conditions, and SQLite would try each pair of what two filters find.
CREATE INDEX customers_by_sequence ON customers (organization_id);
CREATE INDEX customers_by_created_at ON customers (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX customers_by_email ON customers (organization_id, email_key, sequence)
    WHERE deleted_at IS NULL;
-- Those who are called the same stand in the order in which they were made; and by two criteria.
CREATE INDEX customers_by_name ON customers (organization_id, name_key, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX customers_by_name_and_email ON customers (organization_id, name_key, email_key, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX customers_by_activity ON customers (organization_id, is_active, created_at, sequence)
    WHERE deleted_at IS NULL;

-- The text that `query` searches, lower-cased; customers who are not deleted only.
CREATE TABLE customer_search (
    organization_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    email TEXT,
    name TEXT,
    billing_name TEXT,
    external_id TEXT,
    PRIMARY KEY (organization_id, sequence)
) STRICT, WITHOUT ROWID;

-- A row for each key of metadata, with the text that filters compare; not deleted only.
CREATE TABLE customer_metadata (
    organization_id BLOB NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (organization_id, key, value, created_at, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_metadata_by_sequence ON customer_metadata (organization_id, sequence);

-- How many customers of an organization are not deleted: the sum of its rows.
CREATE TABLE customer_counts (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    slot INTEGER NOT NULL,
    live INTEGER NOT NULL,
    PRIMARY KEY (organization_id, slot)
) STRICT, WITHOUT ROWID;

-- What lists saw of a customer before a change and after it, as JSON; the last of such entries only. One
-- without a customer says that anything in the organization may be different.
CREATE TABLE customer_changes (
    number INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    sequence INTEGER,
    before TEXT,
    after TEXT
) STRICT;
CREATE INDEX customer_changes_by_organization ON customer_changes (organization_id, number);

-- An index of the text in `customer_search`, of customers up to the mark; others are yet to be put in.
CREATE TABLE search_mark (
    sequence INTEGER NOT NULL
) STRICT;
INSERT INTO search_mark (sequence) VALUES (0);
CREATE VIEW customer_search_indexed AS
    SELECT sequence, email, name, billing_name, external_id FROM customer_search
    WHERE sequence <= (SELECT sequence FROM search_mark);
CREATE VIRTUAL TABLE customer_trigrams USING fts5 (
    email, name, billing_name, external_id,
    content = 'customer_search_indexed', content_rowid = 'sequence',
    tokenize = 'trigram case_sensitive 1', columnsize = 0
);
-- What is taken out of the index is overwritten, not only passed over.
INSERT INTO customer_trigrams (customer_trigrams, rank) VALUES ('secure-delete', 1);

CREATE TABLE members (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER,
    email TEXT,
    email_lower TEXT,
    name TEXT,
    external_id TEXT,
    role TEXT NOT NULL,
    deleted_at INTEGER,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id)
) STRICT, WITHOUT ROWID;
-- Exactly one; a deleted customer keeps its own.
CREATE UNIQUE INDEX members_owner ON members (organization_id, customer_id)
    WHERE role = 'owner';
CREATE INDEX members_by_customer
    ON members (organization_id, customer_id, created_at, id, role, deleted_at);
CREATE UNIQUE INDEX members_email ON members (organization_id, customer_id, email_lower)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX members_external_id ON members (organization_id, customer_id, external_id)
    WHERE deleted_at IS NULL;
CREATE INDEX members_by_created_at ON members (organization_id, created_at, id, role, deleted_at);

-- What happened, in order; `document` is the customer, member or organization as the wire showed it then.
-- `customer_id` is all zeros where there is none. Webhooks leave out what is `silent`, and are
-- still to be queued for what is `pending`.
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    customer_id BLOB NOT NULL,
    type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    document BLOB NOT NULL,
    silent INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0,
    state BLOB
) STRICT;
CREATE INDEX events_customer_id ON events (organization_id, customer_id);
-- In order of sequence, the rowid, which every index ends in.
CREATE INDEX events_by_sequence ON events (organization_id);
CREATE INDEX events_pending ON events (organization_id) WHERE pending;

-- Answers to requests with an Idempotency-Key, stored for a day.
CREATE TABLE answers (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    document BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_created_at ON answers (organization_id, created_at);
CREATE INDEX answers_customer_id ON answers (organization_id, customer_id);

-- Who may sign in to the dashboard. `password_hash` is Argon2id's own text, with its salt.
CREATE TABLE people (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_lower TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX people_email ON people (email_lower);

-- Until there is a person: what the one-time link is derived from, besides the secret.
CREATE TABLE first_person (
    nonce BLOB NOT NULL
) STRICT;
INSERT INTO first_person (nonce) VALUES (randomblob(16));

CREATE TABLE memberships (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    person_id BLOB NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_person ON memberships (person_id);

-- `value_hash` is a keyed hash of what the browser shows.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    value_hash TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sessions_value_hash ON sessions (value_hash);
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_expires_at ON sessions (expires_at);

-- `token_hash` is a keyed hash of what the link holds.
CREATE TABLE invitations (
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    email TEXT,
    role TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_by BLOB REFERENCES people (id) ON DELETE SET NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    accepted_at INTEGER,
    PRIMARY KEY (organization_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX invitations_id ON invitations (id);
CREATE UNIQUE INDEX invitations_token_hash ON invitations (token_hash);
CREATE INDEX invitations_by_created_by ON invitations (created_by);

-- Where an organization's events are sent. `sequence` is the order of insertion; `events` are types,
-- joined by spaces. `failures` counts failed events since the last success. One worker at a time
-- delivers to an endpoint: the holder of its lease, until the lease expires.
CREATE TABLE webhook_endpoints (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER,
    deleted_at INTEGER,
    url TEXT NOT NULL,
    name TEXT,
    format TEXT NOT NULL,
    secret TEXT NOT NULL,
    events TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    signing TEXT NOT NULL,
    api_version TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    lease_holder BLOB,
    lease_until INTEGER
) STRICT;
CREATE UNIQUE INDEX webhook_endpoints_id ON webhook_endpoints (organization_id, id);

-- An event for each endpoint that wanted it. `payload` is the body; NULL once it is archived. `due_at`
-- is when the next attempt is due, by the organization's clock; NULL when there is none.
CREATE TABLE webhook_events (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    endpoint_id BLOB NOT NULL,
    customer_id BLOB,
    type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER,
    payload BLOB,
    api_version TEXT,
    attempts INTEGER NOT NULL,
    due_at INTEGER,
    succeeded INTEGER,
    skipped INTEGER NOT NULL,
    last_http_code INTEGER
) STRICT;
CREATE UNIQUE INDEX webhook_events_id ON webhook_events (organization_id, id);
CREATE INDEX webhook_events_customer_id ON webhook_events (organization_id, customer_id);
CREATE INDEX webhook_events_by_sequence ON webhook_events (organization_id);
CREATE INDEX webhook_events_first ON webhook_events (organization_id, endpoint_id, sequence)
    WHERE due_at IS NOT NULL AND attempts = 0;
CREATE INDEX webhook_events_retries ON webhook_events (organization_id, endpoint_id, due_at)
    WHERE due_at IS NOT NULL AND attempts > 0;

-- Customers whose changed state endpoints are still to be told of, when `due_at` comes by the
-- organization's clock: a second after the last change, five after the first at most.
CREATE TABLE state_triggers (
    organization_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    first_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (organization_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX state_triggers_due_at ON state_triggers (organization_id, due_at);

-- Every attempt. `duration` is in microseconds.
CREATE TABLE webhook_deliveries (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    endpoint_id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    event_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    http_code INTEGER,
    response TEXT,
    duration INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_deliveries_by_sequence ON webhook_deliveries (organization_id);
CREATE UNIQUE INDEX webhook_deliveries_id ON webhook_deliveries (organization_id, id);
CREATE INDEX webhook_deliveries_event_id ON webhook_deliveries (organization_id, event_id);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (organization_id, endpoint_id);
CREATE INDEX webhook_deliveries_by_type ON webhook_deliveries (organization_id, event_type);
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (organization_id) WHERE NOT succeeded;

-- Commerce: a table for each resource. The document is the object as the wire shows it, with a
-- place for each other object that it shows (domain/values/documents.py). The other columns follow
-- from it (storage/commerce/resources.py), and lists are filtered and sorted by them. `sequence` is
-- the order of insertion. The document comes last: SQLite reads a row from its beginning. What is
-- deleted stays for what refers to it.

-- What is metered.
CREATE TABLE meters (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    name_key BLOB NOT NULL,
    name_lower TEXT NOT NULL,
    is_archived INTEGER NOT NULL,
    document BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX meters_id ON meters (organization_id, id);
CREATE INDEX meters_by_sequence ON meters (organization_id);
CREATE INDEX meters_by_name ON meters (organization_id, name_key, sequence)
    WHERE deleted_at IS NULL;

-- What customers get.
CREATE TABLE benefits (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    type TEXT NOT NULL,
    description_key BLOB NOT NULL,
    description_lower TEXT NOT NULL,
    document BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX benefits_id ON benefits (organization_id, id);
CREATE INDEX benefits_by_sequence ON benefits (organization_id);
CREATE INDEX benefits_by_created_at ON benefits (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX benefits_by_description ON benefits (organization_id, description_key, sequence)
    WHERE deleted_at IS NULL;

-- What customers buy; its prices are in its document.
CREATE TABLE products (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    name_key BLOB NOT NULL,
    name_lower TEXT NOT NULL,
    is_archived INTEGER NOT NULL,
    is_recurring INTEGER NOT NULL,
    visibility TEXT NOT NULL,
    price_amount_type BLOB NOT NULL,
    price_amount INTEGER NOT NULL,
    document BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX products_id ON products (organization_id, id);
CREATE INDEX products_by_sequence ON products (organization_id);
CREATE INDEX products_by_created_at ON products (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX products_by_name ON products (organization_id, name_key, sequence)
    WHERE deleted_at IS NULL;

-- What lowers a price. A code is unique whatever its letter case, and free again after a deletion.
CREATE TABLE discounts (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    name_key BLOB NOT NULL,
    name_lower TEXT NOT NULL,
    code_key BLOB NOT NULL,
    code_lower TEXT,
    redemptions_count INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    document BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX discounts_id ON discounts (organization_id, id);
CREATE UNIQUE INDEX discounts_code ON discounts (organization_id, code_lower) WHERE deleted_at IS NULL;
CREATE INDEX discounts_by_sequence ON discounts (organization_id);
CREATE INDEX discounts_by_created_at ON discounts (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX discounts_by_name ON discounts (organization_id, name_key, sequence)
    WHERE deleted_at IS NULL;

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
-- Each ends with what its condition reads: SQLite finds rows without reading their documents then.
CREATE INDEX orders_by_created_at
    ON orders (organization_id, created_at, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_net_amount
    ON orders (organization_id, net_amount, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_invoice_number
    ON orders (organization_id, invoice_number_key, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_billing_type
    ON orders (organization_id, product_billing_type, created_at, sequence, deleted_at)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_status
    ON orders (organization_id, status, created_at, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_customer
    ON orders (organization_id, customer_id, created_at, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_product
    ON orders (organization_id, product_id, created_at, sequence, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_subscription
    ON orders (organization_id, subscription_id, created_at, sequence) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_checkout ON orders (organization_id, checkout_id) WHERE deleted_at IS NULL;

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

-- Which other objects an object is linked to, where it may be several.
CREATE TABLE commerce_links (
    organization_id BLOB NOT NULL,
    resource TEXT NOT NULL,
    link TEXT NOT NULL,
    target BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (organization_id, resource, link, target, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX commerce_links_by_sequence ON commerce_links (organization_id, resource, sequence);

-- The metadata of the objects, each value as the text that filters compare.
CREATE TABLE commerce_metadata (
    organization_id BLOB NOT NULL,
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (organization_id, resource, key, value, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX commerce_metadata_by_sequence
    ON commerce_metadata (organization_id, resource, sequence);

-- How many objects of a resource are not deleted: the sum of its rows.
CREATE TABLE commerce_counts (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    resource TEXT NOT NULL,
    slot INTEGER NOT NULL,
    live INTEGER NOT NULL,
    PRIMARY KEY (organization_id, resource, slot)
) STRICT, WITHOUT ROWID;

-- An event of a customer's use. It names its customer by id or by external id, and its parent by id once
-- that has arrived; `awaited_parent` is the external id of one that has not.
CREATE TABLE usage_events (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    timestamp INTEGER NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT,
    customer_id BLOB,
    external_customer_id TEXT,
    member_id BLOB,
    external_member_id TEXT,
    parent_id BLOB,
    awaited_parent TEXT,
    metadata TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX usage_events_id ON usage_events (organization_id, id);
CREATE UNIQUE INDEX usage_events_external_id ON usage_events (organization_id, external_id)
    WHERE external_id IS NOT NULL;
CREATE INDEX usage_events_by_timestamp ON usage_events (organization_id, timestamp, sequence);
CREATE INDEX usage_events_by_name ON usage_events (organization_id, name, timestamp, sequence);
CREATE INDEX usage_events_customer_id
    ON usage_events (organization_id, customer_id, timestamp, sequence) WHERE customer_id IS NOT NULL;
CREATE INDEX usage_events_external_customer_id
    ON usage_events (organization_id, external_customer_id, timestamp, sequence)
    WHERE external_customer_id IS NOT NULL;
CREATE INDEX usage_events_parent_id ON usage_events (organization_id, parent_id)
    WHERE parent_id IS NOT NULL;
CREATE INDEX usage_events_awaited_parent ON usage_events (organization_id, awaited_parent)
    WHERE awaited_parent IS NOT NULL;

-- External ids of customers who are not there, but have events.
CREATE TABLE awaited_customers (
    organization_id BLOB NOT NULL,
    external_customer_id TEXT NOT NULL,
    PRIMARY KEY (organization_id, external_customer_id)
) STRICT, WITHOUT ROWID;

-- `events`, `total`, `least` and `greatest` are the tally of the customer's events, of which `consumed`
-- is made. All but the first are decimal numbers, of any length.
CREATE TABLE customer_meters (
    sequence INTEGER PRIMARY KEY,
    organization_id BLOB NOT NULL,
    id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    meter_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER,
    consumed TEXT NOT NULL,
    credited INTEGER NOT NULL,
    events INTEGER NOT NULL,
    total TEXT NOT NULL,
    least TEXT,
    greatest TEXT
) STRICT;
CREATE UNIQUE INDEX customer_meters_id ON customer_meters (organization_id, id);
CREATE UNIQUE INDEX customer_meters_customer_id
    ON customer_meters (organization_id, customer_id, meter_id);
CREATE INDEX customer_meters_meter_id ON customer_meters (organization_id, meter_id);
CREATE INDEX customer_meters_by_modified_at ON customer_meters (organization_id, modified_at, sequence);

-- The different values that a meter of `unique` met in a customer's events: digests.
CREATE TABLE customer_meter_values (
    organization_id BLOB NOT NULL,
    meter_id BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (organization_id, meter_id, customer_id, value)
) STRICT, WITHOUT ROWID;

-- A meter's tally of all events in an hour or in a day of UTC: `span` hours, the bucket-th since 1970.
CREATE TABLE meter_sums (
    organization_id BLOB NOT NULL,
    meter_id BLOB NOT NULL,
    span INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    events INTEGER NOT NULL,
    total TEXT NOT NULL,
    least TEXT,
    greatest TEXT,
    PRIMARY KEY (organization_id, meter_id, span, bucket)
) STRICT, WITHOUT ROWID;

-- The different values that a meter of `unique` met in an hour, the hour-th since 1970: digests.
CREATE TABLE meter_values (
    organization_id BLOB NOT NULL,
    meter_id BLOB NOT NULL,
    hour INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (organization_id, meter_id, hour, value)
) STRICT, WITHOUT ROWID;
