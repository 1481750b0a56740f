//! `install CLIENT`: prints what a chat client has to be told so that it starts or calls us, or writes it.

mod client;
mod entry;
mod write;

use anyhow::Result;

pub(crate) use client::Client;

use crate::install::entry::{Door, Entry};
use crate::problem::refuse;
use crate::settings::Settings;
use crate::{show, source_args};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The client that is to have it
    #[arg(value_enum)]
    client: Client,
    /// Write it into the client's settings instead of printing it
    #[arg(long)]
    write: bool,
    /// Call a running server instead of starting one: `http://127.0.0.1:7717/mcp`
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The key for --url, where the server has keys
    #[arg(long, value_name = "KEY", requires = "url")]
    key: Option<String>,
    /// Three tools instead of six, for small models
    #[arg(long)]
    simple: bool,
    /// A folder, a file or an address that runs may read
    #[arg(long, value_name = "[NAME=]DIR|FILE|URL", conflicts_with = "url")]
    source: Vec<String>,
    /// What the client calls it
    #[arg(long, value_name = "NAME", default_value = "task-mcp")]
    name: String,
}

/// `set`: what was given with `--set`, which a client has to give as well.
pub(crate) fn run(settings: &Settings, set: &[String], args: Args) -> Result<()> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if args.name.is_empty() || args.name.len() > 40 || !args.name.chars().all(is_name) {
        refuse!("--name {} cannot be used: clients take a-z, 0-9, - and _, at most 40", args.name);
    }
    source_args::parse_all(&args.source, settings)?;
    let door = match &args.url {
        Some(url) => Door::http(url, args.key.as_deref(), args.simple)?,
        None => Door::pipe(settings, set, &args.source, args.simple)?,
    };
    let entry = Entry { name: args.name, door };
    if let (Client::ClaudeDesktop, Door::Http { .. }) = (args.client, &entry.door) {
        refuse!(
            "Claude Desktop takes servers by address only in its window, Settings, Connectors, and only https; leave \
             out --url, and it starts its own"
        );
    }
    let snippet = args.client.snippet(&entry);
    if !args.write {
        eprintln!("{}", args.client.where_to(&entry)?);
        return show::say(&snippet);
    }
    let path = args.client.file()?;
    write::into(args.client, &entry, &snippet, &path)?;
    eprintln!("written to {}; {}", path.display(), args.client.then());
    Ok(())
}
