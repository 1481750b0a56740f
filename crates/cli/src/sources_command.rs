//! `sources`: the named places that runs may read.

use anyhow::Result;
use domain::source::{Place, SourceName};
use store::{ExecutorLock, Owner};

use crate::ground::{Ground, shell_word};
use crate::problem::{refuse, usage};
use crate::settings::Settings;
use crate::{show, source_args, tables};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose runs may read it; those without a key where none is named
    #[arg(long, global = true, value_name = "NAME")]
    owner: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register a place under a name
    Add {
        /// A folder, a file or an address; may be several
        #[arg(required = true, value_name = "[NAME=]DIR|FILE|URL")]
        places: Vec<String>,
    },
    /// Forget a place; what was read from it stays
    Remove { name: String },
}

pub(crate) async fn run(settings: Settings, args: Args) -> Result<()> {
    let owner = args.owner.as_deref();
    match args.command {
        None => {
            let ground = Ground::open(settings).await?;
            let owner = ground.owner(owner).await?;
            list(&ground, owner).await
        }
        Some(Command::Add { places }) => add(settings, owner, &places).await,
        Some(Command::Remove { name }) => {
            let ground = Ground::open(settings).await?;
            let owner = ground.owner(owner).await?;
            remove(&ground, owner, &name).await
        }
    }
}

async fn add(settings: Settings, owner: Option<&str>, places: &[String]) -> Result<()> {
    let given = source_args::parse_all(places, &settings)?;
    let ground = Ground::open(settings).await?;
    let its = ground.owner(owner).await?;
    for source in source_args::register(&ground.store, its, &ground.host, &given).await? {
        show::say(&format!(
            "{}  {}  {}\n",
            source.name,
            source.place.kind(),
            source.place.location()
        ))?;
    }
    let here = ground.same_place();
    match owner {
        None => eprintln!(
            "from now on read by task-mcp research \"QUESTION\"{here}, and by runs of the server"
        ),
        Some(owner) => eprintln!("from now on read by runs of the server that belong to {owner}"),
    }
    Ok(())
}

async fn remove(ground: &Ground, owner: Owner, name: &str) -> Result<()> {
    let wanted = SourceName::parse(name).map_err(|why| usage(why.to_string()))?;
    if ground.store.remove_source(owner, wanted).await? {
        return show::say(&format!("{name} is forgotten\n"));
    }
    let sources = ground.store.list_sources(owner).await?;
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    refuse!(
        "there is no source called {}; known are: {}",
        shell_word(name),
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    )
}

async fn list(ground: &Ground, owner: Owner) -> Result<()> {
    let sources = ground.store.list_sources(owner).await?;
    if sources.is_empty() {
        eprintln!(
            "no sources yet; task-mcp sources add NAME=./documents{} adds one",
            ground.same_place()
        );
        return Ok(());
    }
    // Indexes have one writer at a time: the executor of this data directory.
    let lock = match ground.lock_dir() {
        Some(directory) => ExecutorLock::try_take(&directory)?,
        None => None,
    };
    let mut rows = Vec::new();
    for source in &sources {
        let documents = match &source.place {
            Place::Site(_) => "read when asked".to_owned(),
            Place::Folder(_) | Place::File(_) if source.host.as_ref() != Some(&ground.host) => {
                format!("on {}", source.host.as_deref().unwrap_or("another machine"))
            }
            Place::Folder(_) | Place::File(_) if ground.store.is_shared() => {
                "indexed when a run reads it".into()
            }
            Place::Folder(_) | Place::File(_) if lock.is_none() => {
                "indexed by the serving process".into()
            }
            Place::Folder(_) | Place::File(_) => match ground.sources.refresh(source).await {
                Ok(found) if found.unreadable.is_empty() => {
                    format!("{} documents", found.documents)
                }
                Ok(found) => {
                    for (path, why) in found.unreadable.iter().take(5) {
                        eprintln!("note: {}: {path} is not read: {why}", source.name);
                    }
                    format!(
                        "{} documents, {} not readable",
                        found.documents,
                        found.unreadable.len()
                    )
                }
                Err(why) => format!("cannot be read: {why}"),
            },
        };
        rows.push(vec![
            source.name.to_string(),
            source.place.kind().to_owned(),
            documents,
            source.place.location().to_owned(),
        ]);
    }
    let header = ["name", "kind", "documents", "place"].map(str::to_owned);
    show::say(&tables::aligned(&header, &rows, usize::MAX))
}
