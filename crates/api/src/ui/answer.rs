//! An answer as a page shows it: the report or the fields, and each quote in its page.

use std::collections::HashMap;

use domain::clock::TimeMs;
use domain::evidence::{Evidence, TextRef};
use domain::output::{Basis, Content, Output};
use serde_json::{Map, Value};
use store::Archived;

use crate::App;
use crate::problem::Problem;
use crate::ui::markdown::{self, Report};
use crate::ui::page::address_of;
use crate::ui::parts::Mark;
use crate::ui::passage::{Line, around};
use crate::ui::site::Site;
use crate::ui::words;
use crate::wire::is_web;

/// Bytes of a page before and behind a quote.
pub(super) const ROOM: usize = 420;
/// The same beside a value, which comes first.
const LITTLE_ROOM: usize = 180;
/// Most bytes of panels in a page. Of a longer answer they are fetched one by one as they are opened, so that a page stays
/// under 150 kB; what a panel has beside the page's text and the quote is counted too.
const PANELS: usize = 28_000;
const PANEL: usize = 1_000;

/// A report or fields.
#[derive(Default)]
pub(super) struct AnswerView {
    /// Whether the panels of its quotes are not in the page.
    pub(super) is_long: bool,
    pub(super) report: Option<Report>,
    pub(super) confidence: Option<String>,
    pub(super) reasoning: String,
    /// Of a report, by number.
    pub(super) quotes: Vec<QuoteView>,
    pub(super) conflicts: Vec<CandidateView>,
    pub(super) fields: Vec<FieldView>,
}

/// One field with everything that its panel shows.
pub(super) struct FieldView {
    /// The anchor of its panel: `f1` for the first field.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) mark: Option<String>,
    pub(super) is_conflict: bool,
    pub(super) missing: Option<&'static str>,
    /// The field itself, then its elements.
    pub(super) parts: Vec<PartView>,
}

pub(super) struct PartView {
    /// `staff.0`, for an element of a list.
    pub(super) name: Option<String>,
    pub(super) value: String,
    /// What a model did, where the value is not a quote.
    pub(super) kind: Option<&'static str>,
    pub(super) reasoning: String,
    pub(super) quotes: Vec<QuoteView>,
    pub(super) conflicts: Vec<CandidateView>,
}

/// A value that a source states and that was not chosen.
pub(super) struct CandidateView {
    pub(super) value: String,
    pub(super) quotes: Vec<QuoteView>,
}

pub(super) struct QuoteView {
    pub(super) number: usize,
    /// Of how many there are.
    pub(super) of: usize,
    pub(super) before: usize,
    pub(super) next: usize,
    pub(super) text: String,
    pub(super) title: String,
    /// The archived page, at the quote.
    pub(super) page: String,
    /// The page itself, where it is on the web.
    pub(super) web: Option<String>,
    pub(super) place: String,
    pub(super) section: Option<String>,
    /// Kind, and when it was archived and published.
    pub(super) about: String,
    /// Whether the words stand in the archived page, looked up just now.
    pub(super) is_found: bool,
    pub(super) lines: Vec<Line>,
}

/// The readings that an answer cites.
pub(super) struct Texts(HashMap<TextRef, Archived>);

impl Texts {
    pub(super) async fn of(app: &App, output: &Output) -> Result<Self, Problem> {
        Self::cited(app, output.evidence().map(|evidence| evidence.text).collect()).await
    }

    async fn cited(app: &App, cited: Vec<TextRef>) -> Result<Self, Problem> {
        let mut texts = HashMap::new();
        for text in cited {
            if !texts.contains_key(&text)
                && let Some(archived) = app.store.reading(text).await?
            {
                texts.insert(text, archived);
            }
        }
        Ok(Self(texts))
    }

    pub(super) fn get(&self, text: TextRef) -> Option<&Archived> {
        self.0.get(&text)
    }
}

/// What a page shows: panels too, where it stays light with them.
pub(super) fn view(output: &Output, texts: &Texts, site: &Site) -> AnswerView {
    let panels = output.evidence().map(|evidence| PANEL + 2 * ROOM + evidence.quote.len());
    let is_long = panels.sum::<usize>() > PANELS;
    AnswerView { is_long, ..with_room(output, texts, site, if is_long { 0 } else { ROOM }) }
}

fn with_room(output: &Output, texts: &Texts, site: &Site, room: usize) -> AnswerView {
    match &output.content {
        Content::Text(text) => {
            let Some(basis) = output.basis.first() else {
                let report = Some(markdown::to_html(text, &[], Some(site)));
                return AnswerView { report, ..AnswerView::default() };
            };
            let titles: Vec<String> = basis.evidence.iter().map(title).collect();
            AnswerView {
                is_long: false,
                report: Some(markdown::to_html(text, &titles, Some(site))),
                confidence: basis.confidence.map(|it| Mark::of_confidence(it).big()),
                reasoning: basis.reasoning.clone(),
                quotes: quotes(&basis.evidence, texts, site, room),
                conflicts: candidates(basis, texts, site, room),
                fields: Vec::new(),
            }
        }
        Content::Fields { values, .. } => {
            let names = values.keys().enumerate();
            let room = room.min(LITTLE_ROOM);
            let fields =
                names.map(|(nth, name)| field(output, values, (nth, name), texts, site, room));
            AnswerView { fields: fields.collect(), ..AnswerView::default() }
        }
    }
}

/// One field of an answer, for its panel alone.
pub(super) async fn one_field(
    app: &App,
    output: &Output,
    nth: usize,
    site: &Site,
) -> Result<Option<FieldView>, Problem> {
    let Content::Fields { values, .. } = &output.content else { return Ok(None) };
    let Some(name) = values.keys().nth(nth) else { return Ok(None) };
    let mut cited = Vec::new();
    for basis in bases(output, name) {
        let others = basis.conflicts.iter().flat_map(|candidate| &candidate.evidence);
        cited.extend(basis.evidence.iter().chain(others).map(|evidence| evidence.text));
    }
    let texts = Texts::cited(app, cited).await?;
    Ok(Some(field(output, values, (nth, name), &texts, site, LITTLE_ROOM)))
}

/// One quote of a report, for its panel alone.
pub(super) async fn one_quote(
    app: &App,
    output: &Output,
    nth: usize,
    site: &Site,
) -> Result<Option<QuoteView>, Problem> {
    let Content::Text(_) = &output.content else { return Ok(None) };
    let Some(basis) = output.basis.first() else { return Ok(None) };
    let Some(evidence) = basis.evidence.get(nth) else { return Ok(None) };
    let texts = Texts::cited(app, vec![evidence.text]).await?;
    Ok(quotes(&basis.evidence, &texts, site, ROOM).into_iter().nth(nth))
}

/// The anchor of the panel of the n-th field.
pub(super) fn field_anchor(nth: usize) -> String {
    format!("f{}", nth + 1)
}

/// A field and its elements.
pub(super) fn bases<'a>(output: &'a Output, name: &'a str) -> impl Iterator<Item = &'a Basis> {
    output.basis.iter().filter(move |basis| {
        basis.field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn field(
    output: &Output,
    values: &Map<String, Value>,
    (nth, name): (usize, &str),
    texts: &Texts,
    site: &Site,
    room: usize,
) -> FieldView {
    let own = output.basis.iter().find(|basis| basis.field == name);
    let mark = own.and_then(Mark::of_basis);
    let parts = bases(output, name).map(|basis| {
        let is_element = basis.field != name;
        let value = if is_element { element(values, basis) } else { values.get(name) };
        PartView {
            name: is_element.then(|| basis.field.clone()),
            value: value.map(words::value).unwrap_or_default(),
            kind: basis.kind.and_then(words::kind),
            reasoning: basis.reasoning.clone(),
            quotes: quotes(&basis.evidence, texts, site, room),
            conflicts: candidates(basis, texts, site, room),
        }
    });
    FieldView {
        id: field_anchor(nth),
        name: name.to_owned(),
        value: values.get(name).map(words::value).unwrap_or_default(),
        mark: mark.map(Mark::html),
        is_conflict: own.is_some_and(|basis| !basis.conflicts.is_empty()),
        missing: own.and_then(|basis| basis.missing).map(words::missing),
        parts: parts.collect(),
    }
}

/// The value behind `staff.0`.
fn element<'a>(values: &'a Map<String, Value>, basis: &Basis) -> Option<&'a Value> {
    let mut path = basis.field.split('.');
    let first = values.get(path.next()?)?;
    path.try_fold(first, |value, step| match step.parse::<usize>() {
        Ok(index) => value.get(index),
        Err(_) => value.get(step),
    })
}

fn candidates(basis: &Basis, texts: &Texts, site: &Site, room: usize) -> Vec<CandidateView> {
    let candidate = |one: &domain::output::Candidate| CandidateView {
        value: words::value(&one.value),
        quotes: quotes(&one.evidence, texts, site, room),
    };
    basis.conflicts.iter().map(candidate).collect()
}

pub(super) fn title(evidence: &Evidence) -> String {
    let title = if evidence.title.is_empty() { &evidence.address } else { &evidence.title };
    words::short(title, words::MAX_PAGE_TITLE)
}

/// The heading over a quote, where neither the page's title nor the first line of what is shown is the same.
pub(super) fn section_beside<'a>(
    section: Option<&'a str>,
    title: &str,
    lines: &[Line],
) -> Option<&'a str> {
    let bare = |text: &str| text.trim_start_matches('#').trim().to_lowercase();
    let first: String = lines
        .first()
        .iter()
        .flat_map(|line| &line.pieces)
        .map(|piece| piece.text.as_str())
        .collect();
    section.filter(|section| bare(section) != bare(title) && bare(section) != bare(&first))
}

fn quotes(evidence: &[Evidence], texts: &Texts, site: &Site, room: usize) -> Vec<QuoteView> {
    let of = evidence.len();
    let quote = |(nth, evidence): (usize, &Evidence)| {
        let archived = texts.get(evidence.text);
        let body = archived.map_or("", |archived| archived.text.body.as_str());
        let is_found = body.get(evidence.span.clone()) == Some(evidence.quote.as_str());
        let passage = around(body, &evidence.span, room).filter(|_| is_found && room > 0);
        let mut about = Vec::new();
        if let Some(archived) = archived {
            about.push(archived.media_type.clone());
            about.push(format!("archived {}", words::when(TimeMs(archived.first_at_ms))));
        }
        about.extend(evidence.published.iter().map(|day| format!("published {day}")));
        let lines = passage.map(|passage| passage.lines()).unwrap_or_default();
        let title = title(evidence);
        QuoteView {
            number: nth + 1,
            of,
            before: if nth == 0 { of } else { nth },
            next: if nth + 1 == of { 1 } else { nth + 2 },
            text: evidence.quote.clone(),
            page: site.to(&archived.map_or_else(
                || format!("/pages/{}", evidence.page),
                |archived| address_of(archived, &evidence.span),
            )),
            web: is_web(&evidence.address).then(|| evidence.address.clone()),
            place: words::place(&evidence.address),
            section: section_beside(evidence.section.as_deref(), &title, &lines).map(str::to_owned),
            about: about.join(" · "),
            is_found,
            title,
            lines,
        }
    };
    evidence.iter().enumerate().map(quote).collect()
}
