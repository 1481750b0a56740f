//! What addresses of the web led to when their hosts were last asked: the page cache of all workers, per owner.

use domain::clock::TimeMs;
use domain::evidence::TextRef;

use crate::columns::columns;
use crate::db::{execute, fetch_optional};
use crate::{Failed, Owner, Store};

/// The outcome of asking for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub text: TextRef,
    /// Version of the extractor that made the text.
    pub extractor: i64,
    /// Where the redirects led.
    pub address: String,
    pub marks: VisitMarks,
    pub at: TimeMs,
}

/// What the host sent so that it need not send the page again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VisitMarks {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Store {
    /// What an address led to when this owner's runs last asked for it.
    pub async fn find_visit(&self, owner: Owner, asked: &str) -> Result<Option<Visit>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<VisitColumns> = fetch_optional!(
            conn,
            VisitColumns,
            "-- find_visit
             SELECT v.text_seq, t.extractor, p.address, v.etag, v.last_modified, v.at_ms
             FROM visits v JOIN texts t ON t.seq = v.text_seq JOIN pages p ON p.seq = t.page_seq
             WHERE v.owner = $1 AND v.address = $2",
            owner.0,
            asked
        )?;
        Ok(found.map(|columns| Visit {
            text: TextRef(columns.text_seq),
            extractor: columns.extractor,
            address: columns.address,
            marks: VisitMarks { etag: columns.etag, last_modified: columns.last_modified },
            at: TimeMs(columns.at_ms),
        }))
    }

    /// Notes what an address led to just now: a page that came, or one that is as it was.
    pub async fn note_visit(
        &self,
        owner: Owner,
        asked: &str,
        text: TextRef,
        marks: VisitMarks,
    ) -> Result<(), Failed> {
        let (asked, now) = (asked.to_owned(), self.clock().now());
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- note_visit
                         INSERT INTO visits (owner, address, text_seq, etag, last_modified, at_ms)
                         VALUES ($1, $2, $3, $4, $5, $6)
                         ON CONFLICT (owner, address) DO UPDATE SET text_seq = excluded.text_seq, etag = excluded.etag,
                             last_modified = excluded.last_modified, at_ms = excluded.at_ms",
                        owner.0,
                        &asked,
                        text.0,
                        marks.etag,
                        marks.last_modified,
                        now.0
                    )?;
                    execute!(
                        conn,
                        "-- note_visit: the page was there
                         UPDATE pages SET last_at_ms = $1
                         WHERE seq = (SELECT page_seq FROM texts WHERE seq = $2) AND last_at_ms < $1",
                        now.0,
                        text.0
                    )?;
                    Ok(())
                })
            })
            .await
    }
}

columns! {
    struct VisitColumns {
        text_seq: i64,
        extractor: i64,
        address: String,
        etag: Option<String>,
        last_modified: Option<String>,
        at_ms: i64,
    }
}
