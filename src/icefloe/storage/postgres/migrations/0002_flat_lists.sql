-- Those who are called the same stand in the order in which they were made; and by two criteria.
DROP INDEX customers_by_name;
CREATE INDEX customers_by_name ON customers (organization_id, name_key, created_at, sequence)
    WHERE deleted_at IS NULL;
CREATE INDEX customers_by_name_and_email ON customers (organization_id, name_key, email_key, sequence)
    WHERE deleted_at IS NULL;

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

-- What is yet to be put in its place is read by each search: 256 kB of it at most.
ALTER INDEX customer_search_trigrams SET (gin_pending_list_limit = 256);
