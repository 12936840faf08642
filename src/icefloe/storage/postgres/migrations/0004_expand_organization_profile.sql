-- When an organization last changed, and which of its settings differ from the defaults, as JSON. A
-- server that knows nothing of them inserts organizations that have the defaults.
ALTER TABLE organizations
    ADD COLUMN modified_at bigint,
    ADD COLUMN profile text COLLATE "C" NOT NULL DEFAULT '{}';
