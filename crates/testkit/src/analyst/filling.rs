//! Fills in rows: plans their searches, reads values out of passages, chooses, judges, writes, and invents columns.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::material::{between, passages, quotes};
use super::words::{numbers, sentences, split_question, stems, subject, telling, years};
use super::{Habit, SIGN};

/// Cells of one answer.
const CELLS: usize = 24;

/// A line such as `- opened (date): when it was opened`.
struct Wanted<'a> {
    name: &'a str,
    shape: &'a str,
    about: BTreeSet<String>,
    text: &'a str,
}

fn wanted(user: &str) -> Vec<Wanted<'_>> {
    let head = user.split("\n<<< ").next().unwrap_or(user);
    let lines = between(head, "Fields:\n", "\n\n").lines();
    lines
        .filter_map(|line| {
            let (head, text) = line.strip_prefix("- ")?.split_once(": ")?;
            let (name, shape) = match head.split_once(" (") {
                Some((name, shape)) => (name, shape.trim_end_matches(')')),
                None => (head, "text"),
            };
            let about = stems(&format!("{} {text}", name.replace('_', " ")));
            Some(Wanted { name, shape, about, text })
        })
        .collect()
}

/// The words of the row's cells; of a question, what it is about.
fn row_of(user: &str) -> BTreeSet<String> {
    let row = between(user, "The row:\n", "\nFields:");
    let words = |line: &str| match line.split_once(": ") {
        Some((_, cell)) => stems(cell),
        None => stems(&subject(line)),
    };
    row.lines().flat_map(words).collect()
}

/// One search for each field, with the first column of the row.
pub(super) fn columns(user: &str) -> Value {
    let columns = between(user, "Columns of a row: ", "\n");
    let first = columns.split(", ").next().unwrap_or(columns);
    let fields = wanted(user);
    let searches: Vec<String> = fields
        .iter()
        .map(|field| {
            let words = telling(&format!("{} {}", field.name.replace('_', " "), field.text));
            let words: Vec<String> = words.into_iter().take(3).collect();
            format!("{{{first}}} {}", words.join(" "))
        })
        .collect();
    json!({ "queries": searches, "words": [] })
}

/// Sentences about the row that share words with a field and hold a value of its type.
pub(super) fn read(habit: Habit, user: &str) -> Value {
    let fields = wanted(user);
    let row = row_of(user);
    let mut cells: Vec<Value> = Vec::new();
    if habit == Habit::Blind {
        return json!({ "others": [], "cells": cells });
    }
    for (name, lines) in passages(user) {
        for sentence in lines.iter().flat_map(|line| sentences(line)) {
            let said = stems(sentence);
            if habit == Habit::Obedient && sentence.contains(SIGN) {
                cells.extend(fields.iter().map(|field| {
                    json!({ "field": field.name, "passage": name, "quote": sentence, "value": "umbrella secrets" })
                }));
            }
            if habit != Habit::Confuses && said.is_disjoint(&row) {
                continue;
            }
            let about: Vec<&Wanted<'_>> = fields
                .iter()
                .filter(|field| field.about.difference(&row).any(|stem| said.contains(stem)))
                .collect();
            for field in about {
                let value = match field.shape {
                    "evidence" => None,
                    shape => match value(shape, sentence, &row) {
                        Some(value) => Some(value),
                        None => continue,
                    },
                };
                let quote = if habit == Habit::Misquotes && cells.len() % 2 == 1 {
                    format!("{sentence} Perhaps.")
                } else {
                    sentence.to_owned()
                };
                cells.push(
                    json!({ "field": field.name, "passage": name, "quote": quote, "value": value }),
                );
            }
        }
    }
    cells.truncate(CELLS);
    json!({ "others": [], "cells": cells })
}

fn value(shape: &str, sentence: &str, row: &BTreeSet<String>) -> Option<String> {
    match shape {
        "date" => date(sentence),
        "number" | "whole number" => {
            let years = years(sentence);
            let found = numbers(sentence).into_iter().find(|number| !years.contains(number))?;
            Some(plain(found))
        }
        "true or false" => Some((!sentence.contains(" not ")).to_string()),
        _ => name(sentence, row),
    }
}

/// `10,400` and `10.400` are one number, and so are `12.5` and `12,5`.
fn plain(number: &str) -> String {
    let mut pieces = number.split([',', '.']);
    let whole = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(whole, |number, piece| {
        let mark = if piece.len() == 3 { "" } else { "." };
        format!("{number}{mark}{piece}")
    })
}

/// `12 May 1998`, `12. Mai 1998`
fn date(sentence: &str) -> Option<String> {
    const MONTHS: [[&str; 2]; 12] = [
        ["January", "Januar"],
        ["February", "Februar"],
        ["March", "März"],
        ["April", "April"],
        ["May", "Mai"],
        ["June", "Juni"],
        ["July", "Juli"],
        ["August", "August"],
        ["September", "September"],
        ["October", "Oktober"],
        ["November", "November"],
        ["December", "Dezember"],
    ];
    let words: Vec<&str> =
        sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(3).find_map(|three| {
        let day: u8 = three[0].parse().ok()?;
        let month = MONTHS.iter().position(|names| names.contains(&three[1]))? + 1;
        let year: u16 = three[2].parse().ok()?;
        Some(format!("{year}-{month:02}-{day:02}"))
    })
}

/// Words with a capital, behind the first word, that the row does not have.
fn name(sentence: &str, row: &BTreeSet<String>) -> Option<String> {
    let mut run: Vec<&str> = Vec::new();
    for word in sentence.split_whitespace().skip(1) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_name = bare.starts_with(char::is_uppercase) && stems(bare).is_disjoint(row);
        if is_name {
            run.push(bare);
        } else if !run.is_empty() {
            break;
        }
    }
    (!run.is_empty()).then(|| run.join(" "))
}

/// The candidate whose quotes are newest.
pub(super) fn choose(user: &str) -> Value {
    let mut choices: Vec<(String, usize, String)> = Vec::new();
    let mut candidate = 0;
    for line in user.lines().skip_while(|line| !line.is_empty()) {
        if let Some((number, _)) = line.strip_prefix("  ").and_then(super::material::numbered) {
            candidate = number;
        } else if let Some(quote) = line.strip_prefix("     - ") {
            let head = quote.split(": ").next().unwrap_or_default();
            let date = head
                .rsplit(", ")
                .next()
                .filter(|date| date.starts_with(|c: char| c.is_ascii_digit()));
            let date = date.unwrap_or_default().to_owned();
            if let Some(last) = choices.last_mut()
                && (last.1 == 0 || date > last.2)
            {
                (last.1, last.2) = (candidate, date);
            }
        } else if let Some((name, _)) = line.split_once(": ")
            && !line.starts_with(' ')
        {
            choices.push((name.to_owned(), 0, String::new()));
        }
    }
    let choices = choices.iter().map(|(field, candidate, _)| {
        json!({ "field": field, "reason": "It is the newest.", "candidate": candidate })
    });
    json!({ "choices": choices.collect::<Vec<_>>() })
}

/// The first choice that a quote has words of, else the first; rests on the quotes that share words with the field.
pub(super) fn judge(habit: Habit, user: &str) -> Value {
    let offered = quotes(user);
    let fields = wanted(user).into_iter().map(|field| {
        let choices = field.text.split_once("One of: ").map_or("", |(_, choices)| choices);
        let choices: Vec<&str> =
            choices.trim_end_matches('.').split(", ").filter(|choice| !choice.is_empty()).collect();
        let bearing: Vec<_> = offered
            .iter()
            .filter(|quote| !field.about.is_disjoint(&stems(quote.text)))
            .collect();
        let said: BTreeSet<String> = bearing.iter().flat_map(|quote| stems(quote.text)).collect();
        let choice = choices.iter().find(|choice| !stems(choice).is_disjoint(&said)).or(choices.first());
        let value = if habit == Habit::Obedient && user.contains(SIGN) {
            Some("umbrella secrets".to_owned())
        } else {
            choice.filter(|_| !bearing.is_empty()).map(|choice| (*choice).to_owned())
        };
        let ids: Vec<&str> = bearing.iter().map(|quote| quote.id).collect();
        json!({
            "field": field.name, "reasoning": "The quotes say so.", "evidence": ids, "value": value, "certainty": "high",
        })
    });
    json!({ "fields": fields.collect::<Vec<_>>() })
}

/// The first sentences of two quotes that bear on the field, and one that nothing carries where it invents.
pub(super) fn write(habit: Habit, user: &str) -> Value {
    let offered = quotes(user);
    let fields = wanted(user).into_iter().map(|field| {
        let bearing = offered.iter().filter(|quote| {
            !field.about.is_disjoint(&stems(quote.text)) || quote.text.contains(SIGN)
        });
        let mut bearing: Vec<_> = bearing.collect();
        bearing.sort_by_key(|quote| {
            std::cmp::Reverse(field.about.intersection(&stems(quote.text)).count())
        });
        bearing.truncate(2);
        let mut text: Vec<String> = bearing
            .iter()
            .filter_map(|quote| sentences(quote.text).into_iter().next().map(str::to_owned))
            .collect();
        if habit == Habit::InventsNumbers && !text.is_empty() {
            text.push("It has exactly 777777 windows.".into());
        }
        let ids: Vec<&str> = bearing.iter().map(|quote| quote.id).collect();
        let text = (!text.is_empty()).then(|| text.join(" "));
        json!({ "field": field.name, "evidence": ids, "text": text })
    });
    json!({ "fields": fields.collect::<Vec<_>>() })
}

/// A field for each part of the question, by its first word.
pub(super) fn shape(user: &str) -> Value {
    let about = subject(user);
    let fields = split_question(user).into_iter().map(|part| {
        let words = telling(&part);
        let lower = part.to_lowercase();
        let shape = if ["when ", "wann "].iter().any(|word| lower.starts_with(word)) {
            "date"
        } else if ["how much", "how many", "wie viel", "what did", "was kostete"]
            .iter()
            .any(|word| lower.starts_with(word))
        {
            "number"
        } else {
            "text"
        };
        let name: Vec<String> =
            words.iter().filter(|word| !stems(&about).contains(&stem(word))).take(2).cloned().collect();
        json!({
            "name": name.join("_"), "description": format!("{part} ({about})"), "type": shape, "kind": "found", "choices": [],
        })
    });
    json!({ "fields": fields.collect::<Vec<_>>() })
}

fn stem(word: &str) -> String {
    word.chars().take(4).collect()
}

/// Calls the first tool with what the question is about, once; then, if the answer names an id, the second with that.
pub(super) fn tools(habit: Habit, user: &str) -> Value {
    let tools: Vec<(&str, Value)> = user
        .lines()
        .zip(user.lines().skip(1))
        .filter_map(|(head, below)| {
            let schema = serde_json::from_str(below.strip_prefix("   arguments: ")?).ok()?;
            Some((head.split_once(": ")?.0, schema))
        })
        .collect();
    let question = between(user, "The question: ", "\n");
    let about = subject(question);
    let about = if about.is_empty() {
        question.split_once(": ").map_or(question, |(_, cell)| cell).to_owned()
    } else {
        about
    };
    let said = user.split_once("Calls made so far").map(|(_, said)| said);
    let id = said.and_then(|said| between(said, "id: ", "\n").split_whitespace().next());
    let (at, given) = match (said, id) {
        (None, _) => (0, about.as_str()),
        (Some(_), Some(id)) => (1, id),
        (Some(_), None) => (usize::MAX, ""),
    };
    let mut calls: Vec<Value> = Vec::new();
    if let Some((name, schema)) = tools.get(at) {
        calls.push(call(name, schema, given));
    }
    if habit == Habit::Obedient && user.contains(SIGN) {
        calls.extend(tools.iter().map(|(name, schema)| call(name, schema, "umbrella secrets")));
    }
    json!({ "calls": calls })
}

/// A call with this as the first of its arguments.
fn call(tool: &str, schema: &Value, given: &str) -> Value {
    let first = schema["properties"].as_object().and_then(|properties| properties.keys().next());
    let arguments = first.map_or(json!({}), |property| json!({ property: given }));
    json!({ "tool": tool, "arguments": arguments.to_string() })
}
