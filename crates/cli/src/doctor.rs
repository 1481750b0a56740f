//! `doctor`: is everything there that a run needs? One sentence each, and what to do about it.

use anyhow::{Result, bail};
use domain::source::Place;
use store::Store;
use tokio::net::TcpListener;

use crate::ground::Ground;
use crate::settings::Settings;
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
            findings.push(search(&ground).await);
        }
    }
    findings.push(port(&listen).await);
    findings.push(Note(
        "no language model is configured: answers are verbatim quotes, and fields that ask for judgement or writing stay empty (needs_model)".into(),
    ));
    let mut broken = 0;
    for finding in &findings {
        let (mark, sentence) = match finding {
            Fine(sentence) => ("ok    ", sentence),
            Note(sentence) => ("note  ", sentence),
            Broken(sentence) => ("broken", sentence),
        };
        broken += usize::from(matches!(finding, Broken(_)));
        show::say(&format!("{mark}  {sentence}\n"))?;
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

async fn search(ground: &Ground) -> Finding {
    let Some(url) = &ground.settings.search.searxng_url else {
        return Note(
            "no web search is configured: set search.searxng.url to the address of a SearXNG instance to search the web".into(),
        );
    };
    match ground.sources.search_web(sources::SEARXNG, "test", None, 1).await {
        Ok(_) => Fine(format!("the search service at {url} answers")),
        Err(why) => Broken(format!("the search service at {url} cannot be used: {why}")),
    }
}

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
