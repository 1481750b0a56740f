//! Answers from outside, each committed before it is used, so that none is asked for twice.

use serde_json::Value;

use crate::changes::Change;
use crate::db::{Conn, execute, fetch_optional};
use crate::ledger::{self, Bill};
use crate::{Failed, RunSeq, Store, document};

/// What identifies one call of a run: its kind, its request, and how often the same was asked before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub run: RunSeq,
    pub kind: &'static str,
    /// SHA-256 of the canonical request.
    pub hash: Vec<u8>,
    /// 0 for the first identical request of a run.
    pub nth: i64,
}

/// How an answer came about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Made {
    pub attempt: i64,
    /// The version of the answer's form.
    pub version: i64,
    /// What was asked, for people who look at what a run did.
    pub detail: String,
    pub elapsed_ms: i64,
    /// What it cost, where a model was asked.
    pub bill: Option<Bill>,
    /// The group whose other rows may use the answer too, by its number.
    pub share_with: Option<i64>,
    /// Whether the run is a row. Rows end too fast, and are too many, for each of their steps to be told.
    pub is_row: bool,
}

/// What stands in the journal after an answer was offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The answer to use: the first that was committed, which may be another attempt's.
    pub answer: Value,
    pub is_repeat: bool,
}

impl Store {
    /// The committed answer to a call, with the version of its form.
    pub async fn recall(&self, call: &Call) -> Result<Option<(i64, Value)>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(i64, String)> = fetch_optional!(
            conn,
            (i64, String),
            "-- recall
             SELECT version, answer FROM journal
             WHERE run_seq = $1 AND kind = $2 AND hash = $3 AND nth = $4",
            call.run.0,
            call.kind,
            &call.hash,
            call.nth
        )?;
        found
            .map(|(version, answer)| Ok((version, document::parse("journal answer", &answer)?)))
            .transpose()
    }

    /// The answer that another row of a group has bought, with the version of its form.
    pub async fn recall_shared(
        &self,
        group: i64,
        call: &Call,
    ) -> Result<Option<(i64, Value)>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let found: Option<(i64, String)> = fetch_optional!(
            conn,
            (i64, String),
            "-- recall_shared
             SELECT version, answer FROM shared_answers
             WHERE group_seq = $1 AND kind = $2 AND hash = $3 AND nth = $4",
            group,
            call.kind,
            &call.hash,
            call.nth
        )?;
        found
            .map(|(version, answer)| Ok((version, document::parse("journal answer", &answer)?)))
            .transpose()
    }

    /// Commits an answer and notes that the call was made. The first answer stays, whichever attempt brings it.
    pub async fn remember(&self, call: Call, answer: Value, made: Made) -> Result<Kept, Failed> {
        let now = self.clock().now();
        // PostgreSQL has no NUL in text, and a question or the answer of a model may hold one.
        let detail = made.detail.replace('\0', "\u{fffd}");
        self.inner
            .db
            .write(move |conn| {
                Box::pin(async move {
                    let inserted = execute!(
                        conn,
                        "-- remember: the first insert wins
                         INSERT INTO journal (run_seq, kind, hash, nth, version, answer, made_at_ms)
                         VALUES ($1, $2, $3, $4, $5, $6, $7)
                         ON CONFLICT (run_seq, kind, hash, nth) DO NOTHING",
                        call.run.0,
                        call.kind,
                        &call.hash,
                        call.nth,
                        made.version,
                        answer.to_string(),
                        now.0
                    )?;
                    let is_repeat = inserted == 0;
                    note_use(conn, &call, &made, &detail, is_repeat, now.0).await?;
                    if !made.is_row {
                        conn.touch(Change::Steps(call.run.0));
                    }
                    if let Some(bill) = &made.bill {
                        ledger::settle(conn, &call, made.attempt, bill, now.0).await?;
                    }
                    if let Some(group) = made.share_with {
                        share(conn, group, &call, made.version, &answer, now.0).await?;
                    }
                    if !is_repeat {
                        execute!(
                            conn,
                            "-- remember: this attempt got somewhere
                             UPDATE runs SET idle_attempts = 0 WHERE seq = $1 AND idle_attempts > 0",
                            call.run.0
                        )?;
                        return Ok(Kept { answer, is_repeat });
                    }
                    let first: Option<(String,)> = fetch_optional!(
                        conn,
                        (String,),
                        "-- remember: the one that was first
                         SELECT answer FROM journal
                         WHERE run_seq = $1 AND kind = $2 AND hash = $3 AND nth = $4",
                        call.run.0,
                        call.kind,
                        &call.hash,
                        call.nth
                    )?;
                    let (first,) = first.ok_or(Failed::Closed)?;
                    Ok(Kept { answer: document::parse("journal answer", &first)?, is_repeat })
                })
            })
            .await
    }

    /// How many calls a run has made, and how many of them brought an answer that was already there.
    pub async fn calls_of(&self, run: RunSeq) -> Result<(i64, i64), Failed> {
        let mut conn = self.inner.db.reader().await?;
        crate::db::fetch_one!(
            conn,
            (i64, i64),
            "-- calls_of
             SELECT COUNT(*), CAST(COALESCE(SUM(is_repeat), 0) AS BIGINT) FROM usage WHERE run_seq = $1",
            run.0
        )
    }
}

/// Every call that was made, also one whose answer came second: that shows overpay.
async fn note_use(
    conn: &mut Conn,
    call: &Call,
    made: &Made,
    detail: &str,
    is_repeat: bool,
    now: i64,
) -> Result<(), Failed> {
    let bill = made.bill.as_ref();
    execute!(
        conn,
        "-- remember: the call was made
         INSERT INTO usage (run_seq, attempt, kind, detail, is_repeat, elapsed_ms, at_ms, model, input_tokens,
                            cached_tokens, output_tokens, cost_micro_usd, call_hash, call_nth)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        call.run.0,
        made.attempt,
        call.kind,
        detail,
        i64::from(is_repeat),
        made.elapsed_ms,
        now,
        bill.map(|bill| bill.model.as_str()),
        bill.map(|bill| bill.input_tokens),
        bill.map(|bill| bill.cached_tokens),
        bill.map(|bill| bill.output_tokens),
        bill.and_then(|bill| bill.cost_micro_usd),
        &call.hash,
        call.nth
    )?;
    Ok(())
}

async fn share(
    conn: &mut Conn,
    group: i64,
    call: &Call,
    version: i64,
    answer: &Value,
    now: i64,
) -> Result<(), Failed> {
    execute!(
        conn,
        "-- remember: for the other rows of the group
         INSERT INTO shared_answers (group_seq, kind, hash, nth, version, answer, made_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (group_seq, kind, hash, nth) DO NOTHING",
        group,
        call.kind,
        &call.hash,
        call.nth,
        version,
        answer.to_string(),
        now
    )?;
    Ok(())
}
