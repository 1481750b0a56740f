//! Named sources of an owner.

use domain::source::{Place, Source, SourceName};

use crate::columns::columns;
use crate::db::{execute, fetch_all, fetch_one};
use crate::{Failed, Owner, Store, document};

columns! {
    struct SourceColumns {
        seq: i64,
        name: String,
        kind: String,
        location: String,
        host: Option<String>,
    }
}

impl SourceColumns {
    fn into_source(self) -> Result<Source, Failed> {
        Ok(Source {
            seq: self.seq,
            name: SourceName::parse(&self.name)
                .map_err(|why| document::unreadable("source", why))?,
            place: Place::from_parts(&self.kind, self.location)
                .ok_or_else(|| document::unreadable("source", self.kind))?,
            host: self.host,
        })
    }
}

impl Store {
    /// Adds a source, or gives the name to another place.
    pub async fn put_source(
        &self,
        owner: Owner,
        name: SourceName,
        place: Place,
        host: Option<String>,
    ) -> Result<Source, Failed> {
        let now = self.clock().now();
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let columns = fetch_one!(
                        conn,
                        SourceColumns,
                        "-- put_source
                         INSERT INTO sources (owner, name, kind, location, host, created_at_ms)
                         VALUES ($1, $2, $3, $4, $5, $6)
                         ON CONFLICT (owner, name) DO UPDATE
                         SET kind = excluded.kind, location = excluded.location, host = excluded.host
                         RETURNING seq, name, kind, location, host",
                        owner.0,
                        name.to_string(),
                        place.kind(),
                        place.location(),
                        host,
                        now.0
                    )?;
                    columns.into_source()
                })
            })
            .await
    }

    /// Forgets a source; what was read from it stays. `false` when there is none of this name.
    pub async fn remove_source(&self, owner: Owner, name: SourceName) -> Result<bool, Failed> {
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let removed = execute!(
                        conn,
                        "-- remove_source
                         DELETE FROM sources WHERE owner = $1 AND name = $2",
                        owner.0,
                        name.to_string()
                    )?;
                    Ok(removed == 1)
                })
            })
            .await
    }

    /// All sources of an owner, by name.
    pub async fn list_sources(&self, owner: Owner) -> Result<Vec<Source>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<SourceColumns> = fetch_all!(
            conn,
            SourceColumns,
            "-- list_sources
             SELECT seq, name, kind, location, host FROM sources WHERE owner = $1 ORDER BY name",
            owner.0
        )?;
        rows.into_iter().map(SourceColumns::into_source).collect()
    }
}
