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
        let rows: Vec<(i64, i64, i64, i64)> = fetch_all!(
            conn,
            (i64, i64, i64, i64),
            "-- measured: newest first; calls without a known price make the cost of their run unknown
             SELECT newest.started_at_ms, newest.finished_at_ms,
                    CAST(COALESCE((SELECT SUM(cost_micro_usd) FROM usage WHERE run_seq = newest.seq), 0) AS BIGINT),
                    (SELECT COUNT(*) FROM usage
                     WHERE run_seq = newest.seq AND model IS NOT NULL AND cost_micro_usd IS NULL)
             FROM (SELECT seq, started_at_ms, finished_at_ms, state, processor
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
        let spans: Vec<(i64, i64)> = rows.iter().map(|(from, to, _, _)| (*from, *to)).collect();
        let known = rows.iter().filter(|(_, _, _, unknown)| *unknown == 0);
        Ok(Measured {
            times: spans.iter().map(|(from, to)| millis(to - from)).collect(),
            shares: shares(spans).into_iter().map(millis).collect(),
            costs: known.map(|(_, _, cost, _)| u64::try_from(*cost).unwrap_or(0)).collect(),
            call: (call_ms > 0).then(|| millis(call_ms)),
        })
    }
}

/// What each run took of the clock, in milliseconds: runs that went on side by side share the time from the beginning of the
/// first to the end of the last, for they waited for each other.
fn shares(mut spans: Vec<(i64, i64)>) -> Vec<i64> {
    spans.sort_unstable();
    let mut shares = Vec::with_capacity(spans.len());
    let mut rest = spans.as_slice();
    while let Some(&(began, mut ended)) = rest.first() {
        let mut count = 0;
        while let Some(&(_, to)) = rest.get(count).filter(|(from, _)| count == 0 || *from < ended) {
            ended = ended.max(to);
            count += 1;
        }
        let share = (ended - began) / i64::try_from(count).unwrap_or(1);
        shares.resize(shares.len() + count, share);
        rest = &rest[count..];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_side_by_side_share_the_clock_and_others_have_it_alone() {
        assert_eq!(shares(vec![(100, 160), (0, 30), (0, 60), (20, 90)]), [30, 30, 30, 60]);
        assert_eq!(shares(Vec::new()), [0_i64; 0]);
    }
}
