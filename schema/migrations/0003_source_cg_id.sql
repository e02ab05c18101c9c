-- The group that a group was cloned from. No foreign key, no default, like upstream's source_cgid:
-- the source may be purged while its clones live, and adding the column must not rewrite the table.

-- migrate:up
ALTER TABLE consistencygroups ADD COLUMN source_cg_id VARCHAR(36);

-- migrate:verify
SELECT source_cg_id FROM consistencygroups WHERE 1 = 0;

-- migrate:down preserve:consistencygroups.source_cg_id
ALTER TABLE consistencygroups DROP COLUMN source_cg_id;
