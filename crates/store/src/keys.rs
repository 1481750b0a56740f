//! Keys of callers: who they are, and since when not any more.
//!
//! A key is 128 random bits, so a plain hash of it is kept and compared; it cannot be guessed back.

use domain::clock::TimeMs;
use sha2::{Digest, Sha256};

use crate::db::{execute, fetch_all, fetch_one, fetch_optional};
use crate::{Failed, Owner, Store};

/// A key as an operator sees it: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    pub name: String,
    /// The owner whose runs it shows.
    pub owner: String,
    pub created_at: TimeMs,
    pub revoked_at: Option<TimeMs>,
}

/// What becomes of a request to add a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// The key, shown this once.
    Key(String),
    /// There is or was a key of this name.
    NameTaken,
}

const PREFIX: &str = "tmcp_";

pub(crate) fn hash_of(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

impl Store {
    /// Makes a key for the owner of this name, who is made as well where there is none.
    pub async fn add_key(&self, name: &str, owner: &str) -> Result<Added, Failed> {
        let key = format!("{PREFIX}{:032x}", self.chance().next());
        let (name, owner, hash, now) =
            (name.to_owned(), owner.to_owned(), hash_of(&key), self.clock().now());
        let added = self
            .inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- add_key: its owner
                         INSERT INTO owners (name) VALUES ($1) ON CONFLICT (name) DO NOTHING",
                        &owner
                    )?;
                    execute!(
                        conn,
                        "-- add_key
                         INSERT INTO keys (owner, name, hash, created_at_ms)
                         SELECT seq, $1, $2, $3 FROM owners WHERE name = $4
                         ON CONFLICT (name) DO NOTHING",
                        &name,
                        &hash,
                        now.0,
                        &owner
                    )
                })
            })
            .await?;
        Ok(if added == 1 { Added::Key(key) } else { Added::NameTaken })
    }

    /// Ends a key. `false` when there is no key of this name that is still good.
    pub async fn revoke_key(&self, name: &str) -> Result<bool, Failed> {
        let (name, now) = (name.to_owned(), self.clock().now());
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let revoked = execute!(
                        conn,
                        "-- revoke_key
                         UPDATE keys SET revoked_at_ms = $2 WHERE name = $1 AND revoked_at_ms IS NULL",
                        &name,
                        now.0
                    )?;
                    Ok(revoked == 1)
                })
            })
            .await
    }

    /// All keys that were ever made, oldest first.
    pub async fn list_keys(&self) -> Result<Vec<KeyRow>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<(String, String, i64, Option<i64>)> = fetch_all!(
            conn,
            (String, String, i64, Option<i64>),
            "-- list_keys
             SELECT k.name, o.name, k.created_at_ms, k.revoked_at_ms
             FROM keys k JOIN owners o ON o.seq = k.owner ORDER BY k.seq"
        )?;
        let key = |(name, owner, created_at, revoked_at): (_, _, _, Option<i64>)| KeyRow {
            name,
            owner,
            created_at: TimeMs(created_at),
            revoked_at: revoked_at.map(TimeMs),
        };
        Ok(rows.into_iter().map(key).collect())
    }

    /// Whether callers need a key: once one was made, also after all were revoked.
    pub async fn needs_keys(&self) -> Result<bool, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let (count,) = fetch_one!(
            conn,
            (i64,),
            "-- needs_keys
             SELECT COUNT(*) FROM (SELECT seq FROM keys LIMIT 1) AS one"
        )?;
        Ok(count > 0)
    }

    /// To whom a key belongs; `None` for one that is unknown or revoked.
    pub async fn owner_of_key(&self, key: &str) -> Result<Option<Owner>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let owner: Option<(i64,)> = fetch_optional!(
            conn,
            (i64,),
            "-- owner_of_key
             SELECT owner FROM keys WHERE hash = $1 AND revoked_at_ms IS NULL",
            hash_of(key)
        )?;
        Ok(owner.map(|(owner,)| Owner(owner)))
    }
}
