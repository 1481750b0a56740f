//! What a run may read: the caller's source policy laid over the named sources and the search providers.

use domain::run::Warning;
use domain::source::{Place, Source, SourceName};
use domain::spec::{Refused, SourcePolicy};
use serde_json::Value;
use url::Url;

use crate::problem::Problem;
use crate::submit::Catalog;

/// Everything a run may read besides the addresses in its input.
pub(super) struct Reach {
    pub(super) sources: Vec<SourceName>,
    pub(super) search: Vec<String>,
    pub(super) policy: SourcePolicy,
    pub(super) warnings: Vec<Warning>,
    /// The machine of its local sources.
    pub(super) host: Option<String>,
}

impl Reach {
    pub(super) fn resolve(
        catalog: &Catalog,
        sources: &[Source],
        exactly: Option<&[SourceName]>,
        policy: Option<&Value>,
        keyless: &[&str],
    ) -> Result<Self, Problem> {
        let (policy, mut warnings) = read_policy(policy)?;
        let offered = match exactly {
            None => sources.iter().collect(),
            Some(names) => named(sources, names)?,
        };
        let allowed: Vec<&Source> =
            offered.into_iter().filter(|source| is_allowed(&policy, source)).collect();
        let host = local_host(catalog, &allowed);
        let (here, elsewhere): (Vec<&Source>, Vec<&Source>) =
            allowed.into_iter().partition(|source| {
                !source.place.is_local() || host.as_ref() == Some(&host_of(catalog, source))
            });
        warnings.extend(elsewhere.into_iter().map(|source| {
            Warning::other(format!(
                "the source `{}` lies on another machine than the run's other documents and is not read",
                source.name
            ))
        }));
        let is_a_source = |entry: &String| sources.iter().any(|s| s.name.as_str() == entry);
        let nowhere = |entry: &&String| !entry.contains('.') && !is_a_source(entry);
        if let Some(entry) = policy.include.iter().find(nowhere) {
            return Err(Problem::invalid(format!(
                "`source_policy.include_domains` has `{entry}`, which is neither a domain nor the name of a source; {}",
                known(sources)
            )));
        }
        // A name with a dot may be meant as a domain as well.
        let reads_the_web = policy.include.is_empty()
            || policy.include.iter().any(|entry| !is_a_source(entry) || entry.contains('.'));
        // Whoever brings documents asks them; a question goes to the public only where it was let out.
        let search = if !reads_the_web {
            Vec::new()
        } else if catalog.search.is_empty() && here.is_empty() {
            keyless.iter().map(|name| (*name).to_owned()).collect()
        } else {
            catalog.search.clone()
        };
        Ok(Self {
            sources: here.into_iter().map(|source| source.name.clone()).collect(),
            search,
            policy,
            warnings,
            host,
        })
    }
}

fn named<'a>(sources: &'a [Source], names: &[SourceName]) -> Result<Vec<&'a Source>, Problem> {
    let find = |name: &SourceName| {
        sources.iter().find(|source| source.name == *name).ok_or_else(|| {
            Problem::invalid(format!("`{name}` is not the name of a source; {}", known(sources)))
        })
    };
    names.iter().map(find).collect()
}

fn known(sources: &[Source]) -> String {
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let names = if names.is_empty() { "none yet".into() } else { names.join(", ") };
    format!("known are: {names}; `--source NAME=PATH` adds one")
}

fn is_allowed(policy: &SourcePolicy, source: &Source) -> bool {
    match &source.place {
        Place::Folder(_) | Place::File(_) => policy.allows_source(&source.name),
        Place::Site(address) => {
            let is_excluded = policy.exclude.iter().any(|entry| entry == source.name.as_str());
            let on_the_web = Url::parse(address).is_ok_and(|url| {
                url.host_str().is_some_and(|host| policy.allows_web(host, url.path()))
            });
            policy.allows_source(&source.name) || (on_the_web && !is_excluded)
        }
    }
}

/// This machine where it has one of the sources, else that of the first.
fn local_host(catalog: &Catalog, sources: &[&Source]) -> Option<String> {
    let hosts: Vec<String> = sources
        .iter()
        .filter(|source| source.place.is_local())
        .map(|source| host_of(catalog, source))
        .collect();
    hosts.iter().find(|host| **host == catalog.host).or(hosts.first()).cloned()
}

fn host_of(catalog: &Catalog, source: &Source) -> String {
    source.host.clone().unwrap_or_else(|| catalog.host.clone())
}

/// Reads the `source_policy` of the Task API; its constructor checks the entries.
fn read_policy(value: Option<&Value>) -> Result<(SourcePolicy, Vec<Warning>), Refused> {
    let members = match value {
        None | Some(Value::Null) => return Ok((SourcePolicy::default(), Vec::new())),
        Some(Value::Object(members)) => members,
        Some(_) => {
            return Err(Refused::field(
                "source_policy",
                "must be an object with `include_domains`, `exclude_domains` or `after_date`, or null",
            ));
        }
    };
    let (mut include, mut exclude, mut after) = (Vec::new(), Vec::new(), None);
    let mut warnings = Vec::new();
    for (name, value) in members {
        match name.as_str() {
            "include_domains" => include = texts(name, value)?,
            "exclude_domains" => exclude = texts(name, value)?,
            "after_date" => after = text(name, value)?,
            other => {
                let shown: String = other.chars().take(60).collect();
                warnings.push(Warning::other(format!(
                    "`source_policy.{shown}` is not known and was not used"
                )));
            }
        }
    }
    Ok((SourcePolicy::new(include, exclude, after)?, warnings))
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, Refused> {
    let wrong = || Refused::field(format!("source_policy.{name}"), "must be a list of texts");
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => {
            list.iter().map(|entry| entry.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Err(wrong()),
    }
}

fn text(name: &str, value: &Value) -> Result<Option<String>, Refused> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(Refused::field(format!("source_policy.{name}"), "must be a date as YYYY-MM-DD"))
        }
    }
}
