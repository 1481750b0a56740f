//! `webhooks`: what is told to whom, and the secret that signs it.

use anyhow::Result;
use api::wire::{DeliveryView, delivery_view};
use store::Owner;

use crate::ground::{Ground, shell_word};
use crate::problem::refuse;
use crate::settings::Settings;
use crate::show;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose webhooks; those of runs without a key where none is named
    #[arg(long, global = true, value_name = "NAME")]
    owner: Option<String>,
    /// Only deliveries in this state
    #[arg(long, value_name = "STATE", value_parser = ["due", "delivered", "dead"])]
    state: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Have a delivery tried again from the beginning
    Replay { id: String },
    /// Print the secret with which receivers check signatures
    Secret,
    /// Make a new secret; the one before it signs as well for a day
    Rotate,
}

/// Deliveries that the list shows, the newest.
const SHOWN: i64 = 50;

pub(crate) async fn run(settings: Settings, args: Args) -> Result<()> {
    let ground = Ground::open(settings).await?;
    let owner = ground.owner(args.owner.as_deref()).await?;
    match args.command {
        None => list(&ground, owner, args.state.as_deref().unwrap_or_default()).await,
        Some(Command::Replay { id }) => replay(&ground, owner, &id).await,
        Some(Command::Secret) => secret(&ground, owner).await,
        Some(Command::Rotate) => {
            ground.store.rotate_webhook_secret(owner).await?;
            eprintln!(
                "deliveries are signed with the new secret and, for a day, with the one before it"
            );
            secret(&ground, owner).await
        }
    }
}

async fn secret(ground: &Ground, owner: Owner) -> Result<()> {
    let secrets = ground.store.webhook_secrets(owner).await?;
    show::say(&secrets.first().map(|secret| format!("{secret}\n")).unwrap_or_default())
}

async fn replay(ground: &Ground, owner: Owner, id: &str) -> Result<()> {
    match ground.store.replay_delivery(owner, id).await? {
        Some(row) => show::say(&line(&delivery_view(row))),
        None => refuse!("there is no delivery {}; task-mcp webhooks lists them", shell_word(id)),
    }
}

async fn list(ground: &Ground, owner: Owner, state: &str) -> Result<()> {
    let rows = ground.store.list_deliveries(owner, None, SHOWN + 1, state).await?;
    if rows.is_empty() && state.is_empty() {
        eprintln!("nothing to tell yet: send `webhook` with a run or a group");
    }
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let is_all = rows.len() <= shown;
    show::say(
        &rows.into_iter().take(shown).map(|row| line(&delivery_view(row))).collect::<String>(),
    )?;
    if !is_all {
        eprintln!(
            "these are the newest {SHOWN}; `--state dead` lists what was given up, GET /v1/tasks/webhooks all"
        );
    }
    Ok(())
}

fn line(view: &DeliveryView) -> String {
    let DeliveryView { delivery_id, status, url, attempts, last_error, next_attempt_at, .. } = view;
    let next = next_attempt_at.as_ref().map(|at| format!("  next {at}")).unwrap_or_default();
    let error = last_error.as_ref().map(|why| format!("  ({why})")).unwrap_or_default();
    format!("{delivery_id}  {status}  {attempts} tries{next}  {url}{error}\n")
}
