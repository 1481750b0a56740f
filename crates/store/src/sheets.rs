//! Sheets that were dropped on a page and wait for what is to be found for their rows.

use domain::clock::TimeMs;

use crate::db::{execute, fetch_optional};
use crate::{Failed, Owner, Store};

/// A sheet as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedSheet {
    pub name: String,
    pub body: Vec<u8>,
    pub created_at: TimeMs,
}

/// Most sheets that one owner has waiting: the oldest make way.
const MAX_WAITING: i64 = 20;
/// How long a sheet waits: a working day, in which its columns are thought over.
const LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;

impl Store {
    /// Keeps a sheet and answers its id.
    pub async fn put_sheet(
        &self,
        owner: Owner,
        name: String,
        body: Vec<u8>,
    ) -> Result<String, Failed> {
        let id = format!("sheet_{:032x}", self.chance().next());
        let (new, now) = (id.clone(), self.clock().now());
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- put_sheet: what is too old or too much
                         DELETE FROM sheets WHERE owner = $1 AND (created_at_ms < $2 OR seq IN (
                             SELECT seq FROM sheets WHERE owner = $1 ORDER BY seq DESC LIMIT 1000 OFFSET $3))",
                        owner.0,
                        now.0 - LIFETIME_MS,
                        MAX_WAITING - 1
                    )?;
                    execute!(
                        conn,
                        "-- put_sheet
                         INSERT INTO sheets (id, owner, name, body, created_at_ms) VALUES ($1, $2, $3, $4, $5)",
                        new,
                        owner.0,
                        name.replace('\0', "\u{fffd}"),
                        lz4_flex::compress_prepend_size(&body),
                        now.0
                    )
                })
            })
            .await?;
        Ok(id)
    }

    /// A sheet that waits, if it is this owner's.
    pub async fn find_sheet(
        &self,
        owner: Owner,
        id: &str,
    ) -> Result<Option<UploadedSheet>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(String, Vec<u8>, i64)> = fetch_optional!(
            conn,
            (String, Vec<u8>, i64),
            "-- find_sheet
             SELECT name, body, created_at_ms FROM sheets WHERE id = $1 AND owner = $2",
            id,
            owner.0
        )?;
        found
            .map(|(name, body, at)| {
                let body = lz4_flex::decompress_size_prepended(&body)
                    .map_err(|why| crate::document::unreadable("sheet", why))?;
                Ok(UploadedSheet { name, body, created_at: TimeMs(at) })
            })
            .transpose()
    }
}
