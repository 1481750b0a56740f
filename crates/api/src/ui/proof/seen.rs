//! What a browser sees of a page of ours, in a form that its script makes of the page itself (`assets/proof.js`): all words,
//! and all elements with their attributes, styles and scripts. What the script writes into the page is left out.

use serde::{Deserialize, Serialize};

use super::sha256;

/// SHA-256 of either.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    pub words: String,
    pub frame: String,
}

/// Elements whose content differs from one moment to the other: what the check says, the seal, the data.
const LEFT_OUT: [&str; 3] = ["id=checked", "id=seal", "id=proof"];

impl Seen {
    /// Of a page that is well-formed and has no comments, as ours are.
    pub(super) fn of(html: &str) -> Self {
        let (mut words, mut frame) = (String::new(), Vec::new());
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            words.push_str(&plain(&rest[..at]));
            rest = &rest[at + 1..];
            let Some(end) = end_of_tag(rest) else { break };
            let tag = &rest[..end];
            rest = &rest[end + 1..];
            if tag.starts_with(['/', '!']) {
                continue;
            }
            let (name, line) = element(tag);
            let is_left_out = LEFT_OUT.iter().any(|part| line.split('\t').any(|own| own == *part));
            let is_raw = matches!(name, "style" | "script");
            let content =
                if is_left_out || is_raw { until(rest, &format!("</{name}>")) } else { "" };
            frame.push(line);
            if is_raw && !is_left_out {
                frame.push(joined(content));
            }
            rest = &rest[content.len()..];
        }
        words.push_str(&plain(rest));
        Self { words: sha256(&joined(&words)), frame: sha256(&frame.join("\n")) }
    }
}

fn until<'a>(text: &'a str, end: &str) -> &'a str {
    &text[..text.find(end).unwrap_or(text.len())]
}

/// Where a tag ends: `>` inside of quotes is part of a value.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    text.bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        byte == b'>' && !is_quoted
    })
}

/// The name of an element, and a line with its name and its attributes in their order.
fn element(tag: &str) -> (&str, String) {
    let tag = tag.trim_end_matches('/').trim_end();
    let (name, mut rest) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(['=', ' ', '\n']).unwrap_or(rest.len());
        let (attribute, behind) = rest.split_at(end);
        if attribute.is_empty() {
            break;
        }
        let value = behind.strip_prefix("=\"").map(|value| until(value, "\""));
        rest = match value {
            Some(value) => behind.get(value.len() + 3..).unwrap_or_default(),
            None => behind,
        };
        let value = plain(value.unwrap_or_default());
        attributes.push(format!("\t{}={value}", attribute.to_ascii_lowercase()));
    }
    attributes.sort_unstable();
    (name, format!("{}{}", name.to_ascii_lowercase(), attributes.concat()))
}

/// White space as single spaces.
fn joined(text: &str) -> String {
    let words = text.split([' ', '\t', '\n', '\r', '\u{c}']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Entities as what they stand for.
fn plain(html: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(html.len()), html);
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(length) = rest.find(';') else { break };
        text.push_str(&entity(&rest[1..length]));
        rest = &rest[length + 1..];
    }
    text.push_str(rest);
    text
}

fn entity(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    match (name, number.and_then(char::from_u32)) {
        (_, Some(c)) => c.to_string(),
        ("amp", None) => "&".into(),
        ("lt", None) => "<".into(),
        ("gt", None) => ">".into(),
        ("quot", None) => "\"".into(),
        ("apos", None) => "'".into(),
        (other, None) => format!("&{other};"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_a_line_with_its_attributes_in_order() {
        let line = |tag: &str| element(tag).1;
        assert_eq!(line("p"), "p");
        assert_eq!(
            line("svg viewBox=\"0 0 1 1\" class=\"i &amp; j\" hidden"),
            "svg\tclass=i & j\thidden=\tviewbox=0 0 1 1"
        );
        assert_eq!(line("circle cx=\"8\"/"), "circle\tcx=8");
    }

    #[test]
    fn words_and_frame_change_with_what_is_in_the_page_and_not_with_what_its_check_says() {
        let page = |style: &str, checked: &str, rest: &str| {
            Seen::of(&format!(
                "<style>{style}</style><p id=\"checked\">{checked}</p><p>A &lt;b</p>{rest}"
            ))
        };
        let first = page("p > b {}", "", "");
        assert_eq!(page("p > b {}", "all holds", ""), first);
        assert_ne!(page("p > b {} i {}", "", "").frame, first.frame);
        let other = page("p > b {}", "", "<b></b>");
        assert!(other.words == first.words && other.frame != first.frame);
        let other = page("p > b {}", "", "c");
        assert!(other.words != first.words && other.frame == first.frame);
    }
}
