-- The whole schema: what all migrations together make. A test holds the two equal.
-- Moments are microseconds since 1970 in UTC. Text is compared by its bytes (COLLATE "C"), whatever
-- the database's own order: the order that people see is in the keys.
--
-- Every primary key, and every unique one of a table that grows, begins with the organization: rows can
-- be spread over tables and machines by it. Rows of a customer do not refer to the organization by a
-- foreign key, for each would lock that one row, which all writers of the organization share.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- `profile` has the settings that differ from the defaults, as JSON.
CREATE TABLE organizations (
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    modified_at bigint,
    profile text COLLATE "C" NOT NULL DEFAULT '{}',
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_slug UNIQUE (slug)
);

CREATE TABLE tokens (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    scopes text COLLATE "C" NOT NULL,
    token_hash text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint,
    CONSTRAINT tokens_pkey PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX tokens_id ON tokens (id);
CREATE UNIQUE INDEX tokens_token_hash ON tokens (token_hash);

-- `sequence` is the order in which customers were inserted: the unique end of every sort.
-- email_lower, email_key, name_key and document are derived from the other columns.
CREATE SEQUENCE customers_sequence;
CREATE TABLE customers (
    sequence bigint NOT NULL DEFAULT nextval('customers_sequence'),
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    modified_at bigint,
    deleted_at bigint,
    type text COLLATE "C" NOT NULL,
    email text COLLATE "C",
    email_verified boolean NOT NULL,
    external_id text COLLATE "C",
    name text COLLATE "C",
    billing_name text COLLATE "C",
    billing_address text COLLATE "C",
    tax_id text COLLATE "C",
    locale text COLLATE "C",
    metadata text COLLATE "C" NOT NULL,
    default_payment_method_id uuid,
    first_user_event_at bigint,
    email_lower text COLLATE "C",
    email_key bytea NOT NULL,
    name_key bytea NOT NULL,
    document bytea NOT NULL,
    is_active boolean NOT NULL DEFAULT FALSE,
    has_commerce boolean NOT NULL DEFAULT FALSE,
    CONSTRAINT customers_pkey PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX customers_email ON customers (organization_id, email_lower)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX customers_external_id ON customers (organization_id, external_id)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX customers_by_sequence ON customers (organization_id, sequence);
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
    organization_id uuid NOT NULL,
    sequence bigint NOT NULL,
    email text COLLATE "C",
    name text COLLATE "C",
    billing_name text COLLATE "C",
    external_id text COLLATE "C",
    CONSTRAINT customer_search_pkey PRIMARY KEY (organization_id, sequence)
);
-- What is yet to be put in its place is read by each search: 256 kB of it at most.
CREATE INDEX customer_search_trigrams ON customer_search
    USING gin (email gin_trgm_ops, name gin_trgm_ops, billing_name gin_trgm_ops, external_id gin_trgm_ops)
    WITH (gin_pending_list_limit = 256);

-- A row for each key of metadata, with the text that filters compare; not deleted only.
CREATE TABLE customer_metadata (
    organization_id uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT customer_metadata_pkey
        PRIMARY KEY (organization_id, key, value, created_at, sequence)
);
CREATE INDEX customer_metadata_by_sequence ON customer_metadata (organization_id, sequence);

-- How many customers of an organization are not deleted: the sum of its rows. Writers who work side by
-- side change different ones. A page has room for new versions of its rows beside the old.
CREATE TABLE customer_counts (
    organization_id uuid NOT NULL,
    slot integer NOT NULL,
    live bigint NOT NULL,
    CONSTRAINT customer_counts_pkey PRIMARY KEY (organization_id, slot)
) WITH (fillfactor = 40);

-- What lists saw of a customer before a change and after it, as JSON; for some minutes only. An entry
-- without a customer says that anything in the organization may be different.
CREATE SEQUENCE customer_changes_number;
CREATE TABLE customer_changes (
    number bigint NOT NULL DEFAULT nextval('customer_changes_number'),
    organization_id uuid NOT NULL,
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sequence bigint,
    before text COLLATE "C",
    after text COLLATE "C",
    CONSTRAINT customer_changes_pkey PRIMARY KEY (organization_id, transaction, number)
);
CREATE INDEX customer_changes_by_made_at ON customer_changes (organization_id, made_at);

CREATE TABLE members (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    created_at bigint NOT NULL,
    modified_at bigint,
    email text COLLATE "C",
    email_lower text COLLATE "C",
    name text COLLATE "C",
    external_id text COLLATE "C",
    role text COLLATE "C" NOT NULL,
    deleted_at bigint,
    CONSTRAINT members_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT members_customer FOREIGN KEY (organization_id, customer_id)
        REFERENCES customers (organization_id, id)
);
-- Exactly one; a deleted customer keeps its own. The members of a customer are changed one by one, and
-- while its ownership is handed over the owner before gives way first.
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
CREATE SEQUENCE events_sequence;
CREATE TABLE events (
    sequence bigint NOT NULL DEFAULT nextval('events_sequence'),
    organization_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    type text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    document bytea NOT NULL,
    silent boolean NOT NULL DEFAULT FALSE,
    pending boolean NOT NULL DEFAULT FALSE,
    state bytea,
    CONSTRAINT events_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE INDEX events_customer_id ON events (organization_id, customer_id);
CREATE INDEX events_pending ON events (organization_id, sequence) WHERE pending;

-- Answers to requests with an Idempotency-Key, stored for a day.
CREATE TABLE answers (
    organization_id uuid NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    customer_id uuid NOT NULL,
    document bytea NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT answers_pkey PRIMARY KEY (organization_id, key)
);
CREATE INDEX answers_created_at ON answers (organization_id, created_at);
CREATE INDEX answers_customer_id ON answers (organization_id, customer_id);

-- Who may sign in to the dashboard. `password_hash` is Argon2id's own text, with its salt.
CREATE TABLE people (
    id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    email_lower text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    password_hash text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT people_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX people_email ON people (email_lower);

-- Until there is a person: what the one-time link is derived from, besides the secret.
CREATE TABLE first_person (
    nonce uuid NOT NULL
);
INSERT INTO first_person (nonce) VALUES (gen_random_uuid());

CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, person_id)
);
CREATE INDEX memberships_by_person ON memberships (person_id);

-- `value_hash` is a keyed hash of what the browser shows.
CREATE TABLE sessions (
    id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    value_hash text COLLATE "C" NOT NULL,
    user_agent text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX sessions_value_hash ON sessions (value_hash);
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_expires_at ON sessions (expires_at);

-- `token_hash` is a keyed hash of what the link holds.
CREATE TABLE invitations (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    email text COLLATE "C",
    role text COLLATE "C" NOT NULL,
    token_hash text COLLATE "C" NOT NULL,
    created_by uuid REFERENCES people (id) ON DELETE SET NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    accepted_at bigint,
    CONSTRAINT invitations_pkey PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX invitations_id ON invitations (id);
CREATE UNIQUE INDEX invitations_token_hash ON invitations (token_hash);
CREATE INDEX invitations_by_created_by ON invitations (created_by);

-- Where an organization's events are sent. `sequence` is the order of insertion; `events` are types,
-- joined by spaces. `failures` counts failed events since the last success. One worker at a time
-- delivers to an endpoint: the holder of its lease, until the lease expires.
CREATE SEQUENCE webhook_endpoints_sequence;
CREATE TABLE webhook_endpoints (
    sequence bigint NOT NULL DEFAULT nextval('webhook_endpoints_sequence'),
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    modified_at bigint,
    deleted_at bigint,
    url text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    format text COLLATE "C" NOT NULL,
    secret text COLLATE "C" NOT NULL,
    events text COLLATE "C" NOT NULL,
    enabled boolean NOT NULL,
    signing text COLLATE "C" NOT NULL,
    api_version text COLLATE "C",
    failures integer NOT NULL DEFAULT 0,
    lease_holder uuid,
    lease_until bigint,
    CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX webhook_endpoints_id ON webhook_endpoints (organization_id, id);

-- An event for each endpoint that wanted it. `payload` is the body; NULL once it is archived. `due_at`
-- is when the next attempt is due, by the organization's clock; NULL when there is none.
CREATE SEQUENCE webhook_events_sequence;
CREATE TABLE webhook_events (
    sequence bigint NOT NULL DEFAULT nextval('webhook_events_sequence'),
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    customer_id uuid,
    type text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    modified_at bigint,
    payload bytea,
    api_version text COLLATE "C",
    attempts integer NOT NULL,
    due_at bigint,
    succeeded boolean,
    skipped boolean NOT NULL,
    last_http_code integer,
    CONSTRAINT webhook_events_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX webhook_events_id ON webhook_events (organization_id, id);
CREATE INDEX webhook_events_customer_id ON webhook_events (organization_id, customer_id);
CREATE INDEX webhook_events_first ON webhook_events (organization_id, endpoint_id, sequence)
    WHERE due_at IS NOT NULL AND attempts = 0;
CREATE INDEX webhook_events_retries ON webhook_events (organization_id, endpoint_id, due_at)
    WHERE due_at IS NOT NULL AND attempts > 0;

-- Customers whose changed state endpoints are still to be told of, when `due_at` comes by the
-- organization's clock: a second after the last change, five after the first at most.
CREATE TABLE state_triggers (
    organization_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    first_at bigint NOT NULL,
    due_at bigint NOT NULL,
    CONSTRAINT state_triggers_pkey PRIMARY KEY (organization_id, customer_id)
);
CREATE INDEX state_triggers_due_at ON state_triggers (organization_id, due_at);

-- Every attempt. `duration` is in microseconds.
CREATE SEQUENCE webhook_deliveries_sequence;
CREATE TABLE webhook_deliveries (
    sequence bigint NOT NULL DEFAULT nextval('webhook_deliveries_sequence'),
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    succeeded boolean NOT NULL,
    http_code integer,
    response text COLLATE "C",
    duration bigint NOT NULL,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX webhook_deliveries_id ON webhook_deliveries (organization_id, id);
CREATE INDEX webhook_deliveries_event_id ON webhook_deliveries (organization_id, event_id);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (organization_id, endpoint_id, sequence);
CREATE INDEX webhook_deliveries_by_type ON webhook_deliveries (organization_id, event_type, sequence);
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (organization_id, sequence) WHERE NOT succeeded;

-- Commerce: a table for each resource. The document is the object as the wire shows it, with a
-- place for each other object that it shows (domain/values/documents.py). The other columns follow
-- from it (storage/commerce/resources.py), and lists are filtered and sorted by them. `sequence` is
-- the order of insertion. The document comes last: SQLite reads a row from its beginning. What is
-- deleted stays for what refers to it.

-- What is metered.
CREATE SEQUENCE meters_sequence;
CREATE TABLE meters (
    sequence bigint NOT NULL DEFAULT nextval('meters_sequence'),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    name_key bytea NOT NULL,
    name_lower text COLLATE "C" NOT NULL,
    is_archived boolean NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT meters_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX meters_id ON meters (organization_id, id);
CREATE INDEX meters_by_name ON meters (organization_id, name_key, sequence)
    WHERE deleted_at IS NULL;

-- What customers get.
CREATE SEQUENCE benefits_sequence;
CREATE TABLE benefits (
    sequence bigint NOT NULL DEFAULT nextval('benefits_sequence'),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    type text COLLATE "C" NOT NULL,
    description_key bytea NOT NULL,
    description_lower text COLLATE "C" NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT benefits_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX benefits_id ON benefits (organization_id, id);
CREATE INDEX benefits_by_created_at ON benefits (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX benefits_by_description ON benefits (organization_id, description_key, sequence)
    WHERE deleted_at IS NULL;

-- What customers buy; its prices are in its document.
CREATE SEQUENCE products_sequence;
CREATE TABLE products (
    sequence bigint NOT NULL DEFAULT nextval('products_sequence'),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    name_key bytea NOT NULL,
    name_lower text COLLATE "C" NOT NULL,
    is_archived boolean NOT NULL,
    is_recurring boolean NOT NULL,
    visibility text COLLATE "C" NOT NULL,
    price_amount_type bytea NOT NULL,
    price_amount bigint NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT products_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX products_id ON products (organization_id, id);
CREATE INDEX products_by_created_at ON products (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX products_by_name ON products (organization_id, name_key, sequence)
    WHERE deleted_at IS NULL;

-- What lowers a price. A code is unique whatever its letter case, and free again after a deletion.
CREATE SEQUENCE discounts_sequence;
CREATE TABLE discounts (
    sequence bigint NOT NULL DEFAULT nextval('discounts_sequence'),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    id uuid NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    name_key bytea NOT NULL,
    name_lower text COLLATE "C" NOT NULL,
    code_key bytea NOT NULL,
    code_lower text COLLATE "C",
    redemptions_count bigint NOT NULL,
    ends_at bigint NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT discounts_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX discounts_id ON discounts (organization_id, id);
CREATE UNIQUE INDEX discounts_code ON discounts (organization_id, code_lower) WHERE deleted_at IS NULL;
CREATE INDEX discounts_by_created_at ON discounts (organization_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX discounts_by_name ON discounts (organization_id, name_key, sequence)
    WHERE deleted_at IS NULL;

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
CREATE INDEX orders_by_invoice_number ON orders (organization_id, invoice_number_key, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_billing_type
    ON orders (organization_id, product_billing_type, created_at, sequence) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_status ON orders (organization_id, status, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_customer ON orders (organization_id, customer_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_product ON orders (organization_id, product_id, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX orders_by_subscription
    ON orders (organization_id, subscription_id, created_at, sequence) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_checkout ON orders (organization_id, checkout_id) WHERE deleted_at IS NULL;

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

-- Which other objects an object is linked to, where it may be several.
CREATE TABLE commerce_links (
    organization_id uuid NOT NULL,
    resource text COLLATE "C" NOT NULL,
    link text COLLATE "C" NOT NULL,
    target uuid NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT commerce_links_pkey PRIMARY KEY (organization_id, resource, link, target, sequence)
);
CREATE INDEX commerce_links_by_sequence ON commerce_links (organization_id, resource, sequence);

-- The metadata of the objects, each value as the text that filters compare.
CREATE TABLE commerce_metadata (
    organization_id uuid NOT NULL,
    resource text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT commerce_metadata_pkey PRIMARY KEY (organization_id, resource, key, value, sequence)
);
CREATE INDEX commerce_metadata_by_sequence
    ON commerce_metadata (organization_id, resource, sequence);

-- How many objects of a resource are not deleted: the sum of its rows.
CREATE TABLE commerce_counts (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    resource text COLLATE "C" NOT NULL,
    slot integer NOT NULL,
    live bigint NOT NULL,
    CONSTRAINT commerce_counts_pkey PRIMARY KEY (organization_id, resource, slot)
) WITH (fillfactor = 40);

-- An event of a customer's use. It names its customer by id or by external id, and its parent by id once
-- that has arrived; `awaited_parent` is the external id of one that has not.
CREATE SEQUENCE usage_events_sequence;
CREATE TABLE usage_events (
    sequence bigint NOT NULL DEFAULT nextval('usage_events_sequence'),
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    timestamp bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    external_id text COLLATE "C",
    customer_id uuid,
    external_customer_id text COLLATE "C",
    member_id uuid,
    external_member_id text COLLATE "C",
    parent_id uuid,
    awaited_parent text COLLATE "C",
    metadata text COLLATE "C" NOT NULL,
    CONSTRAINT usage_events_pkey PRIMARY KEY (organization_id, sequence)
);
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
    organization_id uuid NOT NULL,
    external_customer_id text COLLATE "C" NOT NULL,
    CONSTRAINT awaited_customers_pkey PRIMARY KEY (organization_id, external_customer_id)
);

-- `events`, `total`, `least` and `greatest` are the tally of the customer's events, of which `consumed`
-- is made. All but the first are decimal numbers, of any length.
CREATE SEQUENCE customer_meters_sequence;
CREATE TABLE customer_meters (
    sequence bigint NOT NULL DEFAULT nextval('customer_meters_sequence'),
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    created_at bigint NOT NULL,
    modified_at bigint,
    consumed text COLLATE "C" NOT NULL,
    credited bigint NOT NULL,
    events bigint NOT NULL,
    total text COLLATE "C" NOT NULL,
    least text COLLATE "C",
    greatest text COLLATE "C",
    CONSTRAINT customer_meters_pkey PRIMARY KEY (organization_id, sequence)
);
CREATE UNIQUE INDEX customer_meters_id ON customer_meters (organization_id, id);
CREATE UNIQUE INDEX customer_meters_customer_id
    ON customer_meters (organization_id, customer_id, meter_id);
CREATE INDEX customer_meters_meter_id ON customer_meters (organization_id, meter_id);
CREATE INDEX customer_meters_by_modified_at ON customer_meters (organization_id, modified_at, sequence);

-- The different values that a meter of `unique` met in a customer's events: digests.
CREATE TABLE customer_meter_values (
    organization_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    value bytea NOT NULL,
    CONSTRAINT customer_meter_values_pkey PRIMARY KEY (organization_id, meter_id, customer_id, value)
);

-- A meter's tally of all events in an hour or in a day of UTC: `span` hours, the bucket-th since 1970.
CREATE TABLE meter_sums (
    organization_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    span integer NOT NULL,
    bucket bigint NOT NULL,
    events bigint NOT NULL,
    total text COLLATE "C" NOT NULL,
    least text COLLATE "C",
    greatest text COLLATE "C",
    CONSTRAINT meter_sums_pkey PRIMARY KEY (organization_id, meter_id, span, bucket)
);

-- The different values that a meter of `unique` met in an hour, the hour-th since 1970: digests.
CREATE TABLE meter_values (
    organization_id uuid NOT NULL,
    meter_id uuid NOT NULL,
    hour bigint NOT NULL,
    value bytea NOT NULL,
    CONSTRAINT meter_values_pkey PRIMARY KEY (organization_id, meter_id, hour, value)
);
