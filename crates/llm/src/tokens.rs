//! Counts tokens without any provider's tokenizer.

use crate::request::Request;

/// Tokens that a chat template puts around each turn.
const PER_TURN: u32 = 8;

/// About how many tokens a text is, rather more than less.
pub fn count(text: &str) -> u32 {
    u32::try_from(text.len().div_ceil(3)).unwrap_or(u32::MAX)
}

/// A number that no tokenizer in use stays below.
pub fn at_least(text: &str) -> u32 {
    u32::try_from(text.len() / 12).unwrap_or(u32::MAX)
}

/// The whole prompt of a request, its schema included.
pub fn prompt(request: &Request) -> u32 {
    sum(request, count).saturating_add(
        request
            .format
            .as_ref()
            .map_or(0, |format| count(&format.schema.to_string()).saturating_add(PER_TURN)),
    )
}

/// The same from below; the schema is left out, for not every server puts it into the prompt.
pub(crate) fn prompt_at_least(request: &Request) -> u32 {
    let turns = request.turns.iter().map(|turn| at_least(&turn.text));
    turns.fold(at_least(&request.system), u32::saturating_add)
}

fn sum(request: &Request, count: fn(&str) -> u32) -> u32 {
    let turns = request.turns.iter().map(|turn| count(&turn.text).saturating_add(PER_TURN));
    turns.fold(count(&request.system).saturating_add(PER_TURN), u32::saturating_add)
}
