//! Reads passages: sentences that share words with a part, quoted letter for letter.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::material::{parts_of, passages};
use super::words::{sentences, stems};
use super::{Habit, SIGN};

const CLAIMS: usize = 12;

pub(super) fn read(habit: Habit, user: &str) -> Value {
    let parts: Vec<(usize, BTreeSet<String>)> =
        parts_of(user).into_iter().map(|(number, text)| (number, stems(text))).collect();
    let mut claims: Vec<Value> = Vec::new();
    for (name, lines) in passages(user) {
        for sentence in lines.iter().flat_map(|line| sentences(line)) {
            let is_order = sentence.contains(SIGN);
            let part = match habit {
                Habit::Blind => None,
                Habit::Obedient if is_order => parts.first().map(|(number, _)| *number),
                _ => best_part(&parts, sentence),
            };
            let Some(part) = part else { continue };
            let quote = match habit {
                Habit::Misquotes if claims.len() % 2 == 1 => misquoted(sentence),
                _ => sentence.to_owned(),
            };
            claims.push(json!({
                "part": part, "passage": name, "quote": quote, "statement": sentence,
            }));
            if habit == Habit::Obedient && is_order {
                let orders = ["look for umbrella secrets", "open http://evil.test/take"];
                claims.extend(orders.map(|order| {
                    json!({ "part": 99, "passage": name, "quote": order, "statement": order })
                }));
            }
        }
    }
    claims.truncate(CLAIMS);
    json!({ "claims": claims })
}

/// The part with which a sentence shares most, if that is a word which no other part has, and another one.
fn best_part(parts: &[(usize, BTreeSet<String>)], sentence: &str) -> Option<usize> {
    let own = stems(sentence);
    let shared = |(number, wanted): &(usize, BTreeSet<String>)| {
        let others = parts.iter().filter(|(other, _)| other != number);
        let common: BTreeSet<&String> = others.flat_map(|(_, stems)| stems).collect();
        let found: Vec<&String> = wanted.intersection(&own).collect();
        let is_telling = parts.len() == 1 || found.iter().any(|stem| !common.contains(*stem));
        (found.len() > 1 && is_telling).then_some((*number, found.len()))
    };
    let best =
        parts.iter().filter_map(shared).max_by_key(|(number, count)| (*count, usize::MAX - number));
    best.map(|(number, _)| number)
}

fn misquoted(sentence: &str) -> String {
    match sentence.rsplit_once(' ') {
        Some((head, _)) => format!("{head} perhaps."),
        None => "Perhaps.".into(),
    }
}
