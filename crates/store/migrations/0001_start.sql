-- The first schema. `IDENTITY` and `BYTES` are replaced by what the database calls them (src/migrate.rs).
-- Times are UTC milliseconds. Tables join on `seq`; ids are what the outside sees and do not sort.

CREATE TABLE owners (
    seq  IDENTITY,
    name TEXT NOT NULL UNIQUE,
    -- Signs what is told to webhooks. The one before it signs as well for a day after a change.
    webhook_secret        TEXT,
    webhook_secret_before TEXT,
    secret_changed_at_ms  BIGINT
);
INSERT INTO owners (name) VALUES ('local');

-- Keys of callers, of which only the hash is kept. A revoked one stays, so that its name is not given again.
CREATE TABLE keys (
    seq           IDENTITY,
    owner         BIGINT NOT NULL REFERENCES owners (seq),
    name          TEXT   NOT NULL UNIQUE,
    hash          BYTES  NOT NULL UNIQUE,
    created_at_ms BIGINT NOT NULL,
    revoked_at_ms BIGINT
);

-- What runs are asked to do, without their input: one row serves all rows of a request.
CREATE TABLE specs (
    seq   IDENTITY,
    owner BIGINT NOT NULL REFERENCES owners (seq),
    hash  BYTES  NOT NULL,
    body  TEXT   NOT NULL,
    UNIQUE (owner, hash)
);

CREATE TABLE groups (
    seq            IDENTITY,
    id             TEXT   NOT NULL UNIQUE,
    owner          BIGINT NOT NULL REFERENCES owners (seq),
    metadata       TEXT,
    queued         BIGINT NOT NULL DEFAULT 0 CHECK (queued >= 0),
    running        BIGINT NOT NULL DEFAULT 0 CHECK (running >= 0),
    cancelling     BIGINT NOT NULL DEFAULT 0 CHECK (cancelling >= 0),
    completed      BIGINT NOT NULL DEFAULT 0,
    failed         BIGINT NOT NULL DEFAULT 0,
    cancelled      BIGINT NOT NULL DEFAULT 0,
    event_seq      BIGINT NOT NULL DEFAULT 0,
    webhook_url    TEXT,
    receiver       TEXT,
    created_at_ms  BIGINT NOT NULL,
    modified_at_ms BIGINT NOT NULL,
    expires_at_ms  BIGINT
);
CREATE INDEX groups_by_owner ON groups (owner, seq);
CREATE INDEX groups_with_queue ON groups (seq) WHERE queued > 0;

CREATE TABLE runs (
    seq             IDENTITY,
    id              TEXT   NOT NULL UNIQUE,
    owner           BIGINT NOT NULL REFERENCES owners (seq),
    group_seq       BIGINT REFERENCES groups (seq),
    row_index       BIGINT,
    spec            BIGINT NOT NULL REFERENCES specs (seq),
    processor       TEXT   NOT NULL,
    input           TEXT   NOT NULL,
    metadata        TEXT,
    warnings        TEXT,
    state           TEXT   NOT NULL
        CHECK (state IN ('queued', 'running', 'completed', 'failed', 'cancelling', 'cancelled')),
    -- The id of the run that this one follows up on.
    previous        TEXT,
    -- Whom to tell of the end: the address, and the host and port in it.
    webhook_url     TEXT,
    receiver        TEXT,
    -- Place in the queue: rows of one group follow each other, different requests take turns.
    turn            BIGINT NOT NULL,
    -- The machine that can read the run's local folders; null where any can.
    host            TEXT,
    worker          TEXT,
    attempt         BIGINT NOT NULL DEFAULT 0,
    -- Attempts since the journal last grew.
    idle_attempts   BIGINT NOT NULL DEFAULT 0,
    lease_until_ms  BIGINT,
    event_seq       BIGINT NOT NULL DEFAULT 0,
    -- When somebody asked a running one to stop.
    cancel_asked_at_ms BIGINT,
    failure_code    TEXT,
    failure_message TEXT,
    created_at_ms   BIGINT NOT NULL,
    modified_at_ms  BIGINT NOT NULL,
    started_at_ms   BIGINT,
    finished_at_ms  BIGINT,
    expires_at_ms   BIGINT,
    CHECK ((group_seq IS NULL) = (row_index IS NULL)),
    CHECK ((state IN ('queued', 'running', 'cancelling')) = (finished_at_ms IS NULL)),
    CHECK ((state IN ('running', 'cancelling')) = (lease_until_ms IS NOT NULL)),
    CHECK (state <> 'cancelling' OR cancel_asked_at_ms IS NOT NULL),
    CHECK ((state = 'failed') = (failure_code IS NOT NULL))
);
CREATE INDEX runs_queue ON runs (turn, seq) WHERE state = 'queued';
CREATE INDEX runs_queue_of_group ON runs (group_seq, turn) WHERE state = 'queued';
CREATE INDEX runs_leased ON runs (lease_until_ms) WHERE lease_until_ms IS NOT NULL;
-- For listings of single runs, which never walk over the rows of groups.
CREATE INDEX runs_single ON runs (owner, seq) WHERE group_seq IS NULL;
CREATE UNIQUE INDEX runs_of_group ON runs (group_seq, row_index) WHERE group_seq IS NOT NULL;

CREATE TABLE results (
    run_seq BIGINT PRIMARY KEY REFERENCES runs (seq),
    output  TEXT,
    receipt TEXT NOT NULL
);

CREATE TABLE events (
    run_seq BIGINT NOT NULL REFERENCES runs (seq),
    seq     BIGINT NOT NULL,
    at_ms   BIGINT NOT NULL,
    kind    TEXT   NOT NULL CHECK (kind IN ('state', 'message', 'progress')),
    body    TEXT   NOT NULL,
    PRIMARY KEY (run_seq, seq)
);

CREATE TABLE group_events (
    group_seq BIGINT NOT NULL REFERENCES groups (seq),
    seq       BIGINT NOT NULL,
    run_seq   BIGINT NOT NULL REFERENCES runs (seq),
    at_ms     BIGINT NOT NULL,
    PRIMARY KEY (group_seq, seq)
);

-- Answers from outside, each bought once. The first insert wins.
CREATE TABLE journal (
    run_seq    BIGINT NOT NULL REFERENCES runs (seq),
    kind       TEXT   NOT NULL,
    hash       BYTES  NOT NULL,
    nth        BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    answer     TEXT   NOT NULL,
    made_at_ms BIGINT NOT NULL,
    PRIMARY KEY (run_seq, kind, hash, nth)
);

-- Every call that was made, also one whose answer came second to the journal: that shows overpay.
CREATE TABLE usage (
    seq        IDENTITY,
    run_seq    BIGINT NOT NULL REFERENCES runs (seq),
    attempt    BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    is_repeat  BIGINT NOT NULL CHECK (is_repeat IN (0, 1)),
    elapsed_ms BIGINT NOT NULL,
    at_ms      BIGINT NOT NULL
);
CREATE INDEX usage_by_run ON usage (run_seq);

-- Bytes as they were received, compressed (LZ4, length first).
CREATE TABLE pages (
    seq         IDENTITY,
    id          TEXT   NOT NULL UNIQUE,
    owner       BIGINT NOT NULL REFERENCES owners (seq),
    hash        BYTES  NOT NULL,
    media_type  TEXT   NOT NULL,
    address     TEXT   NOT NULL,
    size_bytes  BIGINT NOT NULL,
    body        BYTES  NOT NULL,
    first_at_ms BIGINT NOT NULL,
    last_at_ms  BIGINT NOT NULL,
    expires_at_ms BIGINT,
    UNIQUE (owner, address, hash)
);

-- Our readings of a page. Evidence points into one of them and keeps it.
CREATE TABLE texts (
    seq       IDENTITY,
    page_seq  BIGINT NOT NULL REFERENCES pages (seq),
    extractor BIGINT NOT NULL,
    hash      BYTES  NOT NULL,
    body      BYTES  NOT NULL,
    UNIQUE (page_seq, extractor, hash)
);

CREATE TABLE evidence (
    run_seq    BIGINT NOT NULL REFERENCES runs (seq),
    nth        BIGINT NOT NULL,
    text_seq   BIGINT NOT NULL REFERENCES texts (seq),
    start_byte BIGINT NOT NULL,
    end_byte   BIGINT NOT NULL CHECK (end_byte > start_byte),
    PRIMARY KEY (run_seq, nth)
);
CREATE INDEX evidence_by_text ON evidence (text_seq);

-- What is to be told to webhooks, written in the transaction that ends a run or brings a group to rest.
CREATE TABLE deliveries (
    seq           IDENTITY,
    -- The same over all tries, so that a receiver can tell a repeat.
    id            TEXT   NOT NULL UNIQUE,
    owner         BIGINT NOT NULL REFERENCES owners (seq),
    run_seq       BIGINT REFERENCES runs (seq),
    group_seq     BIGINT REFERENCES groups (seq),
    url           TEXT   NOT NULL,
    receiver      TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('due', 'delivered', 'dead')),
    attempts      BIGINT NOT NULL DEFAULT 0,
    -- When it is tried next; while it is being tried, when somebody else may.
    next_at_ms    BIGINT NOT NULL,
    last_error    TEXT,
    created_at_ms BIGINT NOT NULL,
    ended_at_ms   BIGINT,
    CHECK ((run_seq IS NULL) <> (group_seq IS NULL))
);
CREATE INDEX deliveries_due ON deliveries (receiver, next_at_ms) WHERE state = 'due';
CREATE INDEX deliveries_by_owner ON deliveries (owner, seq);

CREATE TABLE sources (
    seq           IDENTITY,
    owner         BIGINT NOT NULL REFERENCES owners (seq),
    name          TEXT   NOT NULL,
    kind          TEXT   NOT NULL CHECK (kind IN ('folder', 'file', 'site')),
    location      TEXT   NOT NULL,
    host          TEXT,
    created_at_ms BIGINT NOT NULL,
    UNIQUE (owner, name)
);

-- Answers to creations, replayed for the same key and body.
CREATE TABLE idempotency (
    owner         BIGINT NOT NULL REFERENCES owners (seq),
    key           TEXT   NOT NULL,
    request_hash  BYTES  NOT NULL,
    answer        TEXT   NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    PRIMARY KEY (owner, key)
);
CREATE INDEX idempotency_by_age ON idempotency (expires_at_ms);
