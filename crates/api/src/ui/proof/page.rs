//! The file that some data gives. The same data always gives the same file.

use std::fmt::Write as _;
use std::sync::LazyLock;

use askama::Template;

use super::{Citation, EnclosedPassage, FORM, Field, Line, Part, Proof, Seen, sha256};
use crate::ui::answer::{ROOM, section_beside};
use crate::ui::escape::{turns, unturned};
use crate::ui::passage::{self, around};
use crate::ui::{assets, markdown, words};
use crate::wire::is_web;

pub(crate) const MADE_BY: &str = concat!("task-mcp ", env!("CARGO_PKG_VERSION"));

#[derive(Template)]
#[template(path = "proof.html")]
struct Page<'a> {
    style: &'static str,
    print: &'static str,
    script: &'static str,
    proof: &'a Proof,
    at: String,
    report: String,
    fields: Vec<FieldShown<'a>>,
    quotes: Vec<QuoteShown<'a>>,
    others: Vec<OtherShown<'a>>,
    data: &'a str,
    seal: &'a str,
}

struct FieldShown<'a> {
    field: &'a Field,
    parts: Vec<PartShown<'a>>,
}

struct PartShown<'a> {
    part: &'a Part,
    quotes: Vec<QuoteShown<'a>>,
    others: Vec<OtherShown<'a>>,
}

struct OtherShown<'a> {
    value: &'a str,
    quotes: Vec<QuoteShown<'a>>,
}

struct QuoteShown<'a> {
    number: usize,
    title: &'a str,
    place: String,
    about: String,
    web: Option<&'a str>,
    text: &'a str,
    section: Option<&'a str>,
    is_found: bool,
    lines: Vec<passage::Line>,
}

/// Makes the file; what a browser sees of it is looked up.
pub fn file_of(proof: Proof) -> Result<String, askama::Error> {
    let (version, template) = (FORM, template().to_owned());
    let mut proof = Proof { version, template, seen: Seen::default(), ..proof };
    proof.seen = Seen::of(&rendered(&proof, "", "")?);
    let data = json_for_script(&proof).map_err(askama::Error::custom)?;
    rendered(&proof, &data, &sha256(&data))
}

/// What tells files of this template from those of others.
pub(super) fn template() -> &'static str {
    static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
        let page = rendered(&sample(), "", "").unwrap_or_default();
        sha256(&page)
    });
    &TEMPLATE
}

fn rendered(proof: &Proof, data: &str, seal: &str) -> Result<String, askama::Error> {
    let titles: Vec<String> =
        of(proof, "output", None).map(|citation| citation.title.clone()).collect();
    let markdown = proof.report.as_deref().unwrap_or_default();
    let page = Page {
        style: assets::STYLE,
        print: include_str!("../../../assets/print.css"),
        script: include_str!("../../../assets/proof.js"),
        at: words::when_said(&proof.finished_at),
        report: markdown::to_html(markdown, &titles, None).html,
        fields: proof.fields.iter().map(|field| shown(proof, field)).collect(),
        quotes: match proof.report {
            Some(_) => quotes(proof, "output", None),
            None => Vec::new(),
        },
        others: others(proof, "output", &proof.others),
        proof,
        data,
        seal,
    };
    Ok(unturned(page.render()?))
}

fn shown<'a>(proof: &'a Proof, field: &'a Field) -> FieldShown<'a> {
    let part = |part: &'a Part| PartShown {
        part,
        quotes: quotes(proof, &part.field, None),
        others: others(proof, &part.field, &part.others),
    };
    FieldShown { field, parts: field.parts.iter().map(part).collect() }
}

fn others<'a>(proof: &'a Proof, field: &str, values: &'a [String]) -> Vec<OtherShown<'a>> {
    let other = |(nth, value): (usize, &'a String)| OtherShown {
        value,
        quotes: quotes(proof, field, Some(nth)),
    };
    values.iter().enumerate().map(other).collect()
}

fn of<'a>(
    proof: &'a Proof,
    field: &str,
    other: Option<usize>,
) -> impl Iterator<Item = &'a Citation> {
    proof.citations.iter().filter(move |one| one.field == field && one.other == other)
}

fn quotes<'a>(proof: &'a Proof, field: &str, other: Option<usize>) -> Vec<QuoteShown<'a>> {
    let quote = |citation: &'a Citation| {
        let found = proof.passage_of(citation);
        let (address, mut about) = found
            .map_or(("", Vec::new()), |(passage, _)| (passage.address.as_str(), about(passage)));
        about.extend(citation.published.iter().map(|day| format!("published {day}")));
        let lines = found.and_then(|(passage, at)| {
            around(&passage.text, &(at..at + citation.quote.len()), ROOM)
        });
        let lines = lines.map(|passage| passage.lines()).unwrap_or_default();
        QuoteShown {
            number: citation.number,
            title: &citation.title,
            place: words::place(address),
            about: about.join(" · "),
            web: is_web(address).then_some(address),
            text: &citation.quote,
            section: section_beside(citation.section.as_deref(), &citation.title, &lines),
            is_found: found.is_some(),
            lines,
        }
    };
    of(proof, field, other).map(quote).collect()
}

fn about(passage: &EnclosedPassage) -> Vec<String> {
    vec![passage.media_type.clone(), format!("archived {}", words::when_said(&passage.archived_at))]
}

/// JSON inside of `<script>`: nothing in it ends the element, begins a comment or turns text.
fn json_for_script(proof: &Proof) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(proof)?;
    let is_plain = |c: char| !(c == '<' || matches!(c, '\u{2028}' | '\u{2029}') || turns(c));
    if json.chars().all(is_plain) {
        return Ok(json);
    }
    Ok(json.chars().fold(String::with_capacity(json.len() + 64), |mut text, c| {
        if is_plain(c) {
            text.push(c);
        } else {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        }
        text
    }))
}

/// Data with something in each place.
fn sample() -> Proof {
    let text = "Before it.\nHigh tide comes twice a day.\nBehind it.".to_owned();
    let citation = |field: &str, other, quote: &str| Citation {
        field: field.into(),
        number: 1,
        other,
        quote: quote.into(),
        title: "Tides".into(),
        section: Some("Tides of a day".into()),
        published: Some("2026-01-02".into()),
        place: text.find(quote).map(|at| (0, at)),
    };
    let quote = "High tide comes twice a day.";
    Proof {
        run: "trun_1".into(),
        question: "How often?".into(),
        processor: "pro".into(),
        finished_at: "2026-01-02T03:04:05.000Z".into(),
        report: Some(
            "# T\n\n## A\n\nIt *comes* **twice** `x` [1].\n\n### B\n\n- a\n\n1. b\n\n> c\n\n| d |\n|--:|\n| e |\n\n[f](https://tides.test/)\n".into(),
        ),
        fields: vec![Field {
            name: "often".into(),
            value: "twice".into(),
            missing: Some("Not found".into()),
            parts: vec![Part {
                field: "often".into(),
                reasoning: "It says so.".into(),
                others: vec!["once".into()],
            }],
        }],
        others: vec!["once".into()],
        receipt: vec![Line { name: "Rounds".into(), value: "1".into(), bound: Some("of 2".into()) }],
        stopped: Some("all was found".into()),
        citations: vec![
            citation("output", None, quote),
            citation("output", Some(0), "Before it."),
            citation("often", None, quote),
            citation("often", Some(0), "nowhere"),
        ],
        passages: vec![EnclosedPassage {
            page: "page_1".into(),
            address: "https://tides.test/".into(),
            media_type: "text/plain".into(),
            archived_at: "2026-01-02T03:04:05.000Z".into(),
            page_sha256: sha256("bytes"),
            sha256: sha256(&text),
            text: text.clone(),
        }],
        ..Proof::default()
    }
}
