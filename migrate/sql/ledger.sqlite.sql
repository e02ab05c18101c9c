-- The ledger: one row an event, never changed, never removed. @ledger@ is its qualified name.
CREATE TABLE @ledger@ (
    number INTEGER NOT NULL PRIMARY KEY,
    event VARCHAR(16) NOT NULL,
    version INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    at DATETIME NOT NULL,
    duration_ms INTEGER NOT NULL,
    who VARCHAR(255) NOT NULL,
    tool VARCHAR(64) NOT NULL,
    raw_sha256 VARCHAR(64),
    sql_sha256 VARCHAR(64),
    sql_text TEXT,
    note TEXT,
    fingerprint VARCHAR(64),
    format INTEGER NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL
);
CREATE TRIGGER cg_ledger_refuse_update BEFORE UPDATE ON cg_ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger of cg-migrate is append-only: UPDATE refused');
END;
CREATE TRIGGER cg_ledger_refuse_delete BEFORE DELETE ON cg_ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger of cg-migrate is append-only: DELETE refused');
END;
-- INSERT OR REPLACE fires no delete trigger.
CREATE TRIGGER cg_ledger_refuse_replace BEFORE INSERT ON cg_ledger
WHEN EXISTS (SELECT 1 FROM cg_ledger WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'the ledger of cg-migrate is append-only: a second row of a number refused');
END;
