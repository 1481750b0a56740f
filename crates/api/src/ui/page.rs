//! An archived page: a text as we read it, with what answers cite marked, by parts of a size that loads fast.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::clock::TimeMs;
use domain::ids::{NotAnId, PageId, WorkId};
use domain::text::Span;
use store::Archived;

use crate::App;
use crate::gate::{Pass, Viewer};
use crate::problem::Problem;
use crate::rest::{Params, param};
use crate::ui::pieces::{Piece, pieces};
use crate::ui::site::Site;
use crate::ui::{pieces, rendered, words};
use crate::wire::is_web;

/// Answers that are named which quote the page, and the longest question of one, in characters.
const CITING: usize = 3;
const MAX_QUESTION: usize = 80;
/// Quotes that are listed one by one above the text, and the longest of them, in characters.
const LISTED: usize = 40;
const MAX_QUOTE: usize = 110;

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
    listed: Vec<Quote>,
    published: Option<String>,
    media_type: String,
    hash: String,
    pieces: Vec<Piece>,
    /// Where each part begins, for a script that is led to a place in another one.
    starts: String,
    part: usize,
    parts: usize,
    before: Option<String>,
    next: Option<String>,
    /// Which reading this is, where it is not the newest, and of how many.
    older: Option<(i64, i64)>,
    newest: String,
    others: Vec<OtherReading>,
    /// Answers that quote it, each with its address.
    citing: Vec<(String, String)>,
}

/// A quote that leads to its place.
struct Quote {
    href: String,
    text: String,
}

/// Another reading of the same page from which answers quote.
struct OtherReading {
    href: String,
    number: i64,
    quotes: i64,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(page_id): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    let page: PageId = page_id
        .parse()
        .map_err(|why: NotAnId| Problem::not_found(why.to_string()).on_a_page(NO_PAGE))?;
    let nothing = || Problem::not_found(format!("there is no page `{page}`")).on_a_page(NO_PAGE);
    // Whoever came by a link sees the pages that its answer rests on.
    if let Pass::Link { work, .. } = &viewer.pass
        && !app.store.is_cited_by(page, *work).await?
    {
        return Err(nothing());
    }
    let number = |name| Ok::<_, Problem>(param(&params, name)?.and_then(|text| text.parse().ok()));
    let reading: Option<i64> = number("reading")?.filter(|number| *number > 0);
    let found = app.store.find_page(viewer.owner, page, reading).await?;
    let (archived, mut spans) = found.ok_or_else(nothing)?;
    if let Pass::Link { work, .. } = &viewer.pass {
        spans = app.store.places_cited_by(archived.text_ref, *work).await?;
    }
    let others = others(&app, &viewer, &archived).await?;
    let site = Site::of(&app, &viewer);
    let text = &archived.text;
    let title = if text.title.is_empty() { &archived.address } else { &text.title };
    let starts = pieces::starts(&text.body);
    let asked: usize = number("part")?.and_then(|part| usize::try_from(part).ok()).unwrap_or(1);
    let part = asked.clamp(1, starts.len());
    let shown = starts[part - 1]..starts.get(part).copied().unwrap_or(text.body.len());
    let turn = |part: usize| site.to(&address(&archived, part, None));
    let listed = spans.iter().take(LISTED).filter_map(|span| {
        let quote = text.body.get(span.clone())?.split_whitespace().collect::<Vec<_>>().join(" ");
        let href = site.to(&address_of(&archived, span));
        Some(Quote { href, text: words::short(&quote, MAX_QUOTE) })
    });
    rendered(&ArchivedPage {
        title: words::short(title, words::MAX_PAGE_TITLE),
        is_web: is_web(&archived.address),
        place: words::place(&archived.address),
        at: words::when(TimeMs(archived.first_at_ms)),
        published: text.published.clone(),
        media_type: archived.media_type.clone(),
        hash: archived.hash.clone(),
        quotes: spans.len(),
        listed: listed.collect(),
        pieces: pieces(&text.body, &shown, &spans),
        starts: starts.iter().map(usize::to_string).collect::<Vec<_>>().join(" "),
        part,
        parts: starts.len(),
        before: (part > 1).then(|| turn(part - 1)),
        next: (part < starts.len()).then(|| turn(part + 1)),
        older: archived.is_older().then_some((archived.number, archived.of)),
        newest: site.to(&format!("/pages/{page}")),
        others,
        citing: citing(&app, &viewer, &site, &archived).await?,
        address: archived.address.clone(),
        site,
    })
}

const NO_PAGE: &str = "No archived page has this address, or it is not among those that you may see. Perhaps the address was cut short when it was copied.";

/// Other readings of the page from which answers quote that this viewer may see.
async fn others(
    app: &App,
    viewer: &Viewer,
    archived: &Archived,
) -> Result<Vec<OtherReading>, Problem> {
    let site = Site::of(app, viewer);
    let mut others = Vec::new();
    let readings = app.store.readings_of(viewer.owner, archived.page).await?;
    for (number, (text, mut quotes)) in (1..).zip(readings) {
        if text == archived.text_ref {
            continue;
        }
        if let Pass::Link { work, .. } = &viewer.pass {
            let places = app.store.places_cited_by(text, *work).await?;
            quotes = i64::try_from(places.len()).unwrap_or(i64::MAX);
        }
        if quotes > 0 {
            let href = site.to(&format!("/pages/{}?reading={number}", archived.page));
            others.push(OtherReading { href, number, quotes });
        }
    }
    Ok(others)
}

/// A few answers that quote the page; for whoever came by a link, what the link opens.
async fn citing(
    app: &App,
    viewer: &Viewer,
    site: &Site,
    archived: &Archived,
) -> Result<Vec<(String, String)>, Problem> {
    match &viewer.pass {
        Pass::Link { work: WorkId::Group(id), .. } => {
            return Ok(vec![(site.group(&id.to_string(), ""), "The table".to_owned())]);
        }
        Pass::Link { work: WorkId::Run(id), .. } => {
            return Ok(vec![(site.run(&id.to_string(), ""), "The answer".to_owned())]);
        }
        Pass::Open | Pass::Key | Pass::Session => {}
    }
    let mut citing = Vec::new();
    for run in app.store.some_that_cite(archived.text_ref, CITING).await? {
        let Some(row) = app.store.find_run(viewer.owner, run).await? else { continue };
        let (input, _) = app.store.input_of(&row).await?;
        citing.push((site.run(&run.to_string(), ""), words::question(&input, MAX_QUESTION)));
    }
    Ok(citing)
}

/// The address of a place: in its reading, where that is not the newest, and in its part.
pub(super) fn address_of(archived: &Archived, span: &Span) -> String {
    address(archived, pieces::part_of(&archived.text.body, span.start), Some(span))
}

fn address(archived: &Archived, part: usize, span: Option<&Span>) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    if archived.is_older() {
        pairs.append_pair("reading", &archived.number.to_string());
    }
    if part > 1 {
        pairs.append_pair("part", &part.to_string());
    }
    let query = pairs.finish();
    let sign = if query.is_empty() { "" } else { "?" };
    let anchor = span.map(|span| format!("#{}", pieces::anchor(span))).unwrap_or_default();
    format!("/pages/{}{sign}{query}{anchor}", archived.page)
}

/// The file name at the end is for people only.
pub(super) async fn show_named(
    state: State<App>,
    viewer: Viewer,
    Path((page_id, _name)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Problem> {
    show(state, viewer, Path(page_id), params).await
}
