//! Searching, reading and indexing: pages of the web, documents in folders, and what search providers find.

mod browser;
pub mod extract;
mod failed;
mod fetch;
mod folders;
#[doc(hidden)]
pub mod fuzz;
mod hidden;
mod hosts;
mod providers;
mod rendering;
mod robots;
mod search;
mod sitemap;
mod tools;
mod walls;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::source::Source;
use domain::text::Text;
use egress::Egress;
use url::Url;

use browser::Browser;
pub use browser::{Chromium, MEMORY_BYTES as BROWSER_MEMORY_BYTES, TIME as BROWSER_TIME};
use extract::Extractor;
pub use failed::{Failed, Remedy};
use fetch::Fetch;
use folders::Folders;
pub use providers::json_api::JsonApi;
pub use providers::wire::{Abilities, Account, Fault, Filters, Key};
pub use rendering::{excerpts, markdown};
use search::Providers;
pub use search::{
    About, Cleared, Query, Share, Shares, canonical, catalogue, domain_of, fuse, keyless_for,
    spread, without_tracking,
};
pub use tools::{Answer as ToolAnswer, Tool};

/// Longest wait for one page, from connect to last byte, unless the settings say otherwise.
pub const PAGE_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of one page or document, unpacked, unless the settings say otherwise.
pub const MAX_PAGE_BYTES: usize = 10_000_000;
/// Age up to which an archived page serves instead of asking for it, unless the settings say otherwise.
pub const MAX_PAGE_AGE: Duration = Duration::from_hours(1);

/// The name of the provider that [`Config::searxng`] sets up.
pub const SEARXNG: &str = "searxng";

/// All that a run may read. Cheap to clone; clones share connections, politeness and open indexes.
#[derive(Debug, Clone)]
pub struct Sources(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    providers: Providers,
    folders: Folders,
    fetch: Fetch,
    browser: Option<Browser>,
    /// For what goes out otherwise than to search and to fetch: calls of tools.
    egress: Egress,
    max_page_age: Duration,
}

#[derive(Debug, Clone)]
pub struct Config {
    pub egress: Egress,
    /// Where the indexes of local sources lie; created when needed.
    pub index_dir: PathBuf,
    /// The operator's own SearXNG, for example `http://127.0.0.1:8888`.
    pub searxng: Option<Url>,
    /// Search providers by name, each with what the operator says about it.
    pub accounts: Vec<(String, Account)>,
    pub page_timeout: Duration,
    pub max_page_bytes: usize,
    /// How old a page of the web may be that is taken from the archive instead of being asked for.
    pub max_page_age: Duration,
    /// Our own binary, which reads documents in a process of their own: [`extract::isolated::COMMAND`]. Without it they are
    /// read on threads, whose memory nothing limits.
    pub reader: Option<PathBuf>,
    /// Shows pages that only scripts fill. Without it they are not read.
    pub browser: Option<Chromium>,
}

impl Config {
    pub fn new(egress: Egress, index_dir: PathBuf) -> Self {
        Self {
            egress,
            index_dir,
            searxng: None,
            accounts: Vec::new(),
            page_timeout: PAGE_TIMEOUT,
            max_page_bytes: MAX_PAGE_BYTES,
            max_page_age: MAX_PAGE_AGE,
            reader: None,
            browser: None,
        }
    }
}

/// One result of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// `https://…`, or `doc://NAME/relative/path`.
    pub address: String,
    pub title: String,
    pub snippet: String,
    /// `YYYY-MM-DD`, where the provider tells it.
    pub published: Option<String>,
    /// Higher is better; comparable within one answer only.
    pub score: f32,
}

/// One page that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where the last redirect led.
    pub address: String,
    pub media_type: String,
    /// As received, unpacked.
    pub bytes: Vec<u8>,
    pub text: Text,
    /// [`extract::EXTRACTOR`] at the time of reading.
    pub extractor: i64,
    /// Empty for what is no page of the web.
    pub marks: Marks,
}

/// What a host sent with a page so that it need not send it again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// The header `ETag`.
    pub etag: Option<String>,
    /// The header `Last-Modified`.
    pub last_modified: Option<String>,
}

impl Marks {
    /// Longest mark that is kept, in bytes; real ones have about 40.
    const MAX_BYTES: usize = 256;

    pub(crate) fn of(etag: Option<String>, last_modified: Option<String>) -> Self {
        let kept = |mark: &String| !mark.is_empty() && mark.len() <= Self::MAX_BYTES;
        Self { etag: etag.filter(kept), last_modified: last_modified.filter(kept) }
    }
}

/// A page that was read before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Where it was found: [`Page::address`].
    pub address: String,
    pub marks: Marks,
}

/// What reading a known page again brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reread {
    /// The host says that it is as it was.
    Unchanged,
    Page(Box<Page>),
}

/// Whether an address of the web may be asked, in the eyes of whoever wants to read.
pub type MayAsk<'a> = &'a (dyn Fn(&Url) -> bool + Send + Sync);

/// What a refresh of a local source found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refreshed {
    /// Documents that can be searched now.
    pub documents: u64,
    /// Documents read anew or removed.
    pub changed: u64,
    /// Relative path and reason.
    pub unreadable: Vec<(String, String)>,
}

impl Sources {
    pub fn new(config: Config) -> Self {
        let Config {
            egress,
            index_dir,
            searxng,
            mut accounts,
            page_timeout,
            max_page_bytes,
            max_page_age,
            reader,
            browser,
        } = config;
        if let Some(base) = searxng {
            let account = Account { base: Some(base), ..Account::default() };
            accounts.insert(0, (SEARXNG.to_owned(), account));
        }
        let providers = Providers::new(egress.clone(), accounts);
        let extractor = Extractor::new(reader);
        let folders = Folders::new(index_dir, max_page_bytes as u64, extractor.clone());
        let browser = browser.map(Browser::new);
        let fetch =
            Fetch::new(egress.clone(), page_timeout, max_page_bytes, extractor, browser.clone());
        Self(Arc::new(Parts { providers, folders, fetch, browser, egress, max_page_age }))
    }

    /// [`Config::max_page_age`].
    pub fn max_page_age(&self) -> Duration {
        self.0.max_page_age
    }

    /// Brings the index of a local source up to date: reads what is new or changed, forgets what is gone.
    ///
    /// One process at a time may do so. Dropping it leaves the index as it was.
    pub async fn refresh(&self, source: &Source) -> Result<Refreshed, Failed> {
        self.0.folders.refresh(source).await
    }

    /// Documents of a local source, the best first, at most `limit`. Every text is a valid query; without a
    /// [`refresh`](Self::refresh) nothing is found.
    pub async fn search_local(
        &self,
        source: &Source,
        query: &str,
        limit: usize,
    ) -> Result<Vec<Hit>, Failed> {
        self.0.folders.search(source, query, limit).await
    }

    /// Asks one search provider, by its name. Hits are in the provider's order, at most as many as wanted; what the
    /// filters of the query leave out is not among them. A query of which nothing may leave is not asked.
    pub async fn search_web(&self, provider: &str, query: &Query) -> Result<Vec<Hit>, Failed> {
        if query.text.text().is_empty() && !query.text.withheld().is_empty() {
            return Err(Failed::Withheld { what: query.text.withheld().join(", ") });
        }
        self.0.providers.search(provider, query).await
    }

    /// The query as a provider is sent it: shortened to what it takes, with its own operators for the filters.
    pub fn worded(&self, provider: &str, query: &Query) -> String {
        self.0.providers.worded(provider, query)
    }

    /// Asks a provider for one hit, to see whether it answers; else says what to change.
    pub async fn examine(&self, provider: &str) -> Option<String> {
        self.0.providers.examine(provider).await
    }

    /// Renders a page of our own, to see whether the browser works; `None` where none is set up.
    pub async fn examine_browser(&self) -> Option<Result<(), String>> {
        let browser = self.0.browser.as_ref()?;
        Some(browser.examine().await)
    }

    /// The search providers that are set up, and where each is asked.
    pub fn providers(&self) -> Vec<(&'static str, Url)> {
        self.0.providers.all()
    }

    /// The addresses that a site lists in its sitemap, on its own host; none if it has no sitemap. Asked for as politely
    /// as a page.
    pub async fn sitemap(&self, site: &Url, may_ask: MayAsk<'_>) -> Result<Vec<String>, Failed> {
        self.0.fetch.sitemap(site, may_ask).await
    }

    /// Reads one document of a local source; never anything outside it, nor hidden files.
    pub async fn read_local(&self, source: &Source, relative_path: &str) -> Result<Page, Failed> {
        self.0.folders.read(source, relative_path).await
    }

    /// Reads one page of the web, as politely as its host asks: robots.txt is obeyed at each redirect, few requests
    /// are with a host at a time, and one that said "later" is left alone. What `may_ask` refuses is not asked,
    /// wherever a redirect, or a refresh in its place, leads. Never an empty page; never longer than [`Config::page_timeout`] and 15 s for a turn.
    pub async fn read_web(&self, address: &str, may_ask: MayAsk<'_>) -> Result<Page, Failed> {
        match self.0.fetch.page(address, None, may_ask).await? {
            Reread::Page(page) => Ok(*page),
            Reread::Unchanged => unreachable!("only what is known can be unchanged"),
        }
    }

    /// Like [`read_web`](Self::read_web), for a page that is known: its host may say that nothing has changed.
    pub async fn read_web_again(
        &self,
        address: &str,
        known: &Known,
        may_ask: MayAsk<'_>,
    ) -> Result<Reread, Failed> {
        self.0.fetch.page(address, Some(known), may_ask).await
    }
}
