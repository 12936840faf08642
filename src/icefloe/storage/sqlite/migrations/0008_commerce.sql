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
