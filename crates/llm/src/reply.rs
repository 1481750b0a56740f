//! What came back, and what it cost.

use serde::{Deserialize, Serialize};

use crate::profile::Price;

/// An answer of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Without the model's thoughts. With a format this should be JSON: see [`crate::typed::read`].
    pub text: String,
    /// The configured name of the model that answered; another than the one asked after fail-over.
    pub model: String,
    pub usage: Usage,
    /// Millionths of a US dollar; `None` where the price is not known.
    pub cost_micro_usd: Option<u64>,
    pub stopped: Stopped,
    /// Requests sent for this answer, this one included.
    pub tries: u32,
    /// Of these, how many were sent and lost before their answer was whole: they may have been billed.
    #[serde(default)]
    pub lost_tries: u32,
    /// From the question to the answer, waits and tries included.
    pub elapsed_ms: u64,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stopped {
    /// It had said everything.
    End,
    /// It reached the bound of its output: the text is cut.
    Length,
    /// It said the same over and over, and was not listened to any longer.
    Loop,
}

/// Tokens of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// All tokens of the prompt, cached ones included.
    pub input_tokens: u32,
    /// Those of the prompt that the provider had in a cache.
    pub cached_tokens: u32,
    /// Thoughts included.
    pub output_tokens: u32,
    /// The provider reported nothing, or what cannot be; these are our own counts.
    pub is_estimated: bool,
}

impl Usage {
    /// Millionths of a US dollar, rounded up.
    pub fn cost_micro_usd(&self, price: &Price) -> u64 {
        let cached = u64::from(self.cached_tokens.min(self.input_tokens));
        let fresh = u64::from(self.input_tokens) - cached;
        let sum = fresh
            .saturating_mul(price.input)
            .saturating_add(cached.saturating_mul(price.cached.unwrap_or(price.input)))
            .saturating_add(u64::from(self.output_tokens).saturating_mul(price.output));
        sum.div_ceil(1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_counts_cached_tokens_at_their_own_price_and_rounds_up() {
        let usage = Usage {
            input_tokens: 1_000_001,
            cached_tokens: 400_000,
            output_tokens: 10,
            is_estimated: false,
        };
        let price = Price { input: 2_500_000, cached: Some(1_250_000), output: 10_000_000 };
        assert_eq!(usage.cost_micro_usd(&price), 1_500_003 + 500_000 + 100);
        assert_eq!(Usage::default().cost_micro_usd(&price), 0);
    }
}
