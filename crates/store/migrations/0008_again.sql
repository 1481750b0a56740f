-- When somebody last asked for a run to be done again; null where nobody has. A model that was left alone before may then be
-- asked once: see crates/llm/src/breaker.rs.
ALTER TABLE runs ADD COLUMN asked_again_at_ms BIGINT;
