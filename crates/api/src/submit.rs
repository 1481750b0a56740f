//! From what a caller asks for to a run that may be stored: shared by REST, MCP and the command line.

mod policy;
mod processor;
mod settings;
mod task;
mod tools;
mod webhook;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use domain::estimate::{self, Estimate, Offer};
use domain::group::Group;
use domain::ids::{GroupId, NotAnId, RunId};
use domain::model::Cast;
use domain::outgoing::Outgoing;
use domain::processor::{DEFAULT_FOR_ROWS, Engine, Processor};
use domain::run::{Run, RunState, Warning, WarningKind};
use domain::schema::FieldKind;
use domain::source::{Source, SourceName};
use domain::spec::{self, Input, MAX_SPEC_AND_INPUT, Refused, SourcePolicy, Spec, Wanted};
use domain::webhook::Webhook;
use egress::{Egress, Purpose};
use serde_json::{Map, Value};
use store::{Key, Known, NewRun, Owner, Rows, Store};
use url::Url;

use crate::problem::{Kind, Problem};
use crate::submit::policy::Reach;
pub(crate) use crate::submit::processor::recommended;
use crate::submit::settings::Settings;
use crate::submit::task::Task;

/// What this installation offers.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub processors: Vec<Processor>,
    /// The configured web search providers by name, for example `searxng`.
    pub search: Vec<String>,
    /// Whether runs with no source of their own may ask providers that need no account, where none is configured.
    pub keyless: bool,
    /// Which language models play which role; `None` where none is configured.
    pub cast: Option<Cast>,
    /// How many rows of a group at a time, at what prices.
    pub offer: Offer,
    /// What the settings let out.
    pub outgoing: Outgoing,
    /// The way out to what requests name: webhooks and servers of tools. `None` where no request may name any.
    pub way_out: Option<Egress>,
    /// The name of this machine, by which runs with local sources find a worker that can read them.
    pub host: String,
}

/// One run as it is asked for, unchecked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunArgs {
    pub input: Value,
    /// `None`: the default of the door.
    pub processor: Option<String>,
    /// `{output_schema, input_schema}` or null.
    pub task_spec: Option<Value>,
    /// `{include_domains, exclude_domains, after_date}` or null.
    pub source_policy: Option<Value>,
    /// `{location, …}` or null.
    pub advanced_settings: Option<Value>,
    pub metadata: Option<Value>,
    /// The id of an earlier, completed run whose evidence is taken along.
    pub previous: Option<String>,
    /// `{url, event_types}` or null.
    pub webhook: Option<Value>,
    /// `[{name, url, headers, allowed_tools}]` or null.
    pub mcp_servers: Option<Value>,
    /// Events are kept for every run, so either value is fulfilled.
    pub enable_events: Option<bool>,
    /// Checked and not used: there is no memory here.
    pub memory_scope_key: Option<String>,
    /// Exactly these sources; `None`: all of the owner's. Command line only.
    pub sources: Option<Vec<SourceName>>,
    /// Members of the request that this version takes and does not use; each becomes a warning.
    pub unused: Vec<String>,
}

/// Most rows of one request.
pub const MAX_ROWS: usize = 1000;

/// Checks one request and resolves it against what is offered here. `sources` are all of the owner's.
pub fn prepare(
    catalog: &Catalog,
    sources: &[Source],
    args: RunArgs,
    default_processor: &str,
    is_shared_store: bool,
) -> Result<NewRun, Problem> {
    Desk::new(catalog, sources, default_processor, is_shared_store).run(args, None)
}

/// Checks all rows of one request; the first bad one refuses all, and is named as `inputs[3]`.
pub fn prepare_rows(
    catalog: &Catalog,
    sources: &[Source],
    rows: Vec<RunArgs>,
    default_task_spec: Option<&Value>,
    default_processor: &str,
    is_shared_store: bool,
) -> Result<Vec<NewRun>, Problem> {
    if rows.is_empty() {
        return Err(Problem::invalid("`inputs` is empty: send at least one row"));
    }
    if rows.len() > MAX_ROWS {
        return Err(Problem::invalid(format!(
            "`inputs` has {} rows; send at most {MAX_ROWS} at a time, the others in further requests",
            rows.len()
        )));
    }
    let default = default_task_spec
        .filter(|spec| !spec.is_null())
        .map(|spec| Task::read(Some(spec)).map(Arc::new))
        .transpose()
        .map_err(|refused| {
            Problem::invalid(refused.to_string().replacen("`task_spec", "`default_task_spec", 1))
        })?;
    let mut desk = Desk::new(catalog, sources, default_processor, is_shared_store);
    let checked = rows.into_iter().enumerate();
    checked
        .map(|(index, row)| desk.run(row, default.as_ref()).map_err(|why| why.at_row(index)))
        .collect()
}

/// Checks requests one after the other; equal ones share their specification.
struct Desk<'a> {
    catalog: &'a Catalog,
    sources: &'a [Source],
    default_processor: &'a str,
    is_shared_store: bool,
    known: HashMap<String, Arc<Resolved>>,
}

/// All of a request but its input and notes.
struct Resolved {
    spec: Arc<Spec>,
    task: Arc<Task>,
    warnings: Vec<Warning>,
    host: Option<String>,
}

impl<'a> Desk<'a> {
    fn new(
        catalog: &'a Catalog,
        sources: &'a [Source],
        default_processor: &'a str,
        is_shared_store: bool,
    ) -> Self {
        Self { catalog, sources, default_processor, is_shared_store, known: HashMap::new() }
    }

    fn run(&mut self, args: RunArgs, default: Option<&Arc<Task>>) -> Result<NewRun, Problem> {
        let input = Input::parse(args.input.clone())?;
        let resolved = self.resolved(&args, default)?;
        let length = resolved.task.length + input.length();
        if length > MAX_SPEC_AND_INPUT {
            return Err(Refused::TooLong { length }.into());
        }
        check_something_is_readable(&resolved.spec, &input)?;
        let metadata = spec::metadata(args.metadata)?;
        let mut warnings = resolved.warnings.clone();
        warnings.extend(missing_columns(&resolved.task.required, &input));
        warnings.extend(args.unused.iter().map(|name| unused(name)));
        warnings.extend(args.memory_scope_key.as_ref().map(|_| unused("memory_scope_key")));
        let (spec, host) = (Arc::clone(&resolved.spec), resolved.host.clone());
        let previous = args.previous.as_deref().map(previous_run).transpose()?;
        let webhook = webhook(self.catalog, args.webhook.as_ref())?;
        warnings.extend(webhook::without_effect(args.webhook.as_ref()));
        Ok(NewRun { spec, input, metadata, warnings, host, previous, webhook })
    }

    fn resolved(
        &mut self,
        args: &RunArgs,
        default: Option<&Arc<Task>>,
    ) -> Result<Arc<Resolved>, Problem> {
        let own_spec = args.task_spec.as_ref().filter(|spec| !spec.is_null());
        let text = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
        let (spec, policy) = (text(own_spec), text(args.source_policy.as_ref()));
        let settings = text(args.advanced_settings.as_ref());
        let tools = text(args.mcp_servers.as_ref());
        let question = args.input.as_str().unwrap_or_default();
        let keyless =
            if self.catalog.keyless { sources::keyless_for(question) } else { Vec::new() };
        let echo = echo(args);
        let key = format!(
            "{:?}\n{spec}\n{policy}\n{settings}\n{tools}\n{:?}\n{keyless:?}\n{echo:?}",
            args.processor, args.sources
        );
        if let Some(known) = self.known.get(&key) {
            return Ok(Arc::clone(known));
        }
        let task = match (own_spec, default) {
            (None, Some(default)) => Arc::clone(default),
            (own, _) => Arc::new(Task::read(own)?),
        };
        let processor = self.processor(args.processor.as_deref())?;
        let reach = Reach::resolve(
            self.catalog,
            self.sources,
            args.sources.as_deref(),
            args.source_policy.as_ref(),
            &keyless,
        )?;
        let mut warnings = task.warnings.clone();
        warnings.extend(reach.warnings);
        let settings = Settings::read(args.advanced_settings.as_ref())?;
        warnings.extend(settings.without_effect(&reach.search));
        warnings.extend(settings.warnings);
        warnings.extend(task.without_a_model(processor.engine));
        let tools = tools::read(args.mcp_servers.as_ref(), self.catalog.way_out.as_ref())?;
        warnings.extend(tools::without_effect(&tools, &processor));
        let cast = match processor.engine {
            Engine::Model => self.catalog.cast.clone(),
            Engine::Extractive | Engine::Noop => None,
        };
        let spec = Arc::new(Spec {
            wanted: task.wanted.clone(),
            processor,
            sources: reach.sources,
            search: reach.search,
            policy: reach.policy,
            country: settings.country,
            input_schema: task.input_schema.clone(),
            cast,
            escalation: settings.escalation,
            outgoing: self.catalog.outgoing,
            tools,
            echo,
        });
        let host = reach.host.filter(|_| self.is_shared_store);
        let resolved = Arc::new(Resolved { spec, task, warnings, host });
        self.known.insert(key, Arc::clone(&resolved));
        Ok(resolved)
    }

    fn processor(&self, name: Option<&str>) -> Result<Processor, Problem> {
        find_processor(self.catalog, name.unwrap_or(self.default_processor))
    }
}

/// What of a request is only given back.
fn echo(args: &RunArgs) -> Map<String, Value> {
    let members = [
        ("advanced_settings", args.advanced_settings.clone()),
        ("enable_events", args.enable_events.map(Value::from)),
        ("memory_scope_key", args.memory_scope_key.clone().map(Value::from)),
    ];
    let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.filter(|(_, value)| !value.is_null()).collect()
}

/// A processor that is offered, as it is served here: one for models by rules, where no model is configured.
fn find_processor(catalog: &Catalog, name: &str) -> Result<Processor, Problem> {
    let all = &catalog.processors;
    let found = all.iter().find(|processor| processor.name == name).cloned();
    let found = found.map(|processor| served(catalog, processor));
    found.ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|processor| processor.name.as_str()).collect();
        let shown: String = name.chars().take(60).collect();
        let message = format!(
            "`processor` is `{shown}`, which is not known here; known are {}",
            known.join(", ")
        );
        Problem::new(Kind::Forbidden, message)
    })
}

fn served(catalog: &Catalog, processor: Processor) -> Processor {
    let engine = match processor.engine {
        Engine::Model if catalog.cast.is_none() => Engine::Extractive,
        engine @ (Engine::Extractive | Engine::Model | Engine::Noop) => engine,
    };
    Processor { engine, ..processor }
}

/// What rows on a processor will probably take and cost, from this owner's earlier runs where there are some.
pub async fn estimate(
    store: &Store,
    catalog: &Catalog,
    owner: Owner,
    processor: Option<&str>,
    rows: u64,
) -> Result<Estimate, Problem> {
    let processor = find_processor(catalog, processor.unwrap_or(DEFAULT_FOR_ROWS))?;
    let measured = store.measured(owner, &processor.name).await?;
    Ok(estimate::estimate(&processor, &measured, rows, catalog.offer))
}

/// The webhook of a new run or group: whom to tell of its end.
pub fn webhook(catalog: &Catalog, value: Option<&Value>) -> Result<Option<Webhook>, Problem> {
    let Some((webhook, url)) = webhook::read(value)? else { return Ok(None) };
    match catalog.way_out.as_ref().map(|egress| egress.vet(&url, Purpose::Webhook)) {
        Some(Ok(())) => Ok(Some(webhook)),
        Some(Err(why)) => Err(Problem::invalid(format!("`webhook.url`: {why}"))),
        None => Err(Problem::invalid("`webhook`: nothing is told from here; use the server")),
    }
}

fn previous_run(id: &str) -> Result<RunId, Problem> {
    id.parse().map_err(|why: NotAnId| Problem::invalid(format!("`previous_interaction_id`: {why}")))
}

/// Only what has ended with an answer can be followed up on.
async fn check_previous(store: &Store, owner: Owner, rows: &[NewRun]) -> Result<(), Problem> {
    let distinct: BTreeSet<RunId> = rows.iter().filter_map(|row| row.previous).collect();
    for id in distinct {
        let state = store.find_run(owner, id).await?.map(|row| row.run.state);
        let rule = match state {
            Some(RunState::Completed) => continue,
            None => "there is no such run".to_owned(),
            Some(state) if state.is_active() => {
                format!("that run is still {state}; follow up when it is completed")
            }
            Some(state) => format!("that run is {state} and has no answer to follow up on"),
        };
        let message = format!("`previous_interaction_id` is `{id}`: {rule}");
        return Err(Problem::invalid(message));
    }
    Ok(())
}

fn check_something_is_readable(spec: &Spec, input: &Input) -> Result<(), Problem> {
    let is_readable = match spec.processor.engine {
        Engine::Noop => true,
        // The row itself is enough to judge by and to write from.
        Engine::Model if rests_on_input(&spec.wanted) => true,
        Engine::Extractive | Engine::Model => {
            !spec.sources.is_empty()
                || !spec.search.is_empty()
                || (spec.processor.engine == Engine::Model && !spec.tools.is_empty())
                || names_an_address(input, &spec.policy)
        }
    };
    if is_readable {
        return Ok(());
    }
    if spec.policy != SourcePolicy::default() {
        return Err(Problem::invalid(
            "`source_policy` leaves nothing that this run could read: of the sources, the search providers and the addresses in \
             `input`, none passes `include_domains` and `exclude_domains`",
        ));
    }
    Err(Problem::invalid(
        "there is nothing this run could read: add documents with `--source NAME=PATH`, set up web search \
         (`search.searxng.url`, or a key of a provider), or put an address such as https://example.org into `input`",
    ))
}

fn rests_on_input(wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Fields(schema) => schema.fields.iter().any(|field| field.kind != FieldKind::Found),
        Wanted::Text { .. } | Wanted::Auto => false,
    }
}

fn names_an_address(input: &Input, policy: &SourcePolicy) -> bool {
    let is_allowed = |address: &String| {
        Url::parse(address)
            .is_ok_and(|url| url.host_str().is_some_and(|host| policy.allows_web(host, url.path())))
    };
    input.addresses().iter().any(is_allowed)
}

fn missing_columns(required: &[String], input: &Input) -> Option<Warning> {
    let Input::Row(row) = input else { return None };
    let missing: Vec<String> =
        required.iter().filter(|name| !row.contains_key(*name)).map(|n| format!("`{n}`")).collect();
    (!missing.is_empty()).then(|| Warning {
        kind: WarningKind::Input,
        message: format!("`input` lacks {}, which `input_schema` requires", missing.join(", ")),
    })
}

fn unused(name: &str) -> Warning {
    let shown: String = name.chars().take(60).collect();
    Warning::other(format!(
        "`{shown}` is not used by this version of the server; the run works without it"
    ))
}

/// Stores a run that was prepared.
pub async fn create_run(
    store: &Store,
    owner: Owner,
    new: NewRun,
    key: Option<Key>,
) -> Result<Known<Run>, Problem> {
    check_previous(store, owner, std::slice::from_ref(&new)).await?;
    Ok(store.create_run(owner, new, key).await?)
}

/// Stores an empty group, its notes checked.
pub async fn create_group(
    store: &Store,
    owner: Owner,
    metadata: Option<Value>,
    webhook: Option<Webhook>,
    key: Option<Key>,
) -> Result<Known<Group>, Problem> {
    let metadata: Option<Map<String, Value>> = spec::metadata(metadata)?;
    Ok(store.create_group(owner, metadata, webhook, key).await?)
}

/// Stores prepared rows, all or none.
pub async fn add_rows(
    store: &Store,
    owner: Owner,
    group: GroupId,
    rows: Vec<NewRun>,
    key: Option<Key>,
) -> Result<Known<Rows>, Problem> {
    check_previous(store, owner, &rows).await?;
    let added = store.add_rows(owner, group, rows, key).await?;
    added.ok_or_else(|| Problem::not_found(format!("there is no group `{group}`")))
}

#[cfg(test)]
mod tests;
