//! `serve`: answers over HTTP and executes what is due, until it is told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use api::Catalog;
use domain::outgoing::Mode;
use egress::{Egress, Origin, Policy, Purpose, Request};
use store::Owner;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;

use crate::ground::Ground;
use crate::pages::{self, Address, Place, Wish};
use crate::problem::refuse;
use crate::settings::{Browser, Settings};
use crate::{show, signals, source_args};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A folder, a file or an address that runs may read; it is registered as with `sources add`
    #[arg(long, value_name = "[NAME=]DIR|FILE|URL")]
    source: Vec<String>,
}

pub(crate) async fn run(settings: Settings, args: Args) -> Result<()> {
    let given = source_args::parse_all(&args.source, &settings)?;
    // Heard from the first moment: a stop while starting is a stop, too.
    let stop = CancellationToken::new();
    let _signals = signals::watch(stop.clone());
    let (listener, wish) = bind(&settings).await?;
    let bound = listener.local_addr()?;
    let ground = Ground::to_work(settings).await?;
    refuse_an_open_door(&ground, bound).await?;
    source_args::register(&ground.store, Owner::LOCAL, &ground.host, &given).await?;
    if !given.is_empty() && ground.store.needs_keys().await? {
        warn!(
            "--source adds to what callers without a key may read, and there are keys: task-mcp sources add --owner NAME adds to an owner's"
        );
    }
    let own_url = own_url(bound);
    let public_url = match &ground.settings.server.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => own_url.clone(),
    };
    let way_out = ground.settings.way_out();
    let catalog = Catalog { way_out: Some(way_out.clone()), ..ground.catalog() };
    let catalog = Arc::new(catalog);
    let mut telling = JoinSet::new();
    telling.spawn(api::webhooks::deliver(ground.store.clone(), way_out, stop.clone()));
    let app = api::App::new(ground.store.clone(), catalog, &public_url);
    let app = app.reading(ground.sources.clone());
    let origins = ground.settings.server.allow_origins.iter().map(Origin::in_header);
    let app = app.allowing_origins(origins.collect());
    let mut showing = JoinSet::new();
    // Pages are here until the last request is answered, which is when the running work has ended.
    let closing = CancellationToken::new();
    show_pages(&mut showing, &ground, &app, bound, &public_url, &closing)?;
    drop(wish);
    let waits = ground.is_executed_elsewhere()?;
    show::say(&format!("listening on http://{bound}\n"))?;
    introduce(&ground, &own_url, &public_url, waits).await?;
    answer_and_work(&ground, listener, app, stop, closing).await
}

/// Lets other processes of this data directory know where pages are, now or when they end that showed them before.
fn show_pages(
    tasks: &mut JoinSet<()>,
    ground: &Ground,
    app: &api::App,
    bound: SocketAddr,
    public_url: &str,
    closing: &CancellationToken,
) -> Result<()> {
    let Some(directory) = ground.lock_dir() else { return Ok(()) };
    let address = Address { url: public_url.to_owned(), listen: bound.to_string() };
    let (app, closing) = (app.clone(), closing.clone());
    match Place::try_take(&directory)? {
        Some(place) => {
            place.write(&address)?;
            tasks.spawn(async move {
                closing.cancelled().await;
                drop(place);
            });
        }
        None => {
            tasks.spawn(pages::stand_by(directory, app, Some(address), closing));
        }
    }
    Ok(())
}

/// Answers until the work has come to its end: who waits for a result that is nearly there still gets it, and who asks
/// meanwhile is answered.
async fn answer_and_work(
    ground: &Ground,
    listener: TcpListener,
    app: api::App,
    stop: CancellationToken,
    closing: CancellationToken,
) -> Result<()> {
    let mut worker = ground.work(None, stop.clone());
    let answering = api::serve(listener, app.leaving_with(stop.clone()), closing.clone());
    tokio::pin!(answering);
    let stopping = async {
        stop.cancelled().await;
        info!("stopping: running work has {:?} to end", ground.settings.worker.grace);
    };
    let working = async {
        let mut failure = None;
        while let Some(ended) = worker.join_next().await {
            let why = match ended {
                Ok(Ok(())) if stop.is_cancelled() => continue,
                Ok(Ok(())) => anyhow!("the worker ended although nobody asked it to"),
                Ok(Err(why)) => anyhow!("the worker cannot go on: {why}"),
                Err(why) => anyhow!("the worker broke: {why}"),
            };
            failure = Some(why);
            stop.cancel();
        }
        failure
    };
    let working = async { tokio::join!(working, stopping).0 };
    tokio::pin!(working);
    let failure = tokio::select! {
        answered = &mut answering => {
            stop.cancel();
            let failure = working.await;
            answered.context("the server cannot answer any more")?;
            failure
        }
        failure = &mut working => {
            closing.cancel();
            answering.await.context("the server cannot answer any more")?;
            failure
        }
    };
    failure.map_or(Ok(()), Err)
}

/// Whoever reaches this server may use it while it has no keys; that is for this machine only, unless told otherwise.
async fn refuse_an_open_door(ground: &Ground, bound: SocketAddr) -> Result<()> {
    if bound.ip().is_loopback() || ground.store.needs_keys().await? {
        return Ok(());
    }
    if ground.settings.server.allow_anyone {
        warn!(
            "{bound} can be reached from other machines, and whoever reaches it may do everything: there is no key, and server.allow_anyone is set"
        );
        return Ok(());
    }
    refuse!(
        "{bound} can be reached from other machines, and there is no key yet: make one with task-mcp keys add NAME{}, \
         listen on 127.0.0.1, or let anyone in with --set server.allow_anyone=true",
        ground.same_place()
    )
}

/// How long a process that stands in at our address may take to leave it.
const GIVING_WAY: Duration = Duration::from_secs(4);
/// Between two tries to get it.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// The address, with the wish by which it was got from a process that stood in there.
async fn bind(settings: &Settings) -> Result<(TcpListener, Option<Wish>)> {
    let listen = settings.server.listen.as_str();
    let why = match TcpListener::bind(listen).await {
        Ok(listener) => return Ok((listener, None)),
        Err(why) => why,
    };
    if why.kind() == std::io::ErrorKind::AddrInUse {
        let data = &settings.store.data;
        if settings.store.database.is_none()
            && pages::find_address(data).is_some_and(|address| address.listen == listen)
            && let Some(got) = bind_after(listen, data).await?
        {
            return Ok(got);
        }
        // One that was told to stop answers until its work has ended, and then makes room.
        let give_up_at = Instant::now() + settings.worker.grace + GIVING_WAY;
        while Instant::now() < give_up_at && is_leaving(listen).await {
            tokio::time::sleep(TRY_AGAIN).await;
            if let Ok(listener) = TcpListener::bind(listen).await {
                return Ok((listener, None));
            }
        }
        // It may have ended between two looks.
        if let Ok(listener) = TcpListener::bind(listen).await {
            return Ok((listener, None));
        }
        let who = if is_us(listen).await {
            "another task-mcp answers there already: use that one"
        } else {
            "another program has that port"
        };
        anyhow::bail!(
            "cannot listen on {listen}: {who}, or choose another port, as in --listen 127.0.0.1:0"
        );
    }
    refuse!("cannot listen on {listen}: {why}; choose another address with --listen HOST:PORT")
}

async fn bind_after(listen: &str, data: &Path) -> Result<Option<(TcpListener, Option<Wish>)>> {
    let give_up_at = Instant::now() + GIVING_WAY;
    let mut wish = None;
    while Instant::now() < give_up_at {
        wish = match wish {
            None => Wish::try_make(data)?,
            made => made,
        };
        tokio::time::sleep(TRY_AGAIN).await;
        if let Ok(listener) = TcpListener::bind(listen).await {
            return Ok(Some((listener, wish)));
        }
    }
    Ok(None)
}

/// Longest wait for the one who has our port.
const ASK_NEIGHBOUR: Duration = Duration::from_secs(2);

/// Whether a task-mcp answers at an address.
pub(crate) async fn is_us(listen: &str) -> bool {
    let health = ask(listen, "healthz").await;
    health.is_some_and(|body| body["name"] == "task-mcp")
}

/// Whether it is one that was told to stop.
async fn is_leaving(listen: &str) -> bool {
    let readiness = ask(listen, "readyz").await;
    is_us(listen).await && readiness.is_none_or(|body| body["status"] != "ok")
}

async fn ask(listen: &str, path: &str) -> Option<serde_json::Value> {
    let (host, port) = listen.rsplit_once(':')?;
    let host = if matches!(host, "0.0.0.0" | "[::]" | "") { "127.0.0.1" } else { host };
    let url = Url::parse(&format!("http://{host}:{port}/{path}")).ok()?;
    let allow = Origin::of(&url).into_iter().collect();
    let request = Request { purpose: Purpose::Own, ..Request::new(url, 100_000, ASK_NEIGHBOUR) };
    let reply = Egress::new(Policy::allowing(allow)).send(request).await.ok()?;
    serde_json::from_slice(&reply.body).ok()
}

/// Where a browser on this machine finds the server.
fn own_url(bound: SocketAddr) -> String {
    if bound.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", bound.port())
    } else {
        format!("http://{bound}")
    }
}

/// Tells what will be asked of whom.
fn outside(ground: &Ground) {
    let settings = &ground.settings;
    let chosen = settings.search_providers();
    let way_out = settings.way_to_sources();
    let (asked, barred): (Vec<_>, Vec<_>) = ground
        .sources
        .providers()
        .into_iter()
        .filter(|(name, _)| chosen.iter().any(|chosen| chosen == name))
        .partition(|(_, base)| way_out.vet(base, Purpose::Search).is_ok());
    let told = |all: Vec<(&str, Url)>| -> Vec<String> {
        let place = |(name, base): (&str, Url)| {
            format!("{name} at {}", base.host_str().unwrap_or_default())
        };
        all.into_iter().map(place).collect()
    };
    let (asked, barred) = (told(asked), told(barred));
    if !barred.is_empty() {
        let mode = settings.egress.mode.as_str();
        eprintln!("  web search: egress.mode = {mode} bars {}", barred.join(", "));
    }
    let is_nobody_set_up = asked.is_empty() && barred.is_empty();
    if !asked.is_empty() {
        let who = if settings.egress.documents_stay {
            "runs without documents ask"
        } else {
            "every run asks"
        };
        eprintln!("  web search: {who} {}", asked.join(", "));
    } else if is_nobody_set_up && settings.asks_keyless() {
        eprintln!(
            "  web search: runs without sources of their own ask Wikipedia, for papers and news also Crossref, arXiv and GDELT"
        );
        eprintln!(
            "    (search.keyless = false ends that; docs/search.md has what else can be asked)"
        );
    } else if is_nobody_set_up {
        eprintln!(
            "  web search: none (docs/search.md); addresses in questions are read all the same"
        );
    }
    let how_far = match settings.egress.mode {
        Mode::Offline => "nothing leaves this machine",
        Mode::Listed => "only hosts that the settings name are asked",
        Mode::Public => {
            "pages of the public web are read, as robots.txt allows; private networks are not"
        }
    };
    eprintln!("  outside (egress.mode = {}): {how_far}", settings.egress.mode.as_str());
    match (&settings.fetch.browser, settings.fetch.browser.program()) {
        (Browser::Off, _) => {}
        (_, Some(program)) => eprintln!(
            "  scripts: pages that only scripts fill are rendered by {}, and what their scripts want is asked for",
            program.display()
        ),
        (_, None) => eprintln!(
            "  scripts: fetch.browser asks for a Chromium, and there is none: pages that only scripts fill are not read"
        ),
    }
    if settings.egress.documents_stay {
        eprintln!(
            "  documents stay: runs that read them send nothing to hosts that egress.local does not list"
        );
    }
}

/// Tells on stderr what is used and what to try next.
async fn introduce(ground: &Ground, own_url: &str, public_url: &str, waits: bool) -> Result<()> {
    let sources = ground.registered().await?;
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let here = ground.same_place();
    eprintln!("  runs are kept in {}", ground.place());
    if names.is_empty() {
        eprintln!("  no sources yet: task-mcp sources add NAME=./documents{here}");
    } else {
        eprintln!("  sources: {}", names.join(", "));
    }
    outside(ground);
    eprintln!("  answers: {}", ground.thinking.in_words());
    if public_url != own_url {
        eprintln!("  links begin with {public_url}");
    }
    if waits {
        eprintln!(
            "  another process executes runs of this data directory; this one answers and takes over when it ends"
        );
    }
    eprintln!("  try: curl -s {own_url}/v1/tasks/runs -H 'content-type: application/json' \\");
    eprintln!(
        "         -d '{{\"processor\": \"pro\", \"input\": \"QUESTION\", \"task_spec\": {{\"output_schema\": \"a report\"}}}}'"
    );
    eprintln!("  and see {own_url}/runs/RUN_ID, or task-mcp list{here}");
    Ok(())
}
