//! Creations that may be repeated: the same key and body give the same answer, and make nothing new.

use domain::clock::TimeMs;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::{Conn, execute, fetch_optional};
use crate::{Failed, Owner, document};

/// What a caller sends so that a repeat is recognised.
#[derive(Debug, Clone)]
pub struct Key {
    /// Unique within one owner.
    pub text: String,
    /// SHA-256 of what was asked for, in canonical form.
    pub request_hash: Vec<u8>,
    /// How long the answer is kept.
    pub lifetime_ms: i64,
}

/// The outcome of a creation under a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Known<T> {
    New(T),
    /// Made before by the same request; nothing was made now.
    Replayed(T),
    /// The key was used for something else.
    OtherBody,
}

impl<T> Known<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::New(made) => Known::New(change(made)),
            Self::Replayed(made) => Known::Replayed(change(made)),
            Self::OtherBody => Known::OtherBody,
        }
    }

    /// What was made, now or before.
    pub fn made(self) -> Option<T> {
        match self {
            Self::New(made) | Self::Replayed(made) => Some(made),
            Self::OtherBody => None,
        }
    }
}

/// What is on record for a key.
pub enum Replayed<A> {
    Nothing,
    Same(A),
    Other,
}

/// What is on record for a key, and away with what has expired.
pub(crate) async fn look_up<A: DeserializeOwned>(
    conn: &mut Conn,
    owner: Owner,
    key: Option<&Key>,
    now: TimeMs,
) -> Result<Replayed<A>, Failed> {
    let Some(key) = key else { return Ok(Replayed::Nothing) };
    execute!(
        conn,
        "-- idempotency: forget what is over
         DELETE FROM idempotency WHERE expires_at_ms <= $1",
        now.0
    )?;
    find(conn, owner, key, now).await
}

/// What is on record for a key, for looking only.
pub(crate) async fn find<A: DeserializeOwned>(
    conn: &mut Conn,
    owner: Owner,
    key: &Key,
    now: TimeMs,
) -> Result<Replayed<A>, Failed> {
    let known: Option<(Vec<u8>, String)> = fetch_optional!(
        conn,
        (Vec<u8>, String),
        "-- idempotency: look up
         SELECT request_hash, answer FROM idempotency
         WHERE owner = $1 AND key = $2 AND expires_at_ms > $3",
        owner.0,
        &key.text,
        now.0
    )?;
    match known {
        None => Ok(Replayed::Nothing),
        Some((hash, _)) if hash != key.request_hash => Ok(Replayed::Other),
        Some((_, answer)) => Ok(Replayed::Same(document::parse("answer", &answer)?)),
    }
}

/// Puts an answer on record. [`Failed::LostRace`] when another transaction was first (PostgreSQL).
pub(crate) async fn record<A: Serialize>(
    conn: &mut Conn,
    owner: Owner,
    key: Option<&Key>,
    answer: &A,
    now: TimeMs,
) -> Result<(), Failed> {
    let Some(key) = key else { return Ok(()) };
    let answer =
        serde_json::to_string(answer).map_err(|why| document::unreadable("answer", why))?;
    let recorded = execute!(
        conn,
        "-- idempotency: record
         INSERT INTO idempotency (owner, key, request_hash, answer, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (owner, key) DO NOTHING",
        owner.0,
        &key.text,
        &key.request_hash,
        answer,
        now.plus_ms(key.lifetime_ms).0
    )?;
    if recorded == 1 { Ok(()) } else { Err(Failed::LostRace) }
}
