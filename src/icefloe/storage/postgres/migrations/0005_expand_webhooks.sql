-- Webhooks: endpoints, events that are queued for them, and deliveries.

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

-- Whether webhooks leave an event out, and whether they are still to be queued for it.
ALTER TABLE events ADD COLUMN silent boolean NOT NULL DEFAULT FALSE;
ALTER TABLE events ADD COLUMN pending boolean NOT NULL DEFAULT FALSE;
CREATE INDEX events_pending ON events (organization_id, sequence) WHERE pending;
