-- Those who are called the same stand in the order in which they were made; and by two criteria.
DROP INDEX customers_by_name;
CREATE INDEX customers_by_name ON customers (organization_id, name_key, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX customers_by_name_and_email ON customers (organization_id, name_key, email_key, sequence)
    WHERE deleted_at IS NULL;

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
INSERT INTO search_mark (sequence) SELECT coalesce(max(sequence), 0) FROM customers;
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
INSERT INTO customer_trigrams (customer_trigrams) VALUES ('rebuild');
