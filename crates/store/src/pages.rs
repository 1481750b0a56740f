//! Pages as they were received, and our readings of them.
//!
//! Evidence is a span of one reading. A better extractor makes another reading; the old one stays as long as
//! something cites it.

use std::fmt::Write as _;
use std::sync::Arc;

use domain::evidence::{Evidence, TextRef};
use domain::ids::PageId;
use domain::text::{Span, Text};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::columns::columns;
use crate::db::{Both, Conn, execute, fetch_all, fetch_one, fetch_optional, over_rows};
use crate::{Failed, Owner, RunSeq, Store, document};

/// A page to be archived.
#[derive(Debug, Clone)]
pub struct ReadingOf {
    pub address: String,
    pub media_type: String,
    pub bytes: Arc<[u8]>,
    pub text: Arc<Text>,
    /// Version of the extractor that made the text.
    pub extractor: i64,
}

/// An archived reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Archived {
    pub text_ref: TextRef,
    pub page: PageId,
    pub address: String,
    pub media_type: String,
    pub text: Arc<Text>,
    pub first_at_ms: i64,
    /// SHA-256 of the bytes, in hex.
    pub hash: String,
    /// Which reading of the page it is, from 1, and of how many.
    pub number: i64,
    pub of: i64,
}

impl Archived {
    /// Whether a better reading of the same page has taken its place.
    pub const fn is_older(&self) -> bool {
        self.number < self.of
    }
}

impl Store {
    /// Keeps a page and our reading of it; the same bytes at the same address are kept once.
    pub async fn archive(
        &self,
        owner: Owner,
        reading: ReadingOf,
    ) -> Result<(PageId, TextRef), Failed> {
        let id = PageId::new(self.chance());
        let now = self.clock().now();
        let prepared = tokio::task::spawn_blocking(move || Prepared::of(reading))
            .await
            .map_err(|_| Failed::Closed)?;
        if let Some(known) = self.find_reading(owner, &prepared).await? {
            return Ok(known);
        }
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let (page_seq, page) = insert_page(conn, owner, id, &prepared, now.0).await?;
                    execute!(
                        conn,
                        "-- archive: our reading
                         INSERT INTO texts (page_seq, extractor, hash, body) VALUES ($1, $2, $3, $4)
                         ON CONFLICT (page_seq, extractor, hash) DO NOTHING",
                        page_seq,
                        prepared.extractor,
                        &prepared.text_hash,
                        &prepared.text
                    )?;
                    let (text,) = fetch_one!(
                        conn,
                        (i64,),
                        "-- archive: its number
                         SELECT seq FROM texts WHERE page_seq = $1 AND extractor = $2 AND hash = $3",
                        page_seq,
                        prepared.extractor,
                        &prepared.text_hash
                    )?;
                    let page = page.parse().map_err(|why| document::unreadable("page", why))?;
                    Ok((page, TextRef(text)))
                })
            })
            .await
    }

    async fn find_reading(
        &self,
        owner: Owner,
        prepared: &Prepared,
    ) -> Result<Option<(PageId, TextRef)>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(String, i64)> = fetch_optional!(
            conn,
            (String, i64),
            "-- find_reading
             SELECT p.id, t.seq FROM pages p JOIN texts t ON t.page_seq = p.seq
             WHERE p.owner = $1 AND p.address = $2 AND p.hash = $3 AND t.extractor = $4 AND t.hash = $5",
            owner.0,
            &prepared.address,
            &prepared.hash,
            prepared.extractor,
            &prepared.text_hash
        )?;
        found
            .map(|(page, text)| {
                let page = page.parse().map_err(|why| document::unreadable("page", why))?;
                Ok((page, TextRef(text)))
            })
            .transpose()
    }

    /// A reading by its number.
    pub async fn reading(&self, text: TextRef) -> Result<Option<Archived>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<ReadingColumns> = fetch_optional!(
            conn,
            ReadingColumns,
            "-- reading
             SELECT t.seq, p.id, p.address, p.media_type, p.hash, p.first_at_ms, t.body,
                    (SELECT COUNT(*) FROM texts o WHERE o.page_seq = p.seq AND o.seq <= t.seq) AS number,
                    (SELECT COUNT(*) FROM texts o WHERE o.page_seq = p.seq) AS total
             FROM texts t JOIN pages p ON p.seq = t.page_seq WHERE t.seq = $1",
            text.0
        )?;
        drop(conn);
        unpack_in_background(found).await
    }

    /// A reading of a page, by its number or else the newest, if the page is this owner's, and the places that finished
    /// runs cite in it.
    pub async fn find_page(
        &self,
        owner: Owner,
        page: PageId,
        number: Option<i64>,
    ) -> Result<Option<(Archived, Vec<Span>)>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<ReadingColumns> = fetch_optional!(
            conn,
            ReadingColumns,
            "-- find_page
             SELECT seq, id, address, media_type, hash, first_at_ms, body, number, total
             FROM (SELECT t.seq, p.id, p.address, p.media_type, p.hash, p.first_at_ms, t.body,
                          ROW_NUMBER() OVER (ORDER BY t.seq) AS number, COUNT(*) OVER () AS total
                   FROM pages p JOIN texts t ON t.page_seq = p.seq
                   WHERE p.id = $1 AND p.owner = $2) AS readings
             WHERE $3 = 0 OR number = $3 ORDER BY number DESC LIMIT 1",
            page.to_string(),
            owner.0,
            number.unwrap_or(0)
        )?;
        let Some(columns) = found else { return Ok(None) };
        let cited: Vec<(i64, i64)> = fetch_all!(
            conn,
            (i64, i64),
            "-- find_page: what is cited
             SELECT DISTINCT start_byte, end_byte FROM evidence WHERE text_seq = $1
             ORDER BY start_byte, end_byte",
            columns.seq
        )?;
        drop(conn);
        let spans = spans(cited);
        Ok(unpack_in_background(Some(columns)).await?.map(|archived| (archived, spans)))
    }

    /// The readings of a page, oldest first: each one's reference, and how many places finished runs cite in it.
    pub async fn readings_of(
        &self,
        owner: Owner,
        page: PageId,
    ) -> Result<Vec<(TextRef, i64)>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Vec<(i64, i64)> = fetch_all!(
            conn,
            (i64, i64),
            "-- readings_of
             SELECT t.seq, (SELECT COUNT(*) FROM (SELECT DISTINCT e.start_byte, e.end_byte
                                                  FROM evidence e WHERE e.text_seq = t.seq) AS places)
             FROM pages p JOIN texts t ON t.page_seq = p.seq
             WHERE p.id = $1 AND p.owner = $2 ORDER BY t.seq",
            page.to_string(),
            owner.0
        )?;
        Ok(found.into_iter().map(|(text, places)| (TextRef(text), places)).collect())
    }
}

pub(crate) fn spans(stored: Vec<(i64, i64)>) -> Vec<Span> {
    let span = |(start, end)| Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?);
    stored.into_iter().filter_map(span).collect()
}

columns! {
    struct ReadingColumns {
        seq: i64,
        id: String,
        address: String,
        media_type: String,
        hash: Vec<u8>,
        first_at_ms: i64,
        body: Vec<u8>,
        number: i64,
        total: i64,
    }
}

async fn unpack_in_background(columns: Option<ReadingColumns>) -> Result<Option<Archived>, Failed> {
    let Some(columns) = columns else { return Ok(None) };
    tokio::task::spawn_blocking(move || unpack(columns))
        .await
        .map_err(|_| Failed::Closed)?
        .map(Some)
}

fn unpack(columns: ReadingColumns) -> Result<Archived, Failed> {
    let json = lz4_flex::decompress_size_prepended(&columns.body)
        .map_err(|why| document::unreadable("text", why))?;
    let json = String::from_utf8(json).map_err(|why| document::unreadable("text", why))?;
    Ok(Archived {
        text_ref: TextRef(columns.seq),
        page: columns.id.parse().map_err(|why| document::unreadable("page", why))?,
        address: columns.address,
        media_type: columns.media_type,
        text: Arc::new(document::text_from_json(&json)?),
        first_at_ms: columns.first_at_ms,
        hash: hex(&columns.hash),
        number: columns.number,
        of: columns.total,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A page as it is stored: compressed and hashed, off the async threads.
struct Prepared {
    address: String,
    media_type: String,
    hash: Vec<u8>,
    size_bytes: i64,
    bytes: Vec<u8>,
    extractor: i64,
    text_hash: Vec<u8>,
    text: Vec<u8>,
}

impl Prepared {
    fn of(reading: ReadingOf) -> Self {
        let text = document::text_to_json(&reading.text);
        Self {
            address: reading.address,
            media_type: reading.media_type,
            hash: Sha256::digest(&reading.bytes).to_vec(),
            size_bytes: i64::try_from(reading.bytes.len()).unwrap_or(i64::MAX),
            bytes: lz4_flex::compress_prepend_size(&reading.bytes),
            extractor: reading.extractor,
            text_hash: Sha256::digest(text.as_bytes()).to_vec(),
            text: lz4_flex::compress_prepend_size(text.as_bytes()),
        }
    }
}

async fn insert_page(
    conn: &mut Conn,
    owner: Owner,
    id: PageId,
    prepared: &Prepared,
    now_ms: i64,
) -> Result<(i64, String), Failed> {
    fetch_one!(
        conn,
        (i64, String),
        "-- insert_page
         INSERT INTO pages (id, owner, hash, media_type, address, size_bytes, body, first_at_ms, last_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         ON CONFLICT (owner, address, hash) DO UPDATE SET last_at_ms = excluded.last_at_ms
         RETURNING seq, id",
        id.to_string(),
        owner.0,
        &prepared.hash,
        &prepared.media_type,
        &prepared.address,
        prepared.size_bytes,
        &prepared.bytes,
        now_ms
    )
}

/// Notes which places a run cites, so that they are kept and can be marked.
pub(crate) async fn insert_evidence<'a>(
    conn: &mut Conn,
    run: RunSeq,
    evidence: impl Iterator<Item = &'a Evidence>,
) -> Result<(), Failed> {
    let rows: Vec<Value> = evidence
        .enumerate()
        .map(|(nth, evidence)| {
            json!({"nth": nth, "text": evidence.text.0, "start": evidence.span.start, "end": evidence.span.end})
        })
        .collect();
    if !rows.is_empty() {
        execute!(conn, INSERT_EVIDENCE, Value::Array(rows).to_string(), run.0)?;
    }
    Ok(())
}

const INSERT_EVIDENCE: Both = over_rows!(
    "-- insert_evidence
     INSERT INTO evidence (run_seq, nth, text_seq, start_byte, end_byte)
     SELECT $2, CAST(value ->> 'nth' AS BIGINT), CAST(value ->> 'text' AS BIGINT),
            CAST(value ->> 'start' AS BIGINT), CAST(value ->> 'end' AS BIGINT)
     FROM ",
    " AS evidence"
);
