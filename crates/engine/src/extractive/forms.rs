//! Values that the form of a place gives away: `f(x) → type`, `-A, --all`, `1 to 9`, a row that heads others.
//!
//! These forms are the same in manuals of every kind. Each speaks only to fields that ask for what it shows.

use domain::text::{Block, BlockKind, Span, Text};
use serde_json::Value;

use super::naming::term_names;
use super::subject::Subject;
use super::values::units;
use super::words::{sentences, tokens};

/// A value that a form gives, where it stands, and how surely it is the one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    pub(super) value: Value,
    pub(super) quote: Span,
    pub(super) sureness: f32,
}

const ARROWS: [&str; 2] = ["→", "->"];
/// Rows looked back for one that heads a part of the table.
const MAX_PART: usize = 200;

/// What a block shows for a field called `asked` (its name and description, in lower case).
pub(super) fn shown(asked: &str, subject: &Subject, text: &Text, index: usize) -> Vec<Shown> {
    let Some(block) = text.blocks.get(index) else { return Vec::new() };
    let words: Vec<String> = tokens(asked).into_iter().map(|token| token.lower).collect();
    let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let mut all = Vec::new();
    if says(&["return", "returns", "returned", "result", "output", "yields"]) {
        all.extend(signature(&says, subject, text, block));
    }
    if says(&["short", "long", "form", "alias", "abbreviation", "letter"]) {
        all.extend(other_spelling(&says, subject, text, block));
    }
    if says(&["lowest", "smallest", "minimum", "min", "highest", "largest", "maximum", "max"]) {
        all.extend(end_of_range(&says, text, block));
    }
    if says(&["unit", "units"]) {
        all.extend(measured_in(subject, text, block));
    }
    if says(&["number", "code", "numeric", "id"]) {
        all.extend(number_beside(subject, text, block));
    }
    if says(&["class", "group", "category", "section", "family"]) {
        all.extend(heading_row(&words, text, index));
    }
    all
}

/// `initcap ( text ) → text` tells the type; `initcap('hi THOMAS') → Hi Thomas` the result of a call that the
/// row names.
fn signature(
    says: &dyn Fn(&[&str]) -> bool,
    subject: &Subject,
    text: &Text,
    block: &Block,
) -> Option<Shown> {
    let span = match &block.kind {
        BlockKind::Definition { term, .. } => term.clone(),
        BlockKind::Row { cells, .. } => cells.first()?.clone(),
        BlockKind::Paragraph
        | BlockKind::ListItem { .. }
        | BlockKind::Code
        | BlockKind::Heading { .. } => block.span.clone(),
        BlockKind::Quote | BlockKind::Pair { .. } => return None,
    };
    let line = text.quote(&span);
    let (left, right) = ARROWS.iter().find_map(|arrow| line.split_once(arrow))?;
    let (left, right) = (left.trim(), right.trim());
    let name = subject.name.trim_end_matches("()");
    let rest = left.strip_prefix(name)?.trim_start();
    if right.is_empty() || right.contains('\n') || !rest.starts_with('(') {
        return None;
    }
    let is_call =
        subject.context.iter().any(|(_, cell)| without_space(cell) == without_space(left));
    let asks_for_call = says(&["example", "call", "result", "output"]) && !says(&["type"]);
    (is_call == asks_for_call).then(|| Shown {
        value: Value::String(right.to_owned()),
        quote: span.clone(),
        sureness: 0.97,
    })
}

/// `Set probing size in bytes, …`: the unit that the opening of a definition names.
fn measured_in(subject: &Subject, text: &Text, block: &Block) -> Option<Shown> {
    let BlockKind::Definition { term, meaning } = &block.kind else { return None };
    let names_it = subject.names().any(|name| term_names(text.quote(term), name) > 0.9);
    let said = text.quote(meaning);
    let first = sentences(said).into_iter().next().filter(|_| names_it)?;
    let sentence = &said[first.clone()];
    let at = UNIT_LEADS.iter().find_map(|lead| {
        sentence.match_indices(lead).map(|(at, _)| at + lead.len()).find(|&at| {
            let bare = part_of(&sentence[at..]);
            units::find_leading(&sentence[at + bare..], false).is_some_and(|(_, length)| length > 2)
        })
    })?;
    let bare = part_of(&sentence[at..]);
    let (_, length) = units::find_leading(&sentence[at + bare..], false)?;
    let value = Value::String(sentence[at..at + bare + length].to_owned());
    let whole = term.start..meaning.start + first.end;
    Some(Shown { value, quote: whole, sureness: 0.85 })
}

/// What stands before a unit.
const UNIT_LEADS: [&str; 4] = [" in ", "how many ", "How many ", "Set "];

/// The length of a fraction before a unit: `hundredths of `.
fn part_of(text: &str) -> usize {
    ["hundredths of a ", "hundredths of ", "hundredth of ", "tenths of a ", "tenths of "]
        .iter()
        .find(|part| text.starts_with(**part))
        .map_or(0, |part| part.len())
}

fn without_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The other way to write an option: `-A` of `-A --no-align`.
fn other_spelling(
    says: &dyn Fn(&[&str]) -> bool,
    subject: &Subject,
    text: &Text,
    block: &Block,
) -> Option<Shown> {
    let span = match &block.kind {
        BlockKind::Definition { term, .. } => term.clone(),
        BlockKind::Heading { .. } => block.span.clone(),
        BlockKind::Row { cells, .. } => cells.first()?.clone(),
        BlockKind::Pair { key, .. } => key.clone(),
        BlockKind::Paragraph | BlockKind::ListItem { .. } | BlockKind::Quote | BlockKind::Code => {
            return None;
        }
    };
    let spellings = spellings(text.quote(&span));
    if let Some(shown) = same_as(subject, text, block) {
        return Some(shown);
    }
    if !spellings.iter().any(|own| subject.names().any(|name| name == *own)) {
        return None;
    }
    let is_short = |own: &&&str| !own.starts_with("--") && own.chars().count() == 2;
    let wanted = if says(&["long"]) {
        spellings.iter().find(|own| own.starts_with("--"))
    } else {
        spellings.iter().find(is_short)
    }?;
    let value = Value::String((*wanted).to_owned());
    Some(Shown { value, quote: span, sureness: 0.97 })
}

/// `allexport` defined as `Same as -a.`
fn same_as(subject: &Subject, text: &Text, block: &Block) -> Option<Shown> {
    let BlockKind::Definition { term, meaning } = &block.kind else { return None };
    if !subject.names().any(|name| name == text.quote(term).trim()) {
        return None;
    }
    let said = text.quote(meaning);
    let other = ["Same as ", "same as ", "Equivalent to ", "equivalent to "]
        .iter()
        .find_map(|words| said.split_once(words))?
        .1;
    let spelling = *spellings(other.split_whitespace().next()?).first()?;
    let value = Value::String(spelling.trim_end_matches(['.', ';']).to_owned());
    Some(Shown { value, quote: block.span.clone(), sureness: 0.95 })
}

/// The options that a term names: `-F format --format=format` → `-F`, `--format`.
pub(super) fn spellings(term: &str) -> Vec<&str> {
    term.split(|c: char| c.is_whitespace() || matches!(c, ',' | '|' | '/'))
        .filter(|word| word.starts_with('-') && word.len() > 1)
        .map(|word| word.split(['=', '[', '<']).next().unwrap_or(word))
        .collect()
}

/// `(5) SQLITE_BUSY` and `Not Found (404)`: the number that a heading or term carries in brackets.
fn number_beside(subject: &Subject, text: &Text, block: &Block) -> Option<Shown> {
    let span = match &block.kind {
        BlockKind::Definition { term, .. } => term.clone(),
        BlockKind::Heading { .. } => block.span.clone(),
        BlockKind::ListItem { .. }
        | BlockKind::Row { .. }
        | BlockKind::Pair { .. }
        | BlockKind::Paragraph
        | BlockKind::Quote
        | BlockKind::Code => return None,
    };
    let line = text.quote(&span);
    let (before, rest) = line.split_once('(')?;
    let (number, after) = rest.split_once(')')?;
    let name = if before.trim().is_empty() { after.trim() } else { before.trim() };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && subject.names().any(|own| own == name)).then(|| Shown {
        value: Value::String(number.to_owned()),
        quote: span.clone(),
        sureness: 0.95,
    })
}

/// One end of `-32768 to +32767` in a cell.
fn end_of_range(says: &dyn Fn(&[&str]) -> bool, text: &Text, block: &Block) -> Option<Shown> {
    let BlockKind::Row { cells, is_header: false, .. } = &block.kind else { return None };
    let (low, high) = cells.iter().find_map(|cell| range(text.quote(cell)))?;
    let is_low = says(&["lowest", "smallest", "minimum", "min"]);
    let end = if is_low { low } else { high };
    Some(Shown {
        value: Value::String(end.trim_start_matches('+').to_owned()),
        quote: block.span.clone(),
        sureness: 0.9,
    })
}

fn range(cell: &str) -> Option<(&str, &str)> {
    let (low, high) = [" to ", " through ", " – ", "–", ".."]
        .iter()
        .find_map(|between| cell.split_once(between))?;
    let is_number = |end: &str| {
        let digits = end.trim_start_matches(['-', '+', '−']);
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '_' | ' '))
    };
    let (low, high) = (low.trim(), high.trim());
    (is_number(low) && is_number(high)).then_some((low, high))
}

/// A row with one filled cell heads the rows below it, until the next such row.
fn heading_row(words: &[String], text: &Text, index: usize) -> Option<Shown> {
    let BlockKind::Row { header, is_header: false, .. } = &text.blocks[index].kind else {
        return None;
    };
    let first = index.saturating_sub(MAX_PART);
    for block in text.blocks[first..index].iter().rev() {
        let BlockKind::Row { cells, header: other, is_header: false } = &block.kind else {
            return None;
        };
        let filled: Vec<&Span> =
            cells.iter().filter(|cell| !text.quote(cell).trim().is_empty()).collect();
        if other != header {
            return None;
        }
        if let [only] = filled[..]
            && cells.len() > 1
        {
            let title = text.quote(only);
            let names_it = tokens(title).iter().any(|token| words.contains(&token.lower));
            return names_it.then(|| Shown {
                value: Value::String(title.to_owned()),
                quote: only.clone(),
                sureness: 0.9,
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    type MakeKind = fn(Vec<Span>, Span) -> BlockKind;

    fn text(blocks: &[(&str, MakeKind)]) -> Text {
        let mut text = Text::default();
        for (words, kind) in blocks {
            let start = text.body.len();
            text.body.push_str(words);
            let span = start..text.body.len();
            text.body.push('\n');
            let mut at = start;
            let mut cells = Vec::new();
            for cell in words.split(" | ") {
                cells.push(at..at + cell.len());
                at += cell.len() + 3;
            }
            let kind = kind(cells, span.clone());
            text.blocks.push(Block { kind, span, under: Vec::new() });
        }
        text
    }

    fn row(cells: Vec<Span>, _: Span) -> BlockKind {
        BlockKind::Row { cells, header: None, is_header: false }
    }

    fn paragraph(_: Vec<Span>, _: Span) -> BlockKind {
        BlockKind::Paragraph
    }

    fn term(_: Vec<Span>, span: Span) -> BlockKind {
        BlockKind::Definition { term: span.clone(), meaning: span }
    }

    fn first(asked: &str, subject: &Subject, text: &Text, index: usize) -> Option<Value> {
        shown(asked, subject, text, index).first().map(|shown| shown.value.clone())
    }

    #[test]
    fn a_signature_tells_the_type_and_the_named_call_its_result() {
        let text = text(&[
            ("initcap ( text ) → text", paragraph),
            ("initcap('hi THOMAS') → Hi Thomas", paragraph),
        ]);
        let subject = Subject {
            name: "initcap".into(),
            context: vec![("example".into(), "initcap('hi THOMAS')".into())],
            ..Subject::default()
        };
        assert_eq!(first("return type of the function", &subject, &text, 0), Some("text".into()));
        assert_eq!(first("return type of the function", &subject, &text, 1), None);
        assert_eq!(first("what the call returns", &subject, &text, 1), Some("Hi Thomas".into()));
    }

    #[test]
    fn the_opening_of_a_definition_names_a_unit() {
        let unit = |meaning: &str| {
            let mut text = Text { body: format!("delay integer\n{meaning}"), ..Text::default() };
            let (term, end) = (0..13, text.body.len());
            let kind = BlockKind::Definition { term, meaning: 14..end };
            text.blocks.push(Block { kind, span: 0..end, under: Vec::new() });
            let subject = Subject { name: "delay".into(), ..Subject::default() };
            first("unit of the value", &subject, &text, 0)
        };
        assert_eq!(unit("Set the delay in microseconds."), Some("microseconds".into()));
        let gif = unit("The delay in hundredths of seconds, at most 9.");
        assert_eq!(gif, Some("hundredths of seconds".into()));
        assert_eq!(unit("Whether to wait in lines."), None);
        assert_eq!(unit("Wait. It is not given in seconds."), None);
    }

    #[test]
    fn an_option_has_a_short_and_a_long_form() {
        let text = text(&[("-F format --format=format", term)]);
        let subject = Subject { name: "--format".into(), ..Subject::default() };
        assert_eq!(first("short form", &subject, &text, 0), Some("-F".into()));
        let other = Subject { name: "--file".into(), ..Subject::default() };
        assert_eq!(first("short form", &other, &text, 0), None);
    }

    #[test]
    fn a_range_has_two_ends_and_a_row_alone_heads_the_rows_below() {
        let text = text(&[
            ("Class 22 — Data Exception | ", row),
            ("smallint | 2 bytes | -32768 to +32767", row),
        ]);
        let subject = Subject { name: "smallint".into(), ..Subject::default() };
        assert_eq!(first("lowest value", &subject, &text, 1), Some("-32768".into()));
        assert_eq!(first("highest value", &subject, &text, 1), Some("32767".into()));
        let class = first("class it belongs to", &subject, &text, 1);
        assert_eq!(class, Some("Class 22 — Data Exception".into()));
        assert_eq!(first("colour", &subject, &text, 1), None);
    }
}
