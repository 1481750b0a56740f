//! What makes links to one run or group, and sessions of browsers, good: the secret that signs them, and which ended.

use std::collections::HashMap;

use domain::evidence::TextRef;
use domain::ids::{PageId, RunId, WorkId};
use domain::text::Span;

use crate::db::{execute, fetch_all, fetch_one, fetch_optional};
use crate::pages::spans;
use crate::{Failed, Owner, Store, document};

impl Store {
    /// The secret that signs links and sessions. Made when first asked for, the same for all processes.
    pub async fn link_secret(&self) -> Result<String, Failed> {
        let stored = self.stored_link_secret().await?;
        if let Some(secret) = stored {
            return Ok(secret);
        }
        let secret = format!("{:032x}{:032x}", self.chance().next(), self.chance().next());
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- link_secret: the first one stays
                         INSERT INTO secrets (name, value) VALUES ('links', $1) ON CONFLICT (name) DO NOTHING",
                        secret
                    )
                })
            })
            .await?;
        self.stored_link_secret().await?.ok_or(Failed::Closed)
    }

    async fn stored_link_secret(&self) -> Result<Option<String>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(String,)> = fetch_optional!(
            conn,
            (String,),
            "-- link_secret
             SELECT value FROM secrets WHERE name = 'links'"
        )?;
        Ok(found.map(|(secret,)| secret))
    }

    /// How often the links to a run or group were revoked.
    pub async fn links_revoked(&self, work: WorkId) -> Result<i64, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(i64,)> = fetch_optional!(
            conn,
            (i64,),
            "-- links_revoked
             SELECT times FROM revoked_links WHERE work = $1",
            work.to_string()
        )?;
        Ok(found.map_or(0, |(times,)| times))
    }

    /// The same of all whose links were ever revoked.
    pub async fn all_revoked_links(&self) -> Result<HashMap<String, i64>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<(String, i64)> = fetch_all!(
            conn,
            (String, i64),
            "-- all_revoked_links
             SELECT work, times FROM revoked_links"
        )?;
        Ok(rows.into_iter().collect())
    }

    /// Ends all links to a run or group that were given out.
    pub async fn revoke_links(&self, work: WorkId) -> Result<(), Failed> {
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- revoke_links
                         INSERT INTO revoked_links (work, times) VALUES ($1, 1)
                         ON CONFLICT (work) DO UPDATE SET times = revoked_links.times + 1",
                        work.to_string()
                    )
                    .map(drop)
                })
            })
            .await
    }

    /// To whom a run or group belongs, for a link that names it and nobody.
    pub async fn owner_of_work(&self, work: WorkId) -> Result<Option<Owner>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(i64,)> = match work {
            WorkId::Run(id) => fetch_optional!(
                conn,
                (i64,),
                "-- owner_of_work: a run
                 SELECT owner FROM runs WHERE id = $1",
                id.to_string()
            )?,
            WorkId::Group(id) => fetch_optional!(
                conn,
                (i64,),
                "-- owner_of_work: a group
                 SELECT owner FROM groups WHERE id = $1",
                id.to_string()
            )?,
        };
        Ok(found.map(|(owner,)| Owner(owner)))
    }

    /// Whether a run, or any row of a group, cites a page.
    pub async fn is_cited_by(&self, page: PageId, work: WorkId) -> Result<bool, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let (run, group) = match work {
            WorkId::Run(id) => (id.to_string(), String::new()),
            WorkId::Group(id) => (String::new(), id.to_string()),
        };
        let (count,) = fetch_one!(
            conn,
            (i64,),
            "-- is_cited_by
             SELECT COUNT(*) FROM (
                 SELECT 1 FROM pages p JOIN texts t ON t.page_seq = p.seq JOIN evidence e ON e.text_seq = t.seq
                      JOIN runs r ON r.seq = e.run_seq LEFT JOIN groups g ON g.seq = r.group_seq
                 WHERE p.id = $1 AND (r.id = $2 OR g.id = $3) LIMIT 1) AS one",
            page.to_string(),
            run,
            group
        )?;
        Ok(count > 0)
    }

    /// A few runs that cite a reading, the newest of those that were looked at first.
    pub async fn some_that_cite(&self, text: TextRef, limit: usize) -> Result<Vec<RunId>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let mut rows: Vec<(i64, String)> = fetch_all!(
            conn,
            (i64, String),
            "-- some_that_cite: a reading may be cited by all rows of a large table
             SELECT DISTINCT r.seq, r.id
             FROM (SELECT run_seq FROM evidence WHERE text_seq = $1 LIMIT 200) AS e JOIN runs r ON r.seq = e.run_seq",
            text.0
        )?;
        rows.sort_unstable_by_key(|(seq, _)| std::cmp::Reverse(*seq));
        rows.truncate(limit);
        let run =
            |(_, id): (i64, String)| id.parse().map_err(|why| document::unreadable("run", why));
        rows.into_iter().map(run).collect()
    }

    /// The places in a reading that a run, or any row of a group, cites.
    pub async fn places_cited_by(&self, text: TextRef, work: WorkId) -> Result<Vec<Span>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let (run, group) = match work {
            WorkId::Run(id) => (id.to_string(), String::new()),
            WorkId::Group(id) => (String::new(), id.to_string()),
        };
        let cited: Vec<(i64, i64)> = fetch_all!(
            conn,
            (i64, i64),
            "-- places_cited_by
             SELECT DISTINCT e.start_byte, e.end_byte
             FROM evidence e JOIN runs r ON r.seq = e.run_seq LEFT JOIN groups g ON g.seq = r.group_seq
             WHERE e.text_seq = $1 AND (r.id = $2 OR g.id = $3) ORDER BY e.start_byte, e.end_byte",
            text.0,
            run,
            group
        )?;
        Ok(spans(cited))
    }

    /// The number of a key that is good, for a session that is begun with it.
    pub async fn number_of_key(&self, key: &str) -> Result<Option<i64>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(i64,)> = fetch_optional!(
            conn,
            (i64,),
            "-- number_of_key
             SELECT seq FROM keys WHERE hash = $1 AND revoked_at_ms IS NULL",
            crate::keys::hash_of(key)
        )?;
        Ok(found.map(|(number,)| number))
    }

    /// To whom a key belongs that is still good, by its number.
    pub async fn owner_of_key_number(&self, number: i64) -> Result<Option<Owner>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(i64,)> = fetch_optional!(
            conn,
            (i64,),
            "-- owner_of_key_number
             SELECT owner FROM keys WHERE seq = $1 AND revoked_at_ms IS NULL",
            number
        )?;
        Ok(found.map(|(owner,)| Owner(owner)))
    }
}
