//! An estimate as JSON.

use domain::estimate::{Estimate, Range};
use serde::Serialize;
use utoipa::ToSchema;

/// What work will probably take and cost; not part of the Task API.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Estimate)]
pub struct EstimateView {
    pub rows: u64,
    /// Seconds for one row or question.
    pub seconds_each: RangeView,
    /// Seconds for all.
    pub seconds: RangeView,
    /// US dollars for all; null where the price of a model is not known.
    pub cost_usd: Option<RangeView>,
    /// Earlier runs that it is measured on; 0: from the caps of the processor.
    pub measured_on: usize,
    /// The same in a sentence.
    pub summary: String,
}

/// The middle of all cases, and what nineteen in twenty stay below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = EstimateRange)]
pub struct RangeView {
    pub p50: f64,
    pub p95: f64,
}

impl From<Estimate> for EstimateView {
    fn from(estimate: Estimate) -> Self {
        let seconds = |range: Range<std::time::Duration>| RangeView {
            p50: range.p50.as_secs_f64(),
            p95: range.p95.as_secs_f64(),
        };
        #[expect(clippy::cast_precision_loss, reason = "an estimate of money")]
        let dollars = |range: Range<u64>| RangeView {
            p50: range.p50 as f64 / 1e6,
            p95: range.p95 as f64 / 1e6,
        };
        Self {
            rows: estimate.rows,
            seconds_each: seconds(estimate.each),
            seconds: seconds(estimate.all),
            cost_usd: estimate.cost_micro_usd.map(dollars),
            measured_on: estimate.measured_on,
            summary: estimate.in_words(),
        }
    }
}
