//! What a run did outside, call by call, as its page shows it.

use std::collections::HashMap;

use domain::clock::TimeMs;
use domain::evidence::TextRef;
use domain::ids::PageId;
use serde_json::{Value, json};

use crate::db::{Both, fetch_all, over_rows};
use crate::{Failed, RunSeq, Store, document};

/// One call that a run made.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Counts up over all runs.
    pub seq: i64,
    /// `read`, `search.web`, `search.local`, or what a model was asked.
    pub kind: String,
    /// The address that was read, the words that were searched for.
    pub detail: String,
    pub at: TimeMs,
    pub elapsed_ms: i64,
    pub outcome: Outcome,
    /// What a model took for it, in millionths of a US dollar; `None` where that is not known.
    pub cost_micro_usd: Option<i64>,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Read(TextRef),
    /// Addresses and titles.
    Found(Vec<(String, String)>),
    Failed(String),
    /// The answer is of another kind, or was set aside since.
    Other,
}

/// Number, kind, detail, time, duration, cost, answer.
type StepColumns = (i64, String, String, i64, i64, Option<i64>, Option<String>);

/// Most steps of one part.
pub const STEPS_AT_ONCE: i64 = 500;

impl Store {
    /// The calls of a run behind number `after`, oldest first, at most a part.
    pub async fn steps_of(&self, run: RunSeq, after: i64) -> Result<Vec<Step>, Failed> {
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<StepColumns> = fetch_all!(
            conn,
            StepColumns,
            "-- steps_of: answers of models are large and not shown
             SELECT u.seq, u.kind, u.detail, u.at_ms, u.elapsed_ms, u.cost_micro_usd, j.answer
             FROM usage u LEFT JOIN journal j ON j.run_seq = u.run_seq AND j.kind = u.kind
                  AND j.hash = u.call_hash AND j.nth = u.call_nth
                  AND u.kind IN ('read', 'search.local', 'search.web')
             WHERE u.run_seq = $1 AND u.seq > $2 ORDER BY u.seq LIMIT $3",
            run.0,
            after,
            STEPS_AT_ONCE
        )?;
        rows.into_iter()
            .map(|(seq, kind, detail, at, elapsed_ms, cost_micro_usd, answer)| {
                let answer = answer.map(|answer| document::parse("journal answer", &answer));
                let outcome = answer.transpose()?.map_or(Outcome::Other, |answer| outcome(&answer));
                let at = TimeMs(at);
                Ok(Step { seq, kind, detail, at, elapsed_ms, outcome, cost_micro_usd })
            })
            .collect()
    }

    /// The pages of some readings.
    pub async fn pages_of(&self, texts: &[TextRef]) -> Result<HashMap<TextRef, PageId>, Failed> {
        if texts.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted: Vec<Value> = texts.iter().map(|text| json!({"text": text.0})).collect();
        let mut conn = self.inner.db.reader().await?;
        let rows: Vec<(i64, String)> =
            fetch_all!(conn, (i64, String), PAGES_OF, Value::Array(wanted).to_string())?;
        rows.into_iter()
            .map(|(text, page)| {
                let page = page.parse().map_err(|why| document::unreadable("page", why))?;
                Ok((TextRef(text), page))
            })
            .collect()
    }
}

const PAGES_OF: Both = over_rows!(
    "-- pages_of
     SELECT t.seq, p.id FROM ",
    " AS wanted CROSS JOIN texts t JOIN pages p ON p.seq = t.page_seq WHERE t.seq = CAST(value ->> 'text' AS BIGINT)"
);

/// Journal answers are `{"got": …}` or `{"failed": "why"}`, of late beside what went out for them.
fn outcome(entry: &Value) -> Outcome {
    let answer = entry.get("answer").unwrap_or(entry);
    if let Some(why) = answer.get("failed").and_then(Value::as_str) {
        return Outcome::Failed(why.to_owned());
    }
    let got = answer.get("got");
    if let Some(text) = got.and_then(|got| got.get("text")).and_then(Value::as_i64) {
        return Outcome::Read(TextRef(text));
    }
    let Some(hits) = got.and_then(Value::as_array) else { return Outcome::Other };
    let text = |hit: &Value, name: &str| {
        hit.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    Outcome::Found(hits.iter().map(|hit| (text(hit, "address"), text(hit, "title"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_understood_alone_and_beside_what_went_out_for_it() {
        let failed = json!({"failed": "it refuses us"});
        for entry in [failed.clone(), json!({"answer": failed, "sent": []})] {
            assert_eq!(outcome(&entry), Outcome::Failed("it refuses us".into()));
        }
        assert_eq!(outcome(&json!({"answer": {"got": {"text": 7}}})), Outcome::Read(TextRef(7)));
        let hit = json!({"got": [{"address": "doc://a/b", "title": "B"}]});
        assert_eq!(outcome(&hit), Outcome::Found(vec![("doc://a/b".into(), "B".into())]));
        assert_eq!(outcome(&json!({"other": 1})), Outcome::Other);
    }
}
