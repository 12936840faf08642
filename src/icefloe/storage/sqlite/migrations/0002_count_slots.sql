-- A counter in several rows, so that a database can be copied to and from engines that have several.
CREATE TABLE new_counts (
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    slot INTEGER NOT NULL,
    live INTEGER NOT NULL,
    PRIMARY KEY (organization_id, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO new_counts (organization_id, slot, live) SELECT organization_id, 0, live FROM customer_counts;
DROP TABLE customer_counts;
ALTER TABLE new_counts RENAME TO customer_counts;

-- What is kept no longer is removed by whoever keeps the next answer of the same organization.
DROP INDEX answers_created_at;
CREATE INDEX answers_created_at ON answers (organization_id, created_at);
