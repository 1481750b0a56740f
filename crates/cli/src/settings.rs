//! All settings: one struct per section, their defaults, and how a value is read from text.
//!
//! Values come from a file, the environment, `--set` and flags, each over the one before; see [`layers`].

mod egress_keys;
pub(crate) mod keys;
pub(crate) mod layers;
pub(crate) mod models;
mod search;
mod search_keys;
pub(crate) mod values;

use egress::{Cassette, HostRule, Origin, Policy, Purpose};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use domain::outgoing::{Documents, Mode, Outgoing};
use domain::processor::{self, Processor};
use url::Url;

pub(crate) use layers::{Flags, read};
use models::ModelSettings;
pub(crate) use search::Search;

/// What is in force, and where each value that is not a default came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) store: Store,
    pub(crate) worker: Worker,
    pub(crate) mcp: Mcp,
    pub(crate) fetch: Fetch,
    pub(crate) webhooks: Webhooks,
    pub(crate) tools: Tools,
    pub(crate) egress: Egress,
    pub(crate) search: Search,
    pub(crate) models: ModelSettings,
    pub(crate) processors: Processors,
    pub(crate) research: Research,
    pub(crate) log: Log,
    pub(crate) origins: BTreeMap<String, String>,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// Records what comes from outside, or stands in for it.
    pub(crate) cassette: Option<Cassette>,
}

#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// `HOST:PORT`; port 0 takes any that is free.
    pub(crate) listen: String,
    /// Base of all links; `None` for the address that was bound.
    pub(crate) public_url: Option<Url>,
    /// Whose web pages may call the server besides its own.
    pub(crate) allow_origins: Vec<Origin>,
    /// Whether other machines are answered although there is no key.
    pub(crate) allow_anyone: bool,
}

/// Fixed, so that a bookmark works after a restart.
pub(crate) const LISTEN: &str = "127.0.0.1:7717";

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: LISTEN.into(),
            public_url: None,
            allow_origins: Vec::new(),
            allow_anyone: false,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) data: PathBuf,
    pub(crate) database: Option<DatabaseUrl>,
}

impl Default for Store {
    fn default() -> Self {
        Self { data: crate::machine::data_dir(), database: None }
    }
}

/// The address of a PostgreSQL database. Prints without its password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl(Url);

#[derive(Debug, Clone)]
pub(crate) struct Worker {
    /// Runs at the same time.
    pub(crate) concurrency: usize,
    /// Rows of one group at the same time; `None` as [`Worker::per_group`] says.
    pub(crate) per_group: Option<i64>,
    /// How long running work may go on after a request to stop.
    pub(crate) grace: Duration,
}

impl Worker {
    /// Unless set, a group leaves a quarter of the places free: a question asked while 50,000 rows run begins at once.
    pub(crate) fn per_group(&self) -> i64 {
        let usual = i64::try_from(self.concurrency.div_ceil(4) * 3).unwrap_or(i64::MAX);
        self.per_group.unwrap_or(usual)
    }
}

impl Default for Worker {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let concurrency = (4 * cores).max(16);
        Self { concurrency, per_group: None, grace: Duration::from_secs(25) }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Mcp {
    /// How long `mcp` goes on with work after its client has gone.
    pub(crate) linger: Duration,
}

impl Default for Mcp {
    fn default() -> Self {
        Self { linger: Duration::from_mins(10) }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Webhooks {
    /// Exact origins that may be called although they are private.
    pub(crate) allow: Vec<Origin>,
}

/// Servers of tools that requests name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tools {
    /// Exact origins that may be called although they are private.
    pub(crate) allow: Vec<Origin>,
}

/// How far requests go, whatever they are for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Egress {
    pub(crate) mode: Mode,
    pub(crate) listed: Vec<HostRule>,
    pub(crate) documents_stay: bool,
    pub(crate) local: Vec<Origin>,
}

#[derive(Debug, Clone)]
pub(crate) struct Fetch {
    /// Exact origins that may be asked although they are private.
    pub(crate) allow: Vec<Origin>,
    pub(crate) timeout: Duration,
    pub(crate) max_size_bytes: usize,
    /// How old a page may be that is taken from the archive.
    pub(crate) max_age: Duration,
    pub(crate) browser: Browser,
}

/// What renders pages that only scripts fill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Browser {
    /// They are not read.
    #[default]
    Off,
    /// The Chromium that is on the `PATH`.
    Auto,
    At(PathBuf),
}

impl Browser {
    /// By which names Chromium and its kin are installed.
    pub(crate) const NAMES: [&'static str; 5] = [
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
        "chrome-headless-shell",
    ];

    /// The program; `None` where none is wanted, or there is none.
    pub(crate) fn program(&self) -> Option<PathBuf> {
        match self {
            Self::Off => None,
            Self::Auto => crate::machine::find_program(&Self::NAMES),
            Self::At(path) => path.is_file().then(|| path.clone()),
        }
    }
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            timeout: sources::PAGE_TIMEOUT,
            max_size_bytes: sources::MAX_PAGE_BYTES,
            max_age: sources::MAX_PAGE_AGE,
            browser: Browser::Off,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Processors(pub(crate) Vec<Processor>);

impl Default for Processors {
    fn default() -> Self {
        Self(processor::defaults())
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Research {
    /// A folder of prompts that stand in the place of the built-in ones.
    pub(crate) prompts: Option<PathBuf>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    /// As for `RUST_LOG`; empty for the command's own default.
    pub(crate) level: String,
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
}

impl DatabaseUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).ok();
        url.filter(|url| matches!(url.scheme(), "postgres" | "postgresql"))
            .map(Self)
            .ok_or_else(|| "write it like postgres://user:password@host/database".into())
    }

    pub(crate) fn reveal(&self) -> &str {
        self.0.as_str()
    }
}

impl std::fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = self.0.clone();
        if shown.password().is_some() {
            let _ = shown.set_password(Some("***"));
        }
        let pairs: Vec<(String, String)> = shown
            .query_pairs()
            .map(|(key, value)| {
                let value = if key.contains("password") { "***".into() } else { value };
                (key.into_owned(), value.into_owned())
            })
            .collect();
        if !pairs.is_empty() {
            shown.query_pairs_mut().clear().extend_pairs(pairs);
        }
        f.write_str(shown.as_str())
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Settings {
    /// Where the truth lies.
    pub(crate) fn location(&self) -> store::Location {
        match &self.store.database {
            Some(url) => store::Location::Url(url.reveal().to_owned()),
            None => store::Location::Directory(self.store.data.clone()),
        }
    }

    /// The way out to what requests name: webhooks, and servers of tools.
    pub(crate) fn way_out(&self) -> egress::Egress {
        let webhooks = self.webhooks.allow.iter().map(|at| (Purpose::Webhook, at.clone()));
        let services = self.tools().chain(webhooks).collect();
        let policy = Policy { services, ..self.policy() };
        egress::Egress::taped(policy, self.cassette.clone())
    }

    /// Servers of tools that the operator knows.
    fn tools(&self) -> impl Iterator<Item = (Purpose, Origin)> {
        self.tools.allow.iter().map(|at| (Purpose::Mcp, at.clone()))
    }

    /// What holds for every way out.
    pub(crate) fn policy(&self) -> Policy {
        let Egress { mode, listed, documents_stay, local } = &self.egress;
        let documents = if *documents_stay { Documents::Stay } else { Documents::MayGo };
        Policy {
            outgoing: Outgoing { mode: *mode, documents },
            listed: listed.clone(),
            local: local.clone(),
            ..Policy::default()
        }
    }

    /// The way out to pages and search providers.
    pub(crate) fn way_to_sources(&self) -> egress::Egress {
        let policy = Policy {
            allow: self.fetch.allow.clone(),
            services: self.search.services().into_iter().chain(self.tools()).collect(),
            ..self.policy()
        };
        let policy = Policy { listed: [policy.listed, self.search.hosts()].concat(), ..policy };
        egress::Egress::taped(policy, self.cassette.clone())
    }

    pub(crate) fn sources(&self) -> sources::Sources {
        let egress = self.way_to_sources();
        sources::Sources::new(sources::Config {
            accounts: self.search.all_accounts(),
            page_timeout: self.fetch.timeout,
            max_page_bytes: self.fetch.max_size_bytes,
            max_page_age: self.fetch.max_age,
            reader: crate::machine::program(),
            browser: self
                .fetch
                .browser
                .program()
                .map(|program| sources::Chromium { program, sandbox: !crate::machine::is_root() }),
            ..sources::Config::new(egress, self.store.data.join("index"))
        })
    }

    /// The search providers that every run may ask.
    pub(crate) fn search_providers(&self) -> Vec<String> {
        self.search.chosen()
    }

    /// Whether runs without sources of their own may ask what needs no account.
    pub(crate) fn asks_keyless(&self) -> bool {
        self.search.keyless && self.search.chosen().is_empty() && self.egress.mode == Mode::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_is_shown_without_its_password() {
        let url = DatabaseUrl::parse("postgres://ann:hunter2@db.example/runs?password=x").unwrap();
        assert_eq!(url.to_string(), "postgres://ann:***@db.example/runs?password=***");
        assert!(url.reveal().contains("hunter2"));
    }
}
