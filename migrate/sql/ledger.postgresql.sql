-- The ledger: one row an event, never changed, never removed. @ledger@ is its qualified name.
CREATE TABLE @ledger@ (
    number BIGINT NOT NULL PRIMARY KEY,
    event VARCHAR(16) NOT NULL,
    version BIGINT NOT NULL,
    name VARCHAR(255) NOT NULL,
    at TIMESTAMP NOT NULL,
    duration_ms BIGINT NOT NULL,
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
CREATE OR REPLACE FUNCTION @refuse@() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger of cg-migrate is append-only: % refused', TG_OP
        USING HINT = 'cg-migrate writes new events and never changes old ones';
END
$$;
CREATE TRIGGER cg_ledger_refuse_change BEFORE UPDATE OR DELETE ON @ledger@
    FOR EACH ROW EXECUTE PROCEDURE @refuse@();
CREATE TRIGGER cg_ledger_refuse_truncate BEFORE TRUNCATE ON @ledger@
    FOR EACH STATEMENT EXECUTE PROCEDURE @refuse@();
