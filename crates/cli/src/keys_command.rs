//! `keys`: who may call the server.

use anyhow::Result;
use domain::clock::TimeMs;
use store::{Added, Filter, KeyRow, Owner};

use crate::ground::{Ground, shell_word};
use crate::problem::{refuse, usage};
use crate::settings::Settings;
use crate::show;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make a key; it is shown this once. From the first one on, every caller needs a key
    Add {
        /// What the key is called in the list
        name: String,
        /// Whose runs it shows; an owner of the key's name where none is given
        #[arg(long, value_name = "NAME", conflicts_with = "take_local")]
        owner: Option<String>,
        /// Let it take over what was made here and over HTTP without a key
        #[arg(long)]
        take_local: bool,
    },
    /// End a key; servers refuse it within five seconds
    Revoke { name: String },
}

/// The owner of everything that is made without a key.
const LOCAL: &str = "local";
const LONGEST_NAME: usize = 64;

pub(crate) async fn run(settings: Settings, command: Option<Command>) -> Result<()> {
    let ground = Ground::open(settings).await?;
    match command {
        None => list(&ground).await,
        Some(Command::Add { name, owner, take_local }) => {
            let owner = if take_local { LOCAL } else { owner.as_deref().unwrap_or(&name) };
            if owner == LOCAL && !take_local {
                refuse!(
                    "`{LOCAL}` is whoever calls without a key; write --take-local for a key to its runs"
                );
            }
            add(&ground, checked(&name)?, checked(owner)?).await
        }
        Some(Command::Revoke { name }) => revoke(&ground, &name).await,
    }
}

fn checked(name: &str) -> Result<&str> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(is_plain) {
        return Err(usage(format!(
            "{} cannot be the name of a key or an owner: use 1 to {LONGEST_NAME} letters, digits, `-`, `_`, `.` or `@`",
            shell_word(name)
        )));
    }
    Ok(name)
}

async fn add(ground: &Ground, name: &str, owner: &str) -> Result<()> {
    let is_first = !ground.store.needs_keys().await?;
    match ground.store.add_key(name, owner).await? {
        Added::Key(key) => show::say(&format!("{key}\n"))?,
        Added::NameTaken => refuse!("there is or was a key called {name}; choose another name"),
    }
    eprintln!("this is the only time it is shown; it sees what belongs to the owner `{owner}`");
    eprintln!(
        "send it as `x-api-key` or as `Authorization: Bearer`; in a browser it is the password"
    );
    if is_first {
        eprintln!(
            "from now on every caller needs a key; running servers notice within five seconds"
        );
        if owner != LOCAL {
            say_what_stays_behind(ground).await?;
        }
    }
    Ok(())
}

/// What was made without a key is reached by no key that does not ask for it.
async fn say_what_stays_behind(ground: &Ground) -> Result<()> {
    let sources = ground.store.list_sources(Owner::LOCAL).await?;
    let has_runs =
        !ground.store.list_runs(Owner::LOCAL, None, 1, Filter::default()).await?.runs.is_empty();
    if sources.is_empty() && !has_runs {
        return Ok(());
    }
    eprintln!(
        "the runs and the {} sources that were made without a key belong to `{LOCAL}`, and this key does not see them: \
         task-mcp keys add NAME{} --take-local makes one that does",
        sources.len(),
        ground.same_place()
    );
    Ok(())
}

async fn revoke(ground: &Ground, name: &str) -> Result<()> {
    if ground.store.revoke_key(name).await? {
        return show::say(&format!("{name} is revoked; servers refuse it within five seconds\n"));
    }
    refuse!(
        "there is no key called {} that is still good; task-mcp keys lists them",
        shell_word(name)
    )
}

async fn list(ground: &Ground) -> Result<()> {
    let keys = ground.store.list_keys().await?;
    if keys.is_empty() {
        eprintln!(
            "no keys: only this machine is answered, and needs none; task-mcp keys add NAME{} makes one",
            ground.same_place()
        );
    }
    show::say(&keys.iter().map(line).collect::<String>())
}

fn line(key: &KeyRow) -> String {
    let KeyRow { name, owner, created_at, revoked_at } = key;
    let since = |at: &TimeMs| at.date();
    let state =
        revoked_at.as_ref().map_or_else(|| "good".into(), |at| format!("revoked {}", since(at)));
    format!("{name}  owner {owner}  made {}  {state}\n", since(created_at))
}
