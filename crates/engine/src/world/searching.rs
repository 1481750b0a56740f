//! Searches of a run: what its own documents and the providers find, and what sites list of themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::receipt::Query;
use domain::source::Source;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sources::{Cleared, Filters, Hit};
use tokio::sync::OnceCell;
use url::Url;

use super::{Answer, World};
use crate::{Failed, search, website};

/// Results that one search brings.
const HITS: usize = 20;

#[derive(Serialize, Deserialize)]
struct JournalHit {
    address: String,
    title: String,
    snippet: String,
    published: Option<String>,
    score: f32,
}

/// What providers found in this run. Branches that go on side by side often think of the same words.
pub(super) type Searched = Mutex<HashMap<String, Arc<OnceCell<Vec<Hit>>>>>;

/// Why a search brought nothing to remember.
enum NoHits {
    /// The provider did not answer: whoever thinks of the same words later may ask again.
    Outside(String),
    Here(Failed),
}

impl World {
    /// Documents of a local source.
    pub(crate) async fn search_local(
        &self,
        place: &Source,
        query: &str,
    ) -> Result<Result<Vec<Hit>, String>, Failed> {
        let request = json!({"source": place.name.as_str(), "query": query, "limit": HITS});
        let detail = format!("{}: {query}", place.name);
        self.hits("search.local", request, detail, async {
            let unreadable = self.library.index(place).await?;
            self.note_unreadable(
                unreadable.into_iter().map(|(path, reason)| {
                    (domain::source::doc_address(&place.name, &path), reason)
                }),
            );
            let found = self.library.sources().search_local(place, query, HITS).await;
            found.map_err(|why| why.to_string())
        })
        .await
    }

    /// What a search provider finds; asked once in a run for the same words.
    pub(crate) async fn search_web(
        &self,
        provider: &str,
        query: &str,
    ) -> Result<Result<Vec<Hit>, String>, Failed> {
        let query = self.query(query);
        let worded = self.library.sources().worded(provider, &query);
        let request = Self::request(provider, &worded, &query);
        let known = {
            let mut searched = self.searched.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(searched.entry(request.to_string()).or_default())
        };
        match known.get_or_try_init(|| self.ask_provider(provider, worded, query, request)).await {
            Ok(hits) => Ok(Ok(hits.clone())),
            Err(NoHits::Outside(why)) => Ok(Err(why)),
            Err(NoHits::Here(failed)) => Err(failed),
        }
    }

    fn query(&self, words: &str) -> sources::Query {
        let policy = &self.spec().policy;
        // Names of sources may stand among the domains; providers know none of them.
        let domains = |rules: &[String]| -> Vec<String> {
            rules.iter().filter(|rule| rule.contains('.')).cloned().collect()
        };
        let filters = Filters {
            include: domains(&policy.include),
            exclude: domains(&policy.exclude),
            after: policy.after.clone(),
            country: self.spec().country.map(|country| country.code()),
            ..Filters::default()
        };
        sources::Query { text: Cleared::of(words), limit: HITS, filters }
    }

    /// What the journal knows a search by; two queries that a provider is sent in the same words are one.
    fn request(provider: &str, worded: &str, query: &sources::Query) -> Value {
        let filters = &query.filters;
        let mut request = json!({
            "provider": provider, "query": worded, "limit": query.limit,
            "include": filters.include, "exclude": filters.exclude, "after": filters.after,
        });
        if let Some(country) = &filters.country {
            request["country"] = json!(country);
        }
        request
    }

    async fn ask_provider(
        &self,
        provider: &str,
        text: String,
        query: sources::Query,
        request: Value,
    ) -> Result<Vec<Hit>, NoHits> {
        let withheld = query.text.withheld().iter().map(|kind| (*kind).to_owned()).collect();
        // In the order in which they are asked, whichever answers first: a replay tells the same.
        let place = {
            let asked = &mut self.lock_seen().queries;
            asked.push(Query {
                provider: provider.to_owned(),
                text: text.clone(),
                hits: 0,
                failed: Some("the run ended before it answered".into()),
                withheld,
            });
            asked.len() - 1
        };
        let hits = self.hits("search.web", request, format!("{provider}: {text}"), async {
            let sources = self.library.sources();
            // On the heap: an HTTP exchange is a large future, and rounds hold several of them.
            let found = Box::pin(sources.search_web(provider, &query)).await;
            found.map_err(|why| why.to_string())
        });
        let found = hits.await.map_err(NoHits::Here)?;
        if let Some(told) = self.lock_seen().queries.get_mut(place) {
            let hits = found.as_ref().map_or(0, Vec::len);
            told.hits = u32::try_from(hits).unwrap_or(u32::MAX);
            told.failed = found.as_ref().err().cloned();
        }
        found.map_err(NoHits::Outside)
    }

    /// What a site lists in its sitemap about itself. Without a sitemap there is nothing, and that is no loss to tell of.
    pub(crate) async fn sitemap(&self, site: &Url) -> Result<Vec<String>, Failed> {
        /// Addresses that are remembered.
        const MOST: usize = 40;
        let request = json!({"site": site.as_str()});
        let answer: Answer<Vec<String>> = self
            .once("sitemap", request, site.to_string(), async {
                let may_ask = |url: &Url| search::allows(self, url.as_str());
                let listed = Box::pin(self.library.sources().sitemap(site, &may_ask)).await;
                Ok(match listed {
                    Ok(listed) => Answer::Got(
                        listed
                            .into_iter()
                            .filter(|at| website::is_telling(at))
                            .take(MOST)
                            .collect(),
                    ),
                    Err(why) => Answer::Failed(why.to_string()),
                })
            })
            .await?;
        Ok(match answer {
            Answer::Got(listed) => listed,
            Answer::Failed(_) => Vec::new(),
        })
    }

    async fn hits(
        &self,
        kind: &'static str,
        request: Value,
        detail: String,
        ask: impl Future<Output = Result<Vec<Hit>, String>> + Send,
    ) -> Result<Result<Vec<Hit>, String>, Failed> {
        let answer: Answer<Vec<JournalHit>> = self
            .once(kind, request, detail, async {
                Ok(match ask.await {
                    Ok(hits) => Answer::Got(hits.into_iter().map(to_journal).collect()),
                    Err(why) => Answer::Failed(why),
                })
            })
            .await?;
        Ok(match answer {
            Answer::Got(hits) => Ok(hits.into_iter().map(from_journal).collect()),
            Answer::Failed(why) => Err(why),
        })
    }
}

fn to_journal(hit: Hit) -> JournalHit {
    let Hit { address, title, snippet, published, score } = hit;
    JournalHit { address, title, snippet, published, score }
}

fn from_journal(hit: JournalHit) -> Hit {
    let JournalHit { address, title, snippet, published, score } = hit;
    Hit { address, title, snippet, published, score }
}
