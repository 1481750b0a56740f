//! An archived page: the text as we read it, with what runs cite marked.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::clock::TimeMs;
use domain::ids::{NotAnId, PageId};
use domain::text::Span;

use crate::App;
use crate::gate::{Pass, Viewer};
use crate::problem::Problem;
use crate::ui::site::Site;
use crate::ui::{rendered, words};
use crate::wire::is_web;

#[derive(Template)]
#[template(path = "page.html")]
struct ArchivedPage {
    site: Site,
    title: String,
    address: String,
    is_web: bool,
    place: String,
    at: String,
    quotes: usize,
    published: Option<String>,
    media_type: String,
    hash: String,
    pieces: Vec<Piece>,
}

/// A stretch of the text that is cited as a whole or not at all.
#[derive(Debug, PartialEq)]
struct Piece {
    anchors: Vec<String>,
    is_cited: bool,
    text: String,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(page_id): Path<String>,
) -> Result<Response, Problem> {
    let page: PageId =
        page_id.parse().map_err(|why: NotAnId| Problem::not_found(why.to_string()))?;
    let nothing = || Problem::not_found(format!("there is no page `{page}`"));
    // Whoever came by a link sees the pages that its answer rests on.
    if let Pass::Link { work, .. } = &viewer.pass
        && !app.store.is_cited_by(page, *work).await?
    {
        return Err(nothing());
    }
    let found = app.store.find_page(viewer.owner, page).await?;
    let (archived, mut spans) = found.ok_or_else(nothing)?;
    if let Pass::Link { work, .. } = &viewer.pass {
        spans = app.store.places_cited_by(archived.text_ref, *work).await?;
    }
    let text = &archived.text;
    let title = if text.title.is_empty() { &archived.address } else { &text.title };
    rendered(&ArchivedPage {
        site: Site::of(&app, &viewer),
        title: title.clone(),
        is_web: is_web(&archived.address),
        place: words::place(&archived.address),
        at: words::when(TimeMs(archived.first_at_ms)),
        published: text.published.clone(),
        media_type: archived.media_type.clone(),
        hash: archived.hash.clone(),
        quotes: spans.len(),
        pieces: pieces(&text.body, &spans),
        address: archived.address,
    })
}

/// The file name at the end is for people only.
pub(super) async fn show_named(
    state: State<App>,
    viewer: Viewer,
    Path((page_id, _name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    show(state, viewer, Path(page_id)).await
}

/// Where a quote is found on its page.
pub(super) fn anchor(span: &Span) -> String {
    format!("s{}-{}", span.start, span.end)
}

/// Cuts the text at the ends of all spans, which may overlap.
fn pieces(body: &str, spans: &[Span]) -> Vec<Piece> {
    let sound: Vec<&Span> = spans
        .iter()
        .filter(|span| !span.is_empty() && body.get((*span).clone()).is_some())
        .collect();
    let mut cuts: BTreeSet<usize> = sound.iter().flat_map(|span| [span.start, span.end]).collect();
    cuts.extend([0, body.len()]);
    let cuts: Vec<usize> = cuts.into_iter().collect();
    let mut sorted = sound;
    sorted.sort_by_key(|span| span.start);
    let (mut next, mut cited_to) = (0, 0);
    let mut pieces = Vec::new();
    for ends in cuts.windows(2) {
        let mut anchors = Vec::new();
        while let Some(span) = sorted.get(next).filter(|span| span.start == ends[0]) {
            anchors.push(anchor(span));
            cited_to = cited_to.max(span.end);
            next += 1;
        }
        let text = body.get(ends[0]..ends[1]).unwrap_or_default().to_owned();
        pieces.push(Piece { anchors, is_cited: cited_to > ends[0], text });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_quotes_are_marked_once_and_each_has_its_anchor() {
        let marked: Vec<(String, bool, usize)> = pieces("abcdef", &[1..4, 2..5])
            .into_iter()
            .map(|piece| (piece.text, piece.is_cited, piece.anchors.len()))
            .collect();
        let expected =
            [("a", false, 0), ("b", true, 1), ("cd", true, 1), ("e", true, 0), ("f", false, 0)];
        assert_eq!(
            marked,
            expected.map(|(text, cited, anchors)| (text.to_owned(), cited, anchors))
        );
    }

    #[test]
    fn a_span_that_does_not_fit_the_text_is_passed_over() {
        let whole = pieces("äb", &[1..2, 0..99]);
        assert_eq!(whole.len(), 1);
        assert!(!whole[0].is_cited);
    }
}
