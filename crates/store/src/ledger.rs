//! What models may cost and do cost: set aside before a call, settled with its answer, closed when a worker is lost.
//!
//! Entries are signed, so that those of a run that has ended add up to nothing.

use crate::db::{Conn, execute, fetch_all, fetch_one};
use crate::{Call, Failed, RunSeq, Store};

/// Tokens, both ways together, and money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    pub tokens: i64,
    /// Millionths of a US dollar; 0 where the price is not known.
    pub micro_usd: i64,
}

/// What one answered call of a model cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    pub model: String,
    pub input_tokens: i64,
    pub cached_tokens: i64,
    pub output_tokens: i64,
    /// `None` where the price is not known.
    pub cost_micro_usd: Option<i64>,
}

impl Bill {
    pub(crate) fn spent(&self) -> Amount {
        Amount {
            tokens: self.input_tokens + self.output_tokens,
            micro_usd: self.cost_micro_usd.unwrap_or(0),
        }
    }
}

/// What some calls of one model cost that a run has paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    pub calls: i64,
    /// Of all of them; the cost is `None` where that of one is not known.
    pub bill: Bill,
}

/// Model, calls, tokens in, cached, out, cost, calls of unknown cost.
type PaidColumns = (String, i64, i64, i64, i64, i64, i64);

/// Calls that were under way when a worker was lost, and what had been set aside for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    pub calls: i64,
    pub amount: Amount,
}

impl Store {
    /// Sets an amount aside, committed before the call is made.
    pub async fn reserve(&self, call: &Call, attempt: i64, amount: Amount) -> Result<(), Failed> {
        let (call, now) = (call.clone(), self.clock().now().0);
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move { insert(conn, &call, attempt, "reserved", amount, now).await })
            })
            .await
    }

    /// Gives back what was set aside for a call that certainly cost nothing.
    pub async fn give_back(&self, call: &Call, attempt: i64) -> Result<(), Failed> {
        self.close(call, attempt, "released").await
    }

    /// Writes off what was set aside for a call without an answer that may have been charged all the same.
    pub async fn write_off(&self, call: &Call, attempt: i64) -> Result<(), Failed> {
        self.close(call, attempt, "lost").await
    }

    /// Writes off a part of what was set aside for a call: a request that may have been charged, while the call goes on.
    pub async fn lose(&self, call: &Call, attempt: i64, amount: Amount) -> Result<(), Failed> {
        let (call, now) = (call.clone(), self.clock().now().0);
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    insert(conn, &call, attempt, "lost", negative(amount), now).await
                })
            })
            .await
    }

    /// What a run has paid for since it was queued, model by model: whatever is in its journal, also what its newest attempt
    /// has not asked for. What came second to an answer that was there already costs and is no further call.
    pub async fn paid_by(&self, run: RunSeq) -> Result<Vec<Paid>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<PaidColumns> = fetch_all!(
            conn,
            PaidColumns,
            "-- paid_by: calls before a retry of the row are no longer in the journal, or older than those that are
             SELECT u.model, CAST(SUM(1 - u.is_repeat) AS BIGINT),
                    CAST(COALESCE(SUM(u.input_tokens), 0) AS BIGINT),
                    CAST(COALESCE(SUM(u.cached_tokens), 0) AS BIGINT),
                    CAST(COALESCE(SUM(u.output_tokens), 0) AS BIGINT),
                    CAST(COALESCE(SUM(u.cost_micro_usd), 0) AS BIGINT),
                    CAST(SUM(CASE WHEN u.cost_micro_usd IS NULL THEN 1 ELSE 0 END) AS BIGINT)
             FROM usage u JOIN journal j ON j.run_seq = u.run_seq AND j.kind = u.kind
                  AND j.hash = u.call_hash AND j.nth = u.call_nth
             WHERE u.run_seq = $1 AND u.model IS NOT NULL AND u.seq >= (
                 SELECT MAX(first.seq) FROM usage first
                 WHERE first.run_seq = u.run_seq AND first.kind = u.kind AND first.is_repeat = 0
                   AND first.call_hash = u.call_hash AND first.call_nth = u.call_nth)
             GROUP BY u.model ORDER BY MIN(u.seq)",
            run.0
        )?;
        let paid = |(model, calls, input, cached, output, cost, unknown): PaidColumns| {
            let cost_micro_usd = (unknown == 0).then_some(cost);
            let bill = Bill {
                model,
                input_tokens: input,
                cached_tokens: cached,
                output_tokens: output,
                cost_micro_usd,
            };
            Paid { calls, bill }
        };
        Ok(rows.into_iter().map(paid).collect())
    }

    async fn close(&self, call: &Call, attempt: i64, entry: &'static str) -> Result<(), Failed> {
        let (call, now) = (call.clone(), self.clock().now().0);
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move { close(conn, &call, attempt, entry, now).await })
            })
            .await
    }

    /// Closes what attempts before this one left open, and answers all that the run has lost in this way.
    pub async fn close_lost(&self, run: RunSeq, attempt: i64) -> Result<Lost, Failed> {
        let now = self.clock().now().0;
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    execute!(
                        conn,
                        "-- close_lost: calls of earlier attempts that were neither answered nor given back
                         INSERT INTO ledger (run_seq, attempt, hash, nth, entry, tokens, micro_usd, at_ms)
                         SELECT run_seq, attempt, hash, nth, 'lost', -CAST(SUM(tokens) AS BIGINT),
                                -CAST(SUM(micro_usd) AS BIGINT), $3
                         FROM ledger
                         WHERE run_seq = $1 AND attempt < $2
                         GROUP BY run_seq, attempt, hash, nth
                         HAVING SUM(tokens) <> 0 OR SUM(micro_usd) <> 0",
                        run.0,
                        attempt,
                        now
                    )?;
                    let (calls, tokens, micro_usd) = fetch_one!(
                        conn,
                        (i64, i64, i64),
                        "-- close_lost: all of them
                         SELECT COUNT(*), CAST(COALESCE(-SUM(tokens), 0) AS BIGINT),
                                CAST(COALESCE(-SUM(micro_usd), 0) AS BIGINT)
                         FROM ledger WHERE run_seq = $1 AND entry = 'lost'",
                        run.0
                    )?;
                    Ok(Lost { calls, amount: Amount { tokens, micro_usd } })
                })
            })
            .await
    }

    /// What the entries of a run add up to: nothing, once it has ended and is closed.
    pub async fn ledger_balance(&self, run: RunSeq) -> Result<Amount, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let (tokens, micro_usd) = fetch_one!(
            conn,
            (i64, i64),
            "-- ledger_balance
             SELECT CAST(COALESCE(SUM(tokens), 0) AS BIGINT), CAST(COALESCE(SUM(micro_usd), 0) AS BIGINT)
             FROM ledger WHERE run_seq = $1",
            run.0
        )?;
        Ok(Amount { tokens, micro_usd })
    }
}

/// Settles a call that was answered: what it cost, and what is left of what was set aside.
pub(crate) async fn settle(
    conn: &mut Conn,
    call: &Call,
    attempt: i64,
    bill: &Bill,
    now: i64,
) -> Result<(), Failed> {
    insert(conn, call, attempt, "spent", negative(bill.spent()), now).await?;
    close(conn, call, attempt, "released", now).await
}

/// Brings the entries of a call to nothing, also where a later attempt has written it off meanwhile.
async fn close(
    conn: &mut Conn,
    call: &Call,
    attempt: i64,
    entry: &str,
    now: i64,
) -> Result<(), Failed> {
    execute!(
        conn,
        "-- ledger: what is left of a call
         INSERT INTO ledger (run_seq, attempt, hash, nth, entry, tokens, micro_usd, at_ms)
         SELECT run_seq, attempt, hash, nth, $5, -CAST(SUM(tokens) AS BIGINT), -CAST(SUM(micro_usd) AS BIGINT), $6
         FROM ledger
         WHERE run_seq = $1 AND attempt = $2 AND hash = $3 AND nth = $4
         GROUP BY run_seq, attempt, hash, nth",
        call.run.0,
        attempt,
        &call.hash,
        call.nth,
        entry,
        now
    )?;
    Ok(())
}

async fn insert(
    conn: &mut Conn,
    call: &Call,
    attempt: i64,
    entry: &str,
    amount: Amount,
    now: i64,
) -> Result<(), Failed> {
    execute!(
        conn,
        "-- ledger: one entry
         INSERT INTO ledger (run_seq, attempt, hash, nth, entry, tokens, micro_usd, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        call.run.0,
        attempt,
        &call.hash,
        call.nth,
        entry,
        amount.tokens,
        amount.micro_usd,
        now
    )?;
    Ok(())
}

const fn negative(amount: Amount) -> Amount {
    Amount { tokens: -amount.tokens, micro_usd: -amount.micro_usd }
}
