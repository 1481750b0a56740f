//! Where to look: asks each source of a run, follows links of given sites, and merges what they offer.

use std::collections::{HashMap, HashSet};

use domain::address::addresses_in;
use domain::event::Stage;
use domain::source::Place;
use domain::text::Link;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sources::{Hit, Share, Shares};
use url::Url;

use crate::budget::Budget;
use crate::extractive::words;
use crate::world::World;
use crate::{Failed, ReadPage, website};

/// Searches under way at once within one run.
const AT_ONCE: usize = 4;

/// Addresses worth reading, best first, and what was said and asked before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frontier {
    /// Queries that were asked, to ask none twice.
    pub(crate) asked: Vec<String>,
    tried: HashSet<String>,
    /// Links of given sites, with the label under which they stood.
    links: HashMap<String, String>,
    /// Searches of providers so far, so that the next ones begin with whoever had none.
    turns: usize,
}

impl Frontier {
    /// Addresses that were given by name: in the question or row, and sites among the sources.
    pub(crate) fn given(&mut self, world: &World) -> Vec<String> {
        let mut given = Vec::new();
        for place in &world.places {
            if let Place::Site(address) = &place.place {
                given.push(address.clone());
            }
        }
        given.extend(world.claimed.input.addresses());
        given.retain(|address| allows(world, address) && self.tried.insert(key(address)));
        given
    }

    /// Links that lead on within a site, with the labels under which they stand.
    pub(crate) fn links_on(&self, site: &Url) -> Vec<(String, String)> {
        let links = self.links.iter().filter(|(address, _)| website::is_of(site, address));
        links.map(|(address, label)| (address.clone(), label.clone())).collect()
    }

    /// Whether an address may be read and was not tried.
    pub(crate) fn is_new(&self, world: &World, address: &str) -> bool {
        allows(world, address) && !self.tried.contains(&key(address))
    }

    /// A page that is here already need not be read again.
    pub(crate) fn know(&mut self, address: &str) {
        self.tried.insert(key(address));
    }

    /// Remembers links that lead on within the sites that were given.
    pub(crate) fn add_links(&mut self, page: &ReadPage, sites: &[String]) {
        for Link { address, label, .. } in &page.text.links {
            if sites.iter().any(|site| is_within(site, address)) {
                let label = label.clone();
                self.links.entry(address.clone()).or_insert(label);
            }
        }
    }

    /// Remembers addresses that the answer of a tool names, each with the words beside it.
    pub(crate) fn add_named(&mut self, page: &ReadPage) {
        /// Addresses of one answer, and characters of the words beside one.
        const MOST: usize = 100;
        const BESIDE: usize = 300;
        if !page.address.starts_with("tool:") {
            return;
        }
        let lines = page.text.body.lines();
        let named = lines.flat_map(|line| {
            let beside: String = line.chars().take(BESIDE).collect();
            addresses_in(line).into_iter().map(move |address| (address, beside.clone()))
        });
        for (address, beside) in named.take(MOST) {
            self.links.entry(address).or_insert(beside);
        }
    }

    /// Asks all sources and gives the best new addresses.
    pub(crate) async fn ask(
        &mut self,
        world: &World,
        queries: Vec<String>,
        budget: &mut Budget,
        round: u32,
    ) -> Result<Vec<String>, Failed> {
        let doors = Door::all(world);
        let allowed = budget.searches_for(round) as usize;
        // Each query goes to every door; what does not fit into the budget is not asked.
        let fitting = if doors.is_empty() { 0 } else { allowed.div_ceil(doors.len()).max(1) };
        let queries: Vec<String> = queries.into_iter().take(fitting.min(allowed)).collect();
        let mut lists: Vec<Vec<Hit>> = Vec::new();
        if !doors.is_empty() && !queries.is_empty() {
            let asked = queries.join("; ");
            world.say(Stage::Search, format!("Searching for {asked}")).await?;
            let pairs = self.in_turns(&doors, &queries, allowed, budget.before() as usize);
            let calls: Vec<_> =
                pairs.into_iter().map(|(door, query)| door.ask(world, query)).collect();
            budget.spend_searches(calls.len());
            let answers: Vec<_> = stream::iter(calls).buffered(AT_ONCE).try_collect().await?;
            for answer in answers {
                match answer {
                    Ok(hits) => lists.push(hits),
                    Err(why) => {
                        world.say(Stage::Search, format!("A search failed: {why}")).await?;
                    }
                }
            }
        }
        lists.push(self.links_for(&queries).into_iter().map(unread).collect());
        self.asked.extend(queries);
        // Off these threads nothing is gained: some hundred hits take a millisecond.
        Ok(self.best(world, sources::fuse(lists), budget.pages_for(round) as usize))
    }

    /// Each query with each door, as far as the budget goes. Own documents are looked through first; where not all
    /// providers have room, each query goes on with the next of them. `before` are the searches of other branches.
    fn in_turns<'d, 'q>(
        &mut self,
        doors: &'d [Door<'d>],
        queries: &'q [String],
        allowed: usize,
        before: usize,
    ) -> Vec<(&'d Door<'d>, &'q str)> {
        let is_local = |door: &&Door<'_>| matches!(door, Door::Local(_));
        let (local, web): (Vec<&Door<'_>>, Vec<&Door<'_>>) = doors.iter().partition(is_local);
        let mut pairs = Vec::new();
        for query in queries {
            pairs.extend(local.iter().map(|door| (*door, query.as_str())));
            let room = web.len().min(allowed.saturating_sub(pairs.len()));
            let first = (before + self.turns) % web.len().max(1);
            let next = web.iter().cycle().skip(first).take(room);
            pairs.extend(next.map(|door| (*door, query.as_str())));
            self.turns += room;
        }
        pairs.truncate(allowed);
        pairs
    }

    /// Links whose label or address shares words with the queries, best first.
    fn links_for(&self, queries: &[String]) -> Vec<String> {
        let wanted: HashSet<String> =
            queries.iter().flat_map(|query| words::terms(query)).collect();
        let mut scored: Vec<(usize, &String)> = self
            .links
            .iter()
            .filter(|(address, _)| !self.tried.contains(&key(address)))
            .map(|(address, label)| {
                let readable = address.replace(['/', '-', '_', '.', '='], " ");
                let own: HashSet<String> =
                    words::terms(label).into_iter().chain(words::terms(&readable)).collect();
                (own.intersection(&wanted).count(), address)
            })
            .collect();
        scored.sort_by(|a, b| {
            b.0.cmp(&a.0).then_with(|| a.1.len().cmp(&b.1.len())).then(a.1.cmp(b.1))
        });
        scored.into_iter().map(|(_, address)| address.clone()).collect()
    }

    /// The first of the ranked that may be read and were not tried. No domain takes more than its share, unless the
    /// others do not use theirs.
    fn best(&mut self, world: &World, ranked: Vec<Hit>, limit: usize) -> Vec<String> {
        let after = world.spec().policy.after.as_deref();
        let is_old = |hit: &Hit| match (after, hit.published.as_deref()) {
            (Some(after), Some(published)) => published < after,
            (Some(_), None) | (None, _) => false,
        };
        let wanted = ranked.into_iter().filter(|hit| {
            allows(world, &hit.address) && !is_old(hit) && !self.tried.contains(&key(&hit.address))
        });
        let mut shares = Shares::default();
        let (mut best, mut spare) = (Vec::new(), Vec::new());
        for hit in wanted {
            // Documents of a folder do not crowd each other out, nor do links of a given site; pages of one domain do.
            let domain = sources::domain_of(&hit.address);
            let domain = domain.filter(|_| !self.links.contains_key(&hit.address));
            match shares.count(domain) {
                Share::Best => best.push(hit.address),
                Share::Spare => spare.push(hit.address),
                Share::TooMany => {}
            }
        }
        best.truncate(limit);
        best.extend(spare.into_iter().take(limit - best.len()));
        self.tried.extend(best.iter().map(|address| key(address)));
        world.note_considered(best.len());
        best
    }
}

/// Says which providers had no room within the searches of a run; whoever asked for them should know.
pub(crate) fn note_not_asked(world: &World) {
    let idle = {
        let seen = world.seen();
        let is_idle = |name: &&String| seen.queries.iter().all(|query| query.provider != **name);
        if seen.queries.is_empty() {
            return;
        }
        world.spec().search.iter().filter(is_idle).cloned().collect::<Vec<_>>()
    };
    if !idle.is_empty() {
        world.note(format!(
            "Not asked: {}, because the run ended before their turn; a larger processor has more searches.",
            idle.join(", ")
        ));
    }
}

/// A link has only its address to show.
fn unread(address: String) -> Hit {
    Hit { address, title: String::new(), snippet: String::new(), published: None, score: 0.0 }
}

/// Says what is looked for, and where.
pub(crate) async fn plan(world: &World, what: &[String]) -> Result<(), Failed> {
    const SHOWN: usize = 5;
    let mut wanted: Vec<&str> = what.iter().take(SHOWN).map(String::as_str).collect();
    if what.len() > SHOWN {
        wanted.push("…");
    }
    let places = world.places.iter().map(|place| place.name.as_str());
    let places: Vec<&str> =
        places.chain(world.spec().search.iter().map(String::as_str)).take(SHOWN).collect();
    let places = if places.is_empty() { "the given addresses".into() } else { places.join(", ") };
    let earlier =
        if world.previous.is_some() { ", beginning with the earlier evidence" } else { "" };
    let message = format!("Looking for {} in {places}{earlier}", wanted.join("; "));
    world.say(Stage::Plan, message).await
}

/// One source that can be asked with words.
enum Door<'a> {
    Local(&'a domain::source::Source),
    Web(&'a str),
}

impl<'a> Door<'a> {
    fn all(world: &'a World) -> Vec<Self> {
        let local = world.places.iter().filter(|place| place.place.is_local()).map(Door::Local);
        let web = world.spec().search.iter().map(|name| Door::Web(name));
        local.chain(web).collect()
    }

    async fn ask(&self, world: &World, query: &str) -> Result<Result<Vec<Hit>, String>, Failed> {
        match self {
            Self::Local(place) => world.search_local(place, query).await,
            Self::Web(provider) => world.search_web(provider, query).await,
        }
    }
}

/// Whether the run's policy lets it read this address. Only addresses of the web and `doc://` of its sources are.
pub(crate) fn allows(world: &World, address: &str) -> bool {
    let policy = &world.spec().policy;
    if address.starts_with("doc://") {
        return true;
    }
    // A policy may name a site by the name of its source.
    let is_named = |place: &domain::source::Source| match &place.place {
        Place::Site(site) => policy.allows_source(&place.name) && is_within(site, address),
        Place::Folder(_) | Place::File(_) => false,
    };
    Url::parse(address).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default().to_lowercase();
        matches!(url.scheme(), "http" | "https")
            && (policy.allows_web(&host, url.path())
                || (!policy.include.is_empty() && world.places.iter().any(is_named)))
    })
}

/// What makes two addresses the same page.
fn key(address: &str) -> String {
    sources::canonical(address)
}

/// Whether a link leads to the same site, below the folder of the given address.
fn is_within(site: &str, address: &str) -> bool {
    let (Ok(site), Ok(address)) = (Url::parse(site), Url::parse(address)) else { return false };
    let folder = site.path().rsplit_once('/').map_or("/", |(folder, _)| folder);
    site.scheme() == address.scheme()
        && site.host() == address.host()
        && site.port_or_known_default() == address.port_or_known_default()
        && address.path().starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_beyond_the_budget_of_a_round_come_first_in_the_next() {
        let names: Vec<String> = (0..5).map(|n| format!("p{n}")).collect();
        let doors: Vec<Door<'_>> = names.iter().map(|name| Door::Web(name)).collect();
        let queries = ["a".to_owned(), "b".to_owned()];
        let mut frontier = Frontier::default();
        let mut asked = |allowed| -> Vec<String> {
            let pairs = frontier.in_turns(&doors, &queries, allowed, 0);
            let told = pairs.iter().map(|(door, query)| match door {
                Door::Web(name) => format!("{query} {name}"),
                Door::Local(_) => String::new(),
            });
            told.collect()
        };
        assert_eq!(asked(3), ["a p0", "a p1", "a p2"]);
        assert_eq!(asked(3), ["a p3", "a p4", "a p0"]);
        assert_eq!(asked(7), ["a p1", "a p2", "a p3", "a p4", "a p0", "b p1", "b p2"]);
        let pairs = Frontier::default().in_turns(&doors, &queries[..1], 2, 4);
        assert!(matches!(pairs[0].0, Door::Web("p4")) && matches!(pairs[1].0, Door::Web("p0")));
    }

    #[test]
    fn a_link_is_within_a_site_only_below_its_folder() {
        assert!(is_within("https://a.org/docs/index.html", "https://a.org/docs/b.html"));
        assert!(is_within("https://a.org/", "https://a.org/anything"));
        assert!(!is_within("https://a.org/docs/index.html", "https://a.org/blog"));
        assert!(!is_within("https://a.org/", "https://b.org/"));
        assert!(!is_within("https://a.org/", "http://a.org/"));
    }
}
