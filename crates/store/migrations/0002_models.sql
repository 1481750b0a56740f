-- Language models: what their calls cost, what rows of a group share, and the wording they were asked in.

ALTER TABLE usage ADD COLUMN model TEXT;
ALTER TABLE usage ADD COLUMN input_tokens BIGINT;
ALTER TABLE usage ADD COLUMN cached_tokens BIGINT;
ALTER TABLE usage ADD COLUMN output_tokens BIGINT;
-- Millionths of a US dollar; null where the price is not known.
ALTER TABLE usage ADD COLUMN cost_micro_usd BIGINT;

-- Entries for each call of a model: set aside before it (above zero); spent by it, given back after it, or lost with a
-- worker (below zero). Those of a run that has ended add up to nothing.
CREATE TABLE ledger (
    seq       IDENTITY,
    run_seq   BIGINT NOT NULL REFERENCES runs (seq),
    attempt   BIGINT NOT NULL,
    hash      BYTES  NOT NULL,
    nth       BIGINT NOT NULL,
    entry     TEXT   NOT NULL CHECK (entry IN ('reserved', 'spent', 'released', 'lost')),
    tokens    BIGINT NOT NULL,
    micro_usd BIGINT NOT NULL,
    at_ms     BIGINT NOT NULL
);
CREATE INDEX ledger_by_run ON ledger (run_seq);

-- Answers of models that all rows of a group may use: equal questions are paid for once.
CREATE TABLE shared_answers (
    group_seq  BIGINT NOT NULL REFERENCES groups (seq),
    kind       TEXT   NOT NULL,
    hash       BYTES  NOT NULL,
    nth        BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    answer     TEXT   NOT NULL,
    made_at_ms BIGINT NOT NULL,
    PRIMARY KEY (group_seq, kind, hash, nth)
);

-- Sets of prompts, each whole: a run goes on with the one that it began with.
CREATE TABLE prompts (
    hash BYTES PRIMARY KEY,
    body TEXT NOT NULL
);
