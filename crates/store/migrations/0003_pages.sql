-- What the web pages need: rows of groups by what they hold, steps with their answers, sheets on their way in, links.

-- One for each row of a group that has ended: what it is filtered, searched and sorted by, without its whole answer.
CREATE TABLE row_marks (
    group_seq BIGINT NOT NULL REFERENCES groups (seq),
    row_index BIGINT NOT NULL,
    run_seq   BIGINT NOT NULL REFERENCES runs (seq),
    -- Bits: see src/marks.rs.
    flags     BIGINT NOT NULL,
    -- The values of the answer as a JSON object, each cut short.
    cells     TEXT   NOT NULL,
    -- Question and answer in small letters.
    words     TEXT   NOT NULL,
    at_ms     BIGINT NOT NULL,
    PRIMARY KEY (group_seq, row_index)
);

-- How many rows of a group hold what: per field of the answer, and under the empty name per row.
CREATE TABLE field_marks (
    group_seq BIGINT NOT NULL REFERENCES groups (seq),
    field     TEXT   NOT NULL,
    place     BIGINT NOT NULL,
    high      BIGINT NOT NULL DEFAULT 0,
    medium    BIGINT NOT NULL DEFAULT 0,
    low       BIGINT NOT NULL DEFAULT 0,
    -- A value without a confidence.
    bare      BIGINT NOT NULL DEFAULT 0,
    missing   BIGINT NOT NULL DEFAULT 0,
    conflict  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (group_seq, field)
);

-- Sheets that were dropped on a page and wait for what is to be found for their rows.
CREATE TABLE sheets (
    seq           IDENTITY,
    id            TEXT   NOT NULL UNIQUE,
    owner         BIGINT NOT NULL REFERENCES owners (seq),
    name          TEXT   NOT NULL,
    body          BYTES  NOT NULL,
    created_at_ms BIGINT NOT NULL
);
CREATE INDEX sheets_by_owner ON sheets (owner, seq);

-- How often the links to a run or group were revoked: each time the ones before end.
CREATE TABLE revoked_links (
    work  TEXT   PRIMARY KEY,
    times BIGINT NOT NULL
);

-- What signs links and sessions, made when first asked for.
CREATE TABLE secrets (
    name  TEXT  PRIMARY KEY,
    value TEXT  NOT NULL
);

-- Which answer of the journal a call brought.
ALTER TABLE usage ADD COLUMN call_hash BYTES DEFAULT NULL;
ALTER TABLE usage ADD COLUMN call_nth BIGINT DEFAULT NULL;

-- How often a failed row was tried again because somebody asked for it.
ALTER TABLE runs ADD COLUMN retries BIGINT NOT NULL DEFAULT 0;
