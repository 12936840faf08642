-- What an organization's customers use: events, and what its meters add up of them.
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
