//! `doctor`: is everything there that a run needs? One sentence each, and what to do about it.

mod models;

use anyhow::{Result, bail};
use domain::source::Place;
use egress::Scope;
use store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::ground::Ground;
use crate::settings::{Browser, Settings};
use crate::{machine, serve, show};

/// What was looked at, and how it stands.
enum Finding {
    Fine(String),
    /// Works, but less than it could.
    Note(String),
    Broken(String),
}

use Finding::{Broken, Fine, Note};

pub(crate) async fn run(settings: Settings) -> Result<()> {
    let mut findings = Vec::new();
    if settings.store.database.is_none() {
        findings.push(data_dir(&settings));
    }
    let place = settings.location();
    let models = egress::Scope::open().around(models::look(&settings)).await;
    let (is_shared, listen) = (settings.store.database.is_some(), settings.server.listen.clone());
    match Store::open(&place, machine::clock(), machine::chance()).await {
        Err(why) => findings.push(Broken(format!("the database cannot be opened: {why}"))),
        Ok(store) => {
            drop(store);
            let ground = Ground::open(settings).await?;
            let kind = if is_shared { "PostgreSQL" } else { "embedded SQLite" };
            findings.push(match ground.store.ping().await {
                Ok(()) => Fine(format!(
                    "the database answers ({kind}, {}), its schema fits task-mcp {}",
                    ground.place(),
                    env!("CARGO_PKG_VERSION")
                )),
                Err(why) => Broken(format!("the database was opened but does not answer: {why}")),
            });
            findings.push(executor(&ground)?);
            findings.extend(sources(&ground).await?);
            findings.extend(search(&ground).await?);
            findings.push(browser(&ground).await);
        }
    }
    findings.push(port(&listen).await);
    findings.extend(models);
    let mut broken = 0;
    for finding in &findings {
        let (mark, sentence) = match finding {
            Fine(sentence) => ("ok    ", sentence),
            Note(sentence) => ("note  ", sentence),
            Broken(sentence) => ("broken", sentence),
        };
        broken += usize::from(matches!(finding, Broken(_)));
        show::say(&format!("{mark}  {}\n", show::plain(sentence)))?;
    }
    if broken > 0 {
        bail!(
            "{broken} of {} things need attention: see the lines marked `broken`",
            findings.len()
        );
    }
    show::say("\nnext: task-mcp research \"QUESTION\" --source ./documents, or task-mcp serve\n")
}

fn data_dir(settings: &Settings) -> Finding {
    let path = &settings.store.data;
    let shown = path.display();
    let probe = path.join(format!(".probe-{}", std::process::id()));
    let written = std::fs::create_dir_all(path)
        .and_then(|()| std::fs::write(&probe, b"x"))
        .and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => Fine(format!("the data directory {shown} can be written")),
        Err(why) => Broken(format!(
            "the data directory {shown} cannot be written ({}): change its owner, or choose another with --data DIR",
            why.kind()
        )),
    }
}

fn executor(ground: &Ground) -> Result<Finding> {
    Ok(Fine(if ground.store.is_shared() {
        "any number of processes may execute runs of this database".to_owned()
    } else if ground.is_executed_elsewhere()? {
        "another process executes the runs of this data directory; commands here submit and wait for it".into()
    } else {
        "no other process executes runs of this data directory; commands here do it themselves"
            .into()
    }))
}

async fn sources(ground: &Ground) -> Result<Vec<Finding>> {
    let sources = ground.registered().await?;
    if sources.is_empty() {
        return Ok(vec![Note(
            "no sources are registered: task-mcp sources add NAME=./documents, or --source with each command".into(),
        )]);
    }
    Ok(sources
        .iter()
        .map(|source| match &source.place {
            Place::Site(address) => {
                Fine(format!("the source `{}` is the site {address}", source.name))
            }
            Place::Folder(path) | Place::File(path)
                if source.host.as_ref() != Some(&ground.host) =>
            {
                Note(format!(
                    "the source `{}` ({path}) lies on the machine {}; only workers there read it",
                    source.name,
                    source.host.as_deref().unwrap_or("that registered it")
                ))
            }
            Place::Folder(path) => match std::fs::read_dir(path) {
                Ok(_) => Fine(format!("the source `{}` is the folder {path}", source.name)),
                Err(why) => unreadable(source.name.as_str(), path, &why),
            },
            Place::File(path) => match std::fs::File::open(path) {
                Ok(_) => Fine(format!("the source `{}` is the file {path}", source.name)),
                Err(why) => unreadable(source.name.as_str(), path, &why),
            },
        })
        .collect())
}

fn unreadable(name: &str, path: &str, why: &std::io::Error) -> Finding {
    Broken(format!(
        "the source `{name}` cannot be read ({}): put {path} back, or run task-mcp sources remove {name}",
        why.kind()
    ))
}

/// Each provider that runs may ask, and whether it answers now; all are asked at once.
async fn search(ground: &Ground) -> Result<Vec<Finding>> {
    let chosen = ground.settings.search_providers();
    let is_keyless = ground.settings.asks_keyless();
    let mut findings = Vec::new();
    if chosen.is_empty() {
        findings.push(Note(if is_keyless {
            "no search provider is set up: runs without sources of their own ask what needs no account; docs/search.md \
             has what else can be asked, for example search.searxng.url"
                .into()
        } else {
            "no web search is configured: set search.searxng.url to the address of a SearXNG instance, or a key of \
             a provider (docs/search.md)"
                .into()
        }));
    }
    let keyless = sources::keyless_for(EVERY_KIND);
    let is_asked = |name: &str| chosen.iter().any(|chosen| chosen == name);
    let mut examining = JoinSet::new();
    let asked = ground
        .sources
        .providers()
        .into_iter()
        .filter(|(name, _)| is_asked(name) || (is_keyless && keyless.contains(name)));
    for (at, (name, base)) in asked.enumerate() {
        let sources = ground.sources.clone();
        // Asked on nobody's behalf but ours: no document goes into it.
        examining.spawn(async move {
            (at, name, base, Scope::open().around(sources.examine(name)).await)
        });
    }
    let mut examined = Vec::new();
    while let Some(one) = examining.join_next().await {
        examined.push(one?);
    }
    examined.sort_by_key(|(at, ..)| *at);
    findings.extend(examined.into_iter().map(|(_, name, base, why)| {
        let host = base.host_str().unwrap_or_default();
        match why {
            None => Fine(format!("the search provider {name} ({host}) answers")),
            Some(why) if is_asked(name) => {
                Broken(format!("the search provider {name} ({host}) cannot be used: {why}"))
            }
            Some(why) => Note(format!("{name} ({host}) does not answer: {why}")),
        }
    }));
    Ok(findings)
}

/// Whether pages that only scripts fill are read, and whether that works now.
async fn browser(ground: &Ground) -> Finding {
    let chosen = &ground.settings.fetch.browser;
    let Some(program) = chosen.program() else {
        return match chosen {
            Browser::Off => Note(
                "pages that only scripts fill are not read: fetch.browser = \"auto\" has a Chromium of this machine \
                 render them (docs/sources.md)"
                    .into(),
            ),
            Browser::Auto | Browser::At(_) => Broken(format!(
                "fetch.browser asks for a Chromium, and there is none on the PATH ({}): install one, name its path, \
                 or set fetch.browser = \"off\"",
                Browser::NAMES.join(", ")
            )),
        };
    };
    let shown = program.display();
    // A page of our own, whose script asks for nothing.
    let sandbox = if crate::machine::is_root() {
        ", without its sandbox, because we run as root"
    } else {
        ""
    };
    match ground.sources.examine_browser().await {
        Some(Err(why)) => Broken(format!(
            "the browser {shown} {why}: try another, or set fetch.browser = \"off\""
        )),
        Some(Ok(())) | None => {
            Fine(format!("the browser {shown} renders pages that only scripts fill{sandbox}"))
        }
    }
}

/// A question for which all providers are asked that need no account.
const EVERY_KIND: &str = "news of a paper";

async fn port(listen: &str) -> Finding {
    match TcpListener::bind(listen).await {
        Ok(_) => Fine(format!("{listen} is free for task-mcp serve")),
        Err(_) if serve::is_us(listen).await => {
            Fine(format!("task-mcp serves at {listen} already"))
        }
        Err(why) => Note(format!(
            "task-mcp serve cannot listen on {listen} ({}); choose another port with --listen 127.0.0.1:PORT",
            why.kind()
        )),
    }
}
