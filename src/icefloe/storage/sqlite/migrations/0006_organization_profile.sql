-- When an organization last changed, and which of its settings differ from the defaults, as JSON.
ALTER TABLE organizations ADD COLUMN modified_at INTEGER;
ALTER TABLE organizations ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
