-- What an address of the web led to when its host was last asked, so that it need not be asked again, or need not
-- send the same again. A cache: rows may be lost without harm.
CREATE TABLE visits (
    owner         BIGINT NOT NULL REFERENCES owners (seq),
    -- As it was asked for; the page's own address is where the redirects led.
    address       TEXT   NOT NULL,
    text_seq      BIGINT NOT NULL REFERENCES texts (seq) ON DELETE CASCADE,
    etag          TEXT,
    last_modified TEXT,
    at_ms         BIGINT NOT NULL,
    PRIMARY KEY (owner, address)
);
CREATE INDEX visits_by_text ON visits (text_seq);
