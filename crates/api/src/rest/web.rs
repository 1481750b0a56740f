//! `/v1/search` and `/v1/extract`, in the shape of the hosted service; the older paths take the older names as well.

use axum::Json;
use axum::extract::{Request, State};
use domain::spec::SourcePolicy;
use serde_json::{Map, Value, json};
use sources::{Page, excerpts, markdown};

use crate::problem::Problem;
use crate::rest::body;
use crate::web::{Asked, Unread, Web, on_behalf};
use crate::wire::documented::{Extraction, Invalid, NeedsKey, Refusals, Searching, TooLarge};
use crate::wire::{ExtractError, ExtractView, SearchResult, SearchView, Used};
use crate::{App, json};

/// Queries of one request, as the hosted service allows.
const MAX_QUERIES: usize = 5;
/// Characters of one query or objective.
const MAX_QUERY: usize = 2_000;
const MAX_OBJECTIVE: usize = 5_000;
/// Results, unless another number is asked for; and at most.
const RESULTS: usize = 10;
const MAX_RESULTS: usize = 40;
/// Addresses of one request.
const MAX_URLS: usize = 20;
/// Results whose pages are read for their excerpts; the others show what the provider says.
const MAX_READ: usize = 10;
/// Characters of the excerpts of one result, and of a whole page, unless others are asked for; and at most.
const EXCERPT: usize = 1_500;
const FULL: usize = 100_000;
const MAX_CHARS: usize = 500_000;

/// Search results with excerpts for a model to read.
#[utoipa::path(
    post,
    path = "/search",
    operation_id = "search",
    tag = "web",
    request_body = Searching,
    responses(
        (status = 200, description = "What was found.", body = SearchView),
        Invalid,
        TooLarge,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn search(
    State(app): State<App>,
    request: Request,
) -> Result<Json<SearchView>, Problem> {
    let members = Members(json::object(&body(&app, request).await?)?);
    let objective = members.objective()?;
    let mut queries = members.queries()?;
    if queries.is_empty() {
        queries.extend(objective.clone());
    }
    if queries.is_empty() {
        return Err(Problem::invalid(
            "`search_queries` is missing: give two or three queries of a few words, or an `objective`",
        ));
    }
    let is_brief = matches!(members.text("mode")?.as_deref(), Some("basic" | "turbo" | "fast"));
    let asked = Asked {
        policy: members.policy()?,
        country: members.text("location")?,
        max_results: members.number("max_results", RESULTS, MAX_RESULTS)?,
        queries: queries.clone(),
    };
    let per_result = members.chars("excerpt_settings", "max_chars_per_result", EXCERPT)?;
    let total = members.number("max_chars_total", MAX_CHARS, MAX_CHARS)?;
    let web = Web::visit(&app).await?;
    let (found, pages) = on_behalf("searched for a caller", async {
        let found = web.search(&app, &asked).await?;
        let read: Vec<String> =
            found.hits.iter().take(MAX_READ).map(|hit| hit.address.clone()).collect();
        let queries = queries.clone();
        let wanted = move |page: Page| {
            let said = excerpts(&page.text, &queries, per_result);
            (within(said, &mut per_result.clone()), page.text.published)
        };
        let pages =
            if is_brief { Vec::new() } else { web.read(&read, &asked.policy, wanted).await };
        Ok::<_, Problem>((found, pages))
    })
    .await?;
    queries.extend(objective);
    let mut warnings = found.warnings;
    let mut room = total;
    let mut pages = pages.into_iter();
    let mut results = Vec::new();
    for hit in found.hits {
        if room == 0 {
            warnings.push("`max_chars_total` is used up; further results are left out".into());
            break;
        }
        let snippet = || vec![hit.snippet.chars().take(per_result).collect()];
        let (said, published): (Vec<String>, _) = match pages.next() {
            Some(Ok(read)) => read,
            Some(Err(Unread { why, .. })) => {
                warnings.push(format!("the page {} was not read: {why}", hit.address));
                (snippet(), None)
            }
            None => (snippet(), None),
        };
        // What the page says of its age counts more than what the provider did not know.
        let is_old = |after: &String| published.as_ref().is_some_and(|day| day < after);
        if asked.policy.after.as_ref().is_some_and(is_old) {
            continue;
        }
        results.push(SearchResult {
            excerpts: within(said, &mut room),
            url: hit.address,
            title: hit.title,
            publish_date: published.or(hit.published),
        });
    }
    Ok(Json(SearchView {
        search_id: format!("search_{}", unique(&app)),
        results,
        warnings: warned(warnings),
        usage: vec![used("searches", found.searches)],
        session_id: members.text("session_id")?,
    }))
}

/// Pages as excerpts, and whole as Markdown where that is asked for.
#[utoipa::path(
    post,
    path = "/extract",
    operation_id = "extract",
    tag = "web",
    request_body = Extraction,
    responses(
        (status = 200, description = "What was read, and what could not be.", body = ExtractView),
        Invalid,
        TooLarge,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn extract(
    State(app): State<App>,
    request: Request,
) -> Result<Json<ExtractView>, Problem> {
    let members = Members(json::object(&body(&app, request).await?)?);
    let urls = members.urls()?;
    let mut queries = members.queries()?;
    queries.extend(members.objective()?);
    let full = members.full_content()?;
    let per_result = members.chars("excerpt_settings", "max_chars_per_result", EXCERPT)?;
    let mut room = members.number("max_chars_total", MAX_CHARS, MAX_CHARS)?;
    let web = Web::visit(&app).await?;
    let policy = SourcePolicy::default();
    let wanted = move |page: Page| {
        // Without a question the page itself is what is wanted.
        let wants_excerpts = !queries.is_empty() || full.is_none();
        let excerpts = || excerpts(&page.text, &queries, per_result);
        let said = wants_excerpts.then(|| within(excerpts(), &mut per_result.clone()));
        let whole = full.map(|most| markdown(&page.text).chars().take(most).collect::<String>());
        (page.text.title, page.text.published, said.unwrap_or_default(), whole)
    };
    let pages = on_behalf("read pages for a caller", web.read(&urls, &policy, wanted)).await;
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for (url, page) in urls.into_iter().zip(pages) {
        match page {
            Err(unread) => errors.push(ExtractError {
                url,
                error_type: "fetch_error",
                http_status_code: unread.status,
                content: unread.why,
            }),
            Ok((title, publish_date, said, whole)) => results.push(crate::wire::ExtractResult {
                url,
                title,
                publish_date,
                excerpts: within(said, &mut room),
                full_content: whole.map(|text| within(vec![text], &mut room).concat()),
            }),
        }
    }
    Ok(Json(ExtractView {
        extract_id: format!("extract_{}", unique(&app)),
        usage: vec![used("pages", results.len())],
        results,
        errors,
        warnings: None,
        session_id: members.text("session_id")?,
    }))
}

/// As much of these texts as there is room for, in characters.
fn within(texts: Vec<String>, room: &mut usize) -> Vec<String> {
    let mut kept = |mut text: String| {
        if let Some((end, _)) = text.char_indices().nth(*room) {
            text.truncate(end);
        }
        *room -= text.chars().count();
        text
    };
    texts.into_iter().map(&mut kept).filter(|text| !text.is_empty()).collect()
}

fn unique(app: &App) -> String {
    format!("{:032x}", app.store.chance().next())
}

fn used(name: &'static str, count: usize) -> Used {
    Used { name, count }
}

fn warned(warnings: Vec<String>) -> Option<Vec<Value>> {
    let view = |message: String| json!({"type": "warning", "message": message});
    (!warnings.is_empty()).then(|| warnings.into_iter().map(view).collect())
}

/// The members of a request: at its top as older clients send them, or under `advanced_settings`.
struct Members(Map<String, Value>);

impl Members {
    fn get(&self, name: &str) -> Option<&Value> {
        let advanced = || self.0.get("advanced_settings")?.get(name);
        self.0.get(name).or_else(advanced).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|t| !t.is_empty())),
            Some(other) => Err(wrong(name, other, "it must be text")),
        }
    }

    fn objective(&self) -> Result<Option<String>, Problem> {
        let objective = self.text("objective")?;
        match &objective {
            Some(text) if text.chars().count() > MAX_OBJECTIVE => Err(Problem::invalid(format!(
                "`objective` is longer than {MAX_OBJECTIVE} characters"
            ))),
            Some(_) | None => Ok(objective),
        }
    }

    fn queries(&self) -> Result<Vec<String>, Problem> {
        let queries = self.texts("search_queries")?;
        if queries.len() > MAX_QUERIES {
            return Err(Problem::invalid(format!(
                "`search_queries` has {} entries; at most {MAX_QUERIES} are allowed",
                queries.len()
            )));
        }
        match queries.iter().find(|query| query.chars().count() > MAX_QUERY) {
            Some(_) => Err(Problem::invalid(format!(
                "a query in `search_queries` is longer than {MAX_QUERY} characters; a few words find more"
            ))),
            None => Ok(queries),
        }
    }

    fn urls(&self) -> Result<Vec<String>, Problem> {
        let urls = self.texts("urls")?;
        if urls.is_empty() || urls.len() > MAX_URLS {
            return Err(Problem::invalid(format!(
                "`urls` has {} entries; give 1 to {MAX_URLS} addresses such as https://example.org/",
                urls.len()
            )));
        }
        let is_of = |url: &str, scheme: &str| {
            url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        let is_other = |url: &&String| !is_of(url, "http://") && !is_of(url, "https://");
        match urls.iter().find(is_other) {
            Some(url) => {
                let shown: String = url.chars().take(100).collect();
                Err(Problem::invalid(format!(
                    "`urls` has `{shown}`; write addresses that begin with http:// or https://"
                )))
            }
            None => Ok(urls),
        }
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, Problem> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let list =
            value.as_array().ok_or_else(|| wrong(name, value, "it must be a list of texts"))?;
        let texts: Option<Vec<String>> =
            list.iter().map(|entry| entry.as_str().map(|text| text.trim().to_owned())).collect();
        let texts = texts.ok_or_else(|| wrong(name, value, "it must be a list of texts"))?;
        Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
    }

    fn number(&self, name: &str, usual: usize, most: usize) -> Result<usize, Problem> {
        let Some(value) = self.get(name) else { return Ok(usual) };
        let number = value.as_u64().filter(|number| *number > 0);
        let number =
            number.ok_or_else(|| wrong(name, value, "it must be a whole number from 1 on"))?;
        Ok(usize::try_from(number).unwrap_or(most).min(most))
    }

    /// A number of characters in an object of settings; `excerpts` is what older clients call it.
    fn chars(&self, group: &str, name: &str, usual: usize) -> Result<usize, Problem> {
        let settings = self.get(group).or_else(|| self.get("excerpts"));
        match settings.and_then(|settings| settings.get(name)) {
            None | Some(Value::Null) => Ok(usual),
            Some(value) => {
                let number = value.as_u64().filter(|number| *number > 0).ok_or_else(|| {
                    wrong(&format!("{group}.{name}"), value, "it must be a whole number from 1 on")
                })?;
                Ok(usize::try_from(number).unwrap_or(MAX_CHARS).min(MAX_CHARS))
            }
        }
    }

    /// How much of a whole page is wanted; `None` where it is not.
    fn full_content(&self) -> Result<Option<usize>, Problem> {
        match self.get("full_content") {
            None | Some(Value::Bool(false)) => Ok(None),
            Some(Value::Bool(true)) => Ok(Some(FULL)),
            Some(Value::Object(settings)) => {
                let most = settings.get("max_chars_per_result").and_then(Value::as_u64);
                let most = most.and_then(|most| usize::try_from(most).ok());
                Ok(Some(most.unwrap_or(FULL).clamp(1, MAX_CHARS)))
            }
            Some(other) => Err(wrong(
                "full_content",
                other,
                "it must be true, false or {\"max_chars_per_result\": 10000}",
            )),
        }
    }

    fn policy(&self) -> Result<SourcePolicy, Problem> {
        let Some(policy) = self.get("source_policy") else { return Ok(SourcePolicy::default()) };
        let list = |name: &str| -> Result<Vec<String>, Problem> {
            let inner = Self(policy.as_object().cloned().unwrap_or_default());
            inner.texts(name)
        };
        let after = policy.get("after_date").and_then(Value::as_str).map(str::to_owned);
        Ok(SourcePolicy::new(list("include_domains")?, list("exclude_domains")?, after)?)
    }
}

fn wrong(name: &str, value: &Value, rule: &str) -> Problem {
    let shown: String = value.to_string().chars().take(60).collect();
    Problem::invalid(format!("`{name}` is `{shown}`: {rule}"))
}
