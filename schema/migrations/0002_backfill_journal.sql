-- What cg-backfill keeps: its runs, and every value it wrote or took back. No foreign keys to Cinder's
-- tables: a purge must never be in the way of the journal, nor the journal in the way of a purge.

-- migrate:up
CREATE TABLE cg_backfill_run (
    id INTEGER NOT NULL,
    state VARCHAR(16) NOT NULL,
    naming VARCHAR(16) NOT NULL,
    column_written VARCHAR(255) NOT NULL,
    accepts VARCHAR(255) NOT NULL,
    started_at TIMESTAMP NOT NULL,
    heartbeat_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    host VARCHAR(255),
    pid BIGINT,
    version VARCHAR(64),
    fence BIGINT NOT NULL,
    last_group VARCHAR(255),
    last_seq BIGINT NOT NULL,
    written BIGINT NOT NULL,
    swept BIGINT NOT NULL,
    undone BIGINT NOT NULL,
    missed BIGINT NOT NULL,
    counts TEXT,
    verified BIGINT,
    failure TEXT,
    acknowledged TEXT,
    PRIMARY KEY (id),
    CHECK (state IN ('active', 'paused', 'finished', 'poisoned', 'failed'))
);

CREATE TABLE cg_backfill_journal (
    run_id INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    group_id VARCHAR(255) NOT NULL,
    old_value VARCHAR(255),
    new_value VARCHAR(255),
    verdict VARCHAR(16) NOT NULL,
    votes TEXT NOT NULL,
    evidence VARCHAR(64) NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (run_id, seq),
    CHECK (kind IN ('write', 'sweep', 'undo'))
);

-- migrate:verify
SELECT fence, last_seq FROM cg_backfill_run WHERE 1 = 0;
SELECT run_id, evidence FROM cg_backfill_journal WHERE 1 = 0;

-- migrate:down preserve:cg_backfill_run preserve:cg_backfill_journal
DROP TABLE cg_backfill_journal;
DROP TABLE cg_backfill_run;
