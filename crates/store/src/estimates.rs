//! How earlier runs went, for estimates of new ones.

use std::time::Duration;

use domain::estimate::Measured;

use crate::db::{fetch_all, fetch_one};
use crate::{Failed, Owner, Store};

/// Completed runs that an estimate is measured on, and how far back they are looked for: listings of a table with
/// millions of rows must not wait for it.
const RUNS: i64 = 200;
const LOOKED_THROUGH: i64 = 4_000;

impl Store {
    /// Times and costs of an owner's newest completed runs on a processor.
    pub async fn measured(&self, owner: Owner, processor: &str) -> Result<Measured, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<(i64, i64, i64)> = fetch_all!(
            conn,
            (i64, i64, i64),
            "-- measured: newest first; calls without a known price make the cost of their run unknown
             SELECT newest.elapsed_ms,
                    CAST(COALESCE((SELECT SUM(cost_micro_usd) FROM usage WHERE run_seq = newest.seq), 0) AS BIGINT),
                    (SELECT COUNT(*) FROM usage
                     WHERE run_seq = newest.seq AND model IS NOT NULL AND cost_micro_usd IS NULL)
             FROM (SELECT seq, finished_at_ms - started_at_ms AS elapsed_ms, state, processor
                   FROM runs WHERE owner = $1 ORDER BY seq DESC LIMIT $3) AS newest
             WHERE newest.processor = $2 AND newest.state = 'completed'
             LIMIT $4",
            owner.0,
            processor,
            LOOKED_THROUGH,
            RUNS
        )?;
        let (call_ms,) = fetch_one!(
            conn,
            (i64,),
            "-- measured: a call of a model
             SELECT CAST(COALESCE(AVG(elapsed_ms), 0) AS BIGINT)
             FROM (SELECT elapsed_ms FROM usage WHERE model IS NOT NULL ORDER BY seq DESC LIMIT $1) AS newest",
            RUNS
        )?;
        let millis = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        let known = rows.iter().filter(|(_, _, unknown)| *unknown == 0);
        Ok(Measured {
            times: rows.iter().map(|(elapsed_ms, _, _)| millis(*elapsed_ms)).collect(),
            costs: known.map(|(_, cost, _)| u64::try_from(*cost).unwrap_or(0)).collect(),
            call: (call_ms > 0).then(|| millis(call_ms)),
        })
    }
}
