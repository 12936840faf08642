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
