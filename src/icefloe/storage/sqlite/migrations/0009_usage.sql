-- What an organization's customers use: events, and what its meters add up of them.
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
