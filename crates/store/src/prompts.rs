//! Sets of prompts as they were when runs began, so that a run goes on with the words that it began with.

use crate::db::{execute, fetch_optional};
use crate::{Failed, Store};

impl Store {
    /// Keeps a set under its hash; one that is there already stays.
    pub async fn keep_prompts(&self, hash: Vec<u8>, body: String) -> Result<(), Failed> {
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- keep_prompts
                         INSERT INTO prompts (hash, body) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
                        &hash,
                        &body
                    )?;
                    Ok(())
                })
            })
            .await
    }

    pub async fn find_prompts(&self, hash: &[u8]) -> Result<Option<String>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(String,)> = fetch_optional!(
            conn,
            (String,),
            "-- find_prompts
             SELECT body FROM prompts WHERE hash = $1",
            hash
        )?;
        Ok(found.map(|(body,)| body))
    }
}
