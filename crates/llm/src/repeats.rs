//! Answers that end in the same words over and over: small models do that in lists, in sentences, and with spaces in JSON.

/// Times that something is said before it counts as a loop, and bytes that this takes at least. Rows of a table and entries of a
/// list may be alike; so many are never the same to the letter.
const TIMES: usize = 8;
const LEAST: usize = 400;
/// Longest thing that is noticed when it repeats, in bytes.
const LONGEST: usize = 400;

/// Whether a text ends in such a loop.
pub(crate) fn at_end(text: impl AsRef<str>) -> bool {
    let bytes = text.as_ref().as_bytes();
    (1..=LONGEST).any(|period| {
        let needed = LEAST.max(period * (TIMES - 1));
        let Some(from) = bytes.len().checked_sub(needed + period) else { return false };
        let tail = &bytes[from..];
        tail[period..] == tail[..needed]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_over_and_over_is_a_loop_and_what_only_looks_alike_is_none() {
        let begun = r#"{"queries": ["plant cost", "#;
        assert!(at_end(format!("{begun}{}", "\"plant cost listing details\",\n   ".repeat(16))));
        assert!(at_end(format!("{begun}{}", " ".repeat(900))));
        assert!(!at_end(format!("{begun}{}", " ".repeat(90))));
        assert!(!at_end("It closed. It closed. It closed."));
        let verdict = |n: u32| format!("{{\"sentence\": {n}, \"verdict\": \"supported\"}}, ");
        let verdicts: Vec<String> = (0..60).map(verdict).collect();
        assert!(!at_end(verdicts.concat()));
        assert!(!at_end(
            "An answer of some length says something else in each of its sentences. ".repeat(6)
        ));
    }
}
