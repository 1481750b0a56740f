//! `mcp`: serves one chat client over stdin and stdout, executes its work, and shows the pages of it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use api::Catalog;
use api::mcp::{ToolSet, serve_stdio};
use store::{Filter, GroupFilter, Owner};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::ground::Ground;
use crate::pages::{self, Address, Place};
use crate::settings::Settings;
use crate::{signals, source_args};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Three tools instead of six, for small models
    #[arg(long)]
    simple: bool,
    /// A folder, a file or an address that runs may read; it is registered as with `sources add`
    #[arg(long, value_name = "[NAME=]DIR|FILE|URL")]
    source: Vec<String>,
    /// Whose work it is, by the name of a key; everybody without a key where none is given
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
}

/// Between two looks at whether work is left.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) async fn run(settings: Settings, args: Args) -> Result<()> {
    let given = source_args::parse_all(&args.source, &settings)?;
    let stop = CancellationToken::new();
    let _signals = signals::watch(stop.clone());
    let ground = Ground::to_work(settings).await?;
    let owner = ground.owner(args.owner.as_deref()).await?;
    source_args::register(&ground.store, owner, &ground.host, &given).await?;
    let catalog = Catalog { way_out: Some(ground.settings.way_out()), ..ground.catalog() };
    let door = Door::open(&ground).await?;
    let app = api::App::new(ground.store.clone(), Arc::new(catalog), &door.url);
    let linger = ground.settings.mcp.linger;
    let app = if ground.is_executed_elsewhere()? {
        app
    } else {
        let linger = crate::settings::values::show_duration(linger);
        app.telling(&format!(
            "When this client goes away, work goes on for up to {linger}; what is left goes on when task-mcp starts \
             again."
        ))
    };
    // Work has had `linger`; and whoever sends a signal means now: hosts kill two seconds later.
    let began = CancellationToken::new();
    let mut worker = ground.work_with(None, Duration::ZERO, began.clone(), stop.clone());
    let mut pages = JoinSet::new();
    door.show(&mut pages, &app, &ground, &stop);
    pages.spawn(api::webhooks::deliver(
        ground.store.clone(),
        ground.settings.way_out(),
        stop.clone(),
    ));
    let tools = if args.simple { ToolSet::Simple } else { ToolSet::Full };
    let (stdin, stdout) = (tokio::io::stdin(), tokio::io::stdout());
    let answering = serve_stdio(app, tools, owner, stdin, stdout, stop.clone());
    let outcome = tokio::select! {
        answered = answering => answered.context("the client cannot be read any more"),
        ended = worker.join_next() => match ended {
            Some(Ok(Err(why))) => Err(anyhow!("the worker cannot go on: {why}")),
            Some(Err(why)) => Err(anyhow!("the worker broke: {why}")),
            Some(Ok(Ok(()))) | None => Ok(()),
        },
    };
    // Where another process executes, it goes on there.
    if outcome.is_ok() && began.is_cancelled() {
        finish(&ground, owner, linger, &stop).await?;
    }
    stop.cancel();
    while worker.join_next().await.is_some() {}
    while pages.join_next().await.is_some() {}
    outcome
}

/// Lets work go on after the client has gone, for a time.
async fn finish(
    ground: &Ground,
    owner: Owner,
    linger: Duration,
    stop: &CancellationToken,
) -> Result<()> {
    let give_up_at = Instant::now() + linger;
    while Instant::now() < give_up_at && is_active(ground, owner).await? {
        if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return Ok(());
        }
    }
    Ok(())
}

async fn is_active(ground: &Ground, owner: Owner) -> Result<bool> {
    let is_active = Some(true);
    let filter = Filter { is_active, ..Filter::default() };
    let runs = ground.store.list_runs(owner, None, 1, filter).await?.runs;
    let filter = GroupFilter { is_active, ..GroupFilter::default() };
    let groups = ground.store.list_groups(owner, None, 1, filter).await?.groups;
    Ok(!runs.is_empty() || !groups.is_empty())
}

/// Where links lead, and who answers there.
struct Door {
    url: String,
    /// Ours, while nobody else shows the pages.
    listener: Option<(TcpListener, Option<Place>)>,
    /// Whether another process of this data directory does.
    is_elsewhere: bool,
}

impl Door {
    async fn open(ground: &Ground) -> Result<Self> {
        if let Some(url) = &ground.settings.server.public_url {
            let url = url.as_str().trim_end_matches('/').to_owned();
            return Ok(Self { url, listener: None, is_elsewhere: false });
        }
        let Some(directory) = ground.lock_dir() else {
            let (listener, Address { url, .. }) = pages::listen(None).await?;
            return Ok(Self { url, listener: Some((listener, None)), is_elsewhere: false });
        };
        let last = pages::find_address(&directory);
        match (Place::try_take(&directory)?, last) {
            (None, Some(Address { url, .. })) => {
                Ok(Self { url, listener: None, is_elsewhere: true })
            }
            (place, last) => {
                let (listener, address) = pages::listen(last.as_ref()).await?;
                if let Some(place) = &place {
                    place.write(&address)?;
                }
                Ok(Self {
                    url: address.url,
                    listener: Some((listener, place)),
                    is_elsewhere: false,
                })
            }
        }
    }

    fn show(
        self,
        tasks: &mut JoinSet<()>,
        app: &api::App,
        ground: &Ground,
        stop: &CancellationToken,
    ) {
        let (app, stop) = (app.clone(), stop.clone());
        match (self.listener, ground.lock_dir()) {
            (Some((listener, Some(place))), Some(directory)) => {
                tasks.spawn(pages::show(listener, place, directory, app, stop));
            }
            (Some((listener, _)), _) => {
                tasks.spawn(async move {
                    if let Err(why) = api::serve(listener, app, stop).await {
                        tracing::warn!(error = %why, "pages are not shown any more");
                    }
                });
            }
            (None, Some(directory)) if self.is_elsewhere => {
                tasks.spawn(pages::stand_by(directory, app, None, stop));
            }
            (None, _) => {}
        }
    }
}
