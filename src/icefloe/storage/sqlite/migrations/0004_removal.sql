-- For each customer that is removed, SQLite would read all rows of these tables, whose keys begin with
-- the organization: they refer to customers no longer. Nothing in the file changes but the text, as
-- https://sqlite.org/lang_altertable.html#otheralter has it; the rows are not copied.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' REFERENCES customers (sequence)', '')
    WHERE type = 'table' AND name IN ('customer_search', 'customer_metadata');
PRAGMA writable_schema = RESET;
-- Whoever has the file open sees by this that the schema has changed.
CREATE TABLE new_schema (number INTEGER) STRICT;
DROP TABLE new_schema;
