-- Webhooks: endpoints, events that are queued for them, and deliveries.

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

-- Whether webhooks leave an event out, and whether they are still to be queued for it.
ALTER TABLE events ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_pending ON events (organization_id) WHERE pending;
