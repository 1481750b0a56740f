//! `fetch` and `search`: one page or one search at once, through the same guard and politeness as runs.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Result, bail};
use domain::outgoing::Mode;
use egress::Scope;
use serde_json::json;
use sources::{Failed, Hit, Page, Query, Sources, fuse, keyless_for, markdown, spread};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::blocks;
use crate::problem::refuse;
use crate::settings::Settings;
use crate::show;

/// By when all providers have to answer, as in `/v1/search`.
const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Debug, clap::Args)]
pub(crate) struct FetchArgs {
    /// The address of a page; https:// may be left out
    url: String,
    /// Print the page as Markdown, which is the default
    #[arg(long, conflicts_with_all = ["text", "json"])]
    markdown: bool,
    /// Print the words alone, as runs quote them
    #[arg(long, conflicts_with = "json")]
    text: bool,
    /// Print an object with title, date, text, its blocks and their places, Markdown and links
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SearchArgs {
    /// A few words
    query: String,
    /// How many results
    #[arg(long, short = 'n', default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=50))]
    limit: u8,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

/// Reads one page.
pub(crate) async fn fetch(settings: Settings, args: FetchArgs) -> Result<()> {
    let sources = settings.sources();
    let anything = |_: &url::Url| true;
    let read = Scope::open().around(sources.read_web(&whole(&args.url), &anything)).await;
    let page = match read {
        Ok(page) => page,
        Err(why @ (sources::Failed::NotAnAddress { .. } | sources::Failed::Refused { .. })) => {
            refuse!("{why}")
        }
        Err(why) => bail!("{why}"),
    };
    show::say(&rendered(&page, &args)?)
}

/// An address as people say it, `example.org/about`, with the scheme that nearly all sites have.
fn whole(said: &str) -> String {
    let host = said.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let is_bare = host.contains('.') && !said.contains("://") && !said.contains('@');
    if is_bare { format!("https://{said}") } else { said.to_owned() }
}

fn rendered(page: &Page, args: &FetchArgs) -> Result<String> {
    if args.text {
        return Ok(format!("{}\n", show::plain(&page.text.body)));
    }
    if !args.json {
        return Ok(format!("{}\n", show::plain(&markdown(&page.text))));
    }
    let links: Vec<_> = page
        .text
        .links
        .iter()
        .map(|link| json!({"url": link.address, "label": link.label}))
        .collect();
    let view = json!({
        "url": page.address, "title": page.text.title, "published": page.text.published,
        "language": page.text.language, "media_type": page.media_type, "size_bytes": page.bytes.len(),
        "text": page.text.body, "blocks": blocks::in_json(&page.text),
        "markdown": markdown(&page.text), "links": links,
    });
    Ok(format!("{}\n", show::escaped(&serde_json::to_string_pretty(&view)?)))
}

/// Asks the search providers that runs would ask.
pub(crate) async fn search(settings: Settings, args: SearchArgs) -> Result<()> {
    if args.query.trim().is_empty() {
        refuse!("the query is empty: write what to search for");
    }
    let sources = settings.sources();
    let names: Vec<String> = if settings.asks_keyless() {
        keyless_for(&args.query).into_iter().map(str::to_owned).collect()
    } else {
        settings.search_providers()
    };
    if names.is_empty() && settings.egress.mode == Mode::Offline {
        refuse!("egress.mode is offline: no search provider is asked (docs/search.md)");
    }
    if names.is_empty() {
        refuse!(
            "no search provider is set up: set search.searxng.url or a key of one (docs/search.md), or let those be \
             asked that need no account with --set search.keyless=true"
        );
    }
    let query = Query::new(&args.query, usize::from(args.limit));
    let withheld = query.text.note();
    if query.text.text().is_empty() && withheld.is_some() {
        refuse!(
            "the query holds only what does not leave this machine ({}); ask for other words",
            query.text.withheld().join(", ")
        );
    }
    if let Some(note) = &withheld {
        eprintln!("{note}");
    }
    let lists = ask_all(&sources, &names, &query).await?;
    if lists.is_empty() {
        bail!("no search provider answers; task-mcp doctor says what to change");
    }
    let hits: Vec<_> = spread(fuse(lists)).into_iter().take(query.limit).collect();
    if args.json {
        return show::say(&in_json(&query, &names, &hits)?);
    }
    if hits.is_empty() {
        eprintln!("nothing was found by {}", names.join(", "));
    }
    show::say(&show::plain(&in_lines(&hits)))
}

/// What each provider finds, in their order; whoever does not answer is told.
async fn ask_all(sources: &Sources, names: &[String], query: &Query) -> Result<Vec<Vec<Hit>>> {
    let mut asking = JoinSet::new();
    for (at, name) in names.iter().cloned().enumerate() {
        let (sources, query) = (sources.clone(), query.clone());
        asking.spawn(async move {
            let scope = Scope::open();
            let asked = scope.around(sources.search_web(&name, &query));
            (at, answered(&name, timeout(DEADLINE, asked).await.ok()))
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = asking.join_next().await {
        answers.push(answer?);
    }
    answers.sort_by_key(|(at, _)| *at);
    let mut lists = Vec::new();
    for (_, answer) in answers {
        match answer {
            Ok(hits) => lists.push(hits),
            Err(why) => eprintln!("not searched: {}", show::plain(&why)),
        }
    }
    Ok(lists)
}

/// Hits, or why there are none; without an answer the time was up.
fn answered(name: &str, answer: Option<Result<Vec<Hit>, Failed>>) -> Result<Vec<Hit>, String> {
    let late = || format!("{name} did not answer within {} seconds", DEADLINE.as_secs());
    answer.ok_or_else(late)?.map_err(|why| why.to_string())
}

fn in_json(query: &Query, names: &[String], hits: &[Hit]) -> Result<String> {
    let results: Vec<_> = hits
        .iter()
        .map(|hit| {
            json!({
                "url": hit.address, "title": hit.title, "snippet": hit.snippet, "published": hit.published,
            })
        })
        .collect();
    let mut view = json!({"query": query.text.text(), "providers": names, "results": results});
    if !query.text.withheld().is_empty() {
        view["withheld"] = json!(query.text.withheld());
    }
    Ok(format!("{}\n", show::escaped(&serde_json::to_string_pretty(&view)?)))
}

fn in_lines(hits: &[Hit]) -> String {
    let mut out = String::new();
    for (at, hit) in (1..).zip(hits) {
        let title = if hit.title.is_empty() { "(no title)" } else { &hit.title };
        let date = hit.published.as_deref().map_or(String::new(), |day| format!("  {day}"));
        let _ = writeln!(out, "{at}. {title}{date}\n   {}", hit.address);
        if !hit.snippet.is_empty() {
            let brief: String = hit.snippet.chars().take(200).collect();
            let _ = writeln!(out, "   {brief}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_of_an_address_may_be_left_out() {
        assert_eq!(whole("a.test/x?y=http"), "https://a.test/x?y=http");
        assert_eq!(whole("a.test:8443"), "https://a.test:8443");
        for said in ["http://a.test", "mailto:me@a.test", "file:/etc/hosts", "words"] {
            assert_eq!(whole(said), said);
        }
    }
}
