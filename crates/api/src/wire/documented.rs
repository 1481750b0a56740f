//! What the OpenAPI document says of requests and refusals. Requests are read leniently, member by member
//! (`wire/request.rs`, `rest.rs`); the types here only describe them and are never built.
#![expect(dead_code, reason = "these types are read by those who read the document")]

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, IntoResponses, ToSchema};

use crate::wire::ErrorEnvelope;

/// A run to be made, alone or as a row of a group. Members that are not listed are answered with a warning.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewTaskRun {
    input: NewInput,
    /// How much the run may spend, by name; an unknown one is refused with 403. Left out: `pro` for a run, `core`
    /// for a row.
    #[schema(example = "core")]
    processor: Option<String>,
    task_spec: Option<TaskSpec>,
    metadata: Option<Metadata>,
    source_policy: Option<SourcePolicy>,
    webhook: Option<Webhook>,
    /// The id of an earlier, completed run whose evidence is taken along.
    #[schema(example = "trun_0123456789abcdef0123456789abcdef")]
    previous_interaction_id: Option<String>,
    /// Taken for compatibility: events are always kept.
    enable_events: Option<bool>,
    advanced_settings: Option<AdvancedSettings>,
    /// Servers of tools that the run may call, at most 10; their calls stand in `output.mcp_tool_calls`. Needs a model.
    mcp_servers: Option<Vec<McpServer>>,
    /// Taken for compatibility and not used; a warning says so.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,128}$")]
    memory_scope_key: Option<String>,
}

/// A research question as text, or a row as an object. At most 15,000 characters, a row counted as JSON.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum NewInput {
    Question(String),
    Row(Map<String, Value>),
}

/// What shape of answer is wanted, and what a row holds. With `input` at most 25,000 characters.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TaskSpec {
    /// Left out, the shape is made for the question.
    output_schema: Option<SchemaOrText>,
    input_schema: Option<SchemaOrText>,
}

/// A schema, or text, which means a text with that description.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum SchemaOrText {
    Text(String),
    Schema(NewSchema),
}

/// A shape of answers or rows.
#[derive(Deserialize, ToSchema)]
struct NewSchema {
    /// `auto` for answers only.
    r#type: Option<SchemaKind>,
    /// For `text`: what it should say.
    description: Option<String>,
    /// For `json`: a JSON Schema of an object with at most 100 properties on 5 levels.
    json_schema: Option<Map<String, Value>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SchemaKind {
    Text,
    Json,
    Auto,
}

/// Notes of the caller, given back as they came: at most 50, keys of 64 and texts of 512 characters.
#[derive(Deserialize, ToSchema)]
struct Metadata(BTreeMap<String, Note>);

#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum Note {
    Text(String),
    Number(f64),
    Bool(bool),
}

/// What may be read. Entries are domains with their subdomains, suffixes such as `.gov`, domains with a path, or
/// names of sources; at most 200 together.
#[derive(Deserialize, ToSchema)]
struct SourcePolicy {
    /// Where it is not empty, nothing else is read.
    include_domains: Option<Vec<String>>,
    exclude_domains: Option<Vec<String>>,
    /// Pages that say they are older are left out.
    #[schema(format = Date)]
    after_date: Option<String>,
}

/// How the work is to be done.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AdvancedSettings {
    /// The country in which web search is to be done, in two letters (ISO 3166-1), as far as the search provider can;
    /// where it cannot, a warning says so.
    #[schema(pattern = "^[A-Za-z]{2}$", example = "us")]
    location: Option<String>,
    /// Which fields of a row are asked of a model, where one is configured. Left out: `uncertain`.
    escalation: Option<Escalation>,
    /// Taken for compatibility and not used; a warning says so.
    data_sources: Option<DataSources>,
}

/// Data of partners, by name.
#[derive(Deserialize, ToSchema)]
struct DataSources {
    free: Option<Vec<String>>,
    pay_per_use: Option<Vec<String>>,
}

/// Which fields are asked of a model: those that the rules do not find with high confidence, or all.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Escalation {
    Uncertain,
    Every,
}

/// An address to be told when the work has ended. It must not be in a private network.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Webhook {
    #[schema(max_length = 2000, example = "https://example.org/hook")]
    url: String,
    /// What to be told of. There is one event, the end, so that every list means the same.
    event_types: Option<Vec<WebhookEvent>>,
}

/// The end of a run, the end of a group.
#[derive(Deserialize, ToSchema)]
enum WebhookEvent {
    #[serde(rename = "task_run.status")]
    Run,
    #[serde(rename = "task_group.status")]
    Group,
}

/// A server of tools, spoken to over streamable HTTP.
#[derive(Deserialize, ToSchema)]
struct McpServer {
    /// Always `url`.
    r#type: Option<String>,
    /// By this name its calls are reported.
    #[schema(example = "crm", max_length = 64)]
    name: String,
    /// It must not be in a private network.
    #[schema(example = "https://tools.example.org/mcp", max_length = 2000)]
    url: String,
    /// Sent with every request, credentials for example; never shown again.
    headers: Option<HashMap<String, String>>,
    /// The only tools that may be called. Left out: all but those that say that they change something.
    allowed_tools: Option<Vec<String>>,
}

/// A group to be made. A request without a body means the same as `{}`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewTaskGroup {
    metadata: Option<Metadata>,
    webhook: Option<Webhook>,
}

/// Rows to be added to a group, all or none.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewTaskGroupRuns {
    #[schema(min_items = 1, max_items = 1000)]
    inputs: Vec<NewTaskRun>,
    /// For rows without a `task_spec` of their own.
    default_task_spec: Option<TaskSpec>,
}

/// What somebody wants to know of each of many things.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Wish {
    /// One sentence, or fields written as `name: what to find; name: …`. At most 15,000 characters.
    #[schema(example = "Find the CEO and the founding year of each company")]
    user_intent: String,
    previous_task: Option<EarlierTask>,
}

/// A task to be refined: its fields stay, before the new ones.
#[derive(Deserialize, ToSchema)]
struct EarlierTask {
    input_schema: Option<NewSchema>,
    output_schema: Option<NewSchema>,
}

/// A task for which a processor is sought.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TaskToServe {
    task_spec: Option<TaskSpec>,
    /// Only these come into question; left out, all but the `-fast` ones.
    choose_processors_from: Option<Vec<String>>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RunPath {
    #[param(pattern = "^trun_[0-9a-f]{32}$", example = "trun_0123456789abcdef0123456789abcdef")]
    run_id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct GroupPath {
    #[param(pattern = "^tgrp_[0-9a-f]{32}$", example = "tgrp_0123456789abcdef0123456789abcdef")]
    group_id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct DeliveryPath {
    #[param(pattern = "^whevent_[0-9a-f]{32}(_[0-9]+)?$")]
    delivery_id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Once {
    /// A text of your choice, for example a UUID. The same creation sent again with it within 24 hours makes nothing
    /// new and gets the first answer again.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, nullable = false)]
    key: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Hold {
    /// Seconds to wait for the end of the run; left out, 600.
    #[param(minimum = 1, maximum = 600)]
    timeout: Option<u16>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// The `next_cursor` of the part before.
    cursor: Option<i64>,
    /// Most entries of this part; left out, 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfState {
    /// Only runs in this state.
    status: Option<RunStatus>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfGroup {
    /// The rows of this group instead, in their order.
    #[param(pattern = "^tgrp_[0-9a-f]{32}$", nullable = false)]
    taskgroup_id: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfActivity {
    /// Only groups in which a run is active, or only others.
    is_active: Option<bool>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Resume {
    /// Go on behind this event, named by its `event_id`. The header `Last-Event-ID` says the same.
    #[param(pattern = "^[0-9]{1,18}$", nullable = false)]
    last_event_id: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OpenFor {
    /// Seconds after which the stream ends although runs are active; left out, a day.
    #[param(minimum = 0, maximum = 86400)]
    timeout: Option<f64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WithRows {
    /// Only runs in this state.
    status: Option<RunStatusOrNone>,
    /// Whether each run comes with what it was asked.
    include_input: Option<bool>,
    /// Whether each completed run comes with its answer.
    include_output: Option<bool>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefreshStatus {
    /// Taken for compatibility: the counts of the answer are always fresh.
    refresh_status: Option<bool>,
}

/// The state of a run.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RunStatus {
    Queued,
    Running,
    Completed,
    Failed,
    Cancelling,
    Cancelled,
}

/// The state of a run. No run is ever in `action_required` here.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunStatusOrNone {
    Queued,
    ActionRequired,
    Running,
    Completed,
    Failed,
    Cancelling,
    Cancelled,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfDelivery {
    /// Only deliveries in this state.
    status: Option<DeliveryStatus>,
}

/// The state of a delivery.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryStatus {
    Due,
    Delivered,
    Dead,
}

/// What any operation may be answered with.
#[derive(IntoResponses)]
pub(crate) enum Refusals {
    /// The request cannot be read as HTTP, or its body did not arrive.
    #[response(status = 400)]
    Malformed(ErrorEnvelope),
    /// `Host` or `Origin` names another site; or the processor is not known here, and the message lists those that are.
    #[response(status = 403)]
    Forbidden(ErrorEnvelope),
    /// Something broke on the server, whose log has more under the `ref_id`.
    #[response(status = 500)]
    Internal(ErrorEnvelope),
    /// The database does not answer, or there is no room for another large body; try again after `Retry-After` seconds.
    #[response(status = 503)]
    Unavailable(ErrorEnvelope),
}

/// What to search for. Members may also stand under `advanced_settings`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Searching {
    /// What the results are for, in a sentence; or `search_queries`.
    objective: Option<String>,
    /// Two or three queries of a few words.
    #[schema(example = json!(["height of the tide", "Brest tidal range"]))]
    search_queries: Option<Vec<String>>,
    /// `basic` shows what providers say of a page; otherwise the best pages are read for their excerpts.
    mode: Option<String>,
    max_results: Option<u32>,
    max_chars_total: Option<u32>,
    source_policy: Option<SourcePolicy>,
    /// ISO 3166-1, such as `DE`.
    location: Option<String>,
    excerpt_settings: Option<ExcerptSettings>,
    advanced_settings: Option<SearchSettings>,
    session_id: Option<String>,
}

/// Members of a search, where newer clients send them.
#[derive(Deserialize, ToSchema)]
struct SearchSettings {
    source_policy: Option<SourcePolicy>,
    max_results: Option<u32>,
    /// ISO 3166-1, such as `DE`.
    location: Option<String>,
    excerpt_settings: Option<ExcerptSettings>,
}

/// Members of an extraction, where newer clients send them.
#[derive(Deserialize, ToSchema)]
struct ExtractionSettings {
    /// Whether the whole page is wanted as Markdown; an object may give `max_chars_per_result`.
    full_content: Option<Value>,
    excerpt_settings: Option<ExcerptSettings>,
}

#[derive(Deserialize, ToSchema)]
struct ExcerptSettings {
    max_chars_per_result: Option<u32>,
}

/// Which pages to read. Members may also stand under `advanced_settings`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Extraction {
    /// One to twenty addresses.
    urls: Vec<String>,
    /// What the excerpts should speak of.
    objective: Option<String>,
    search_queries: Option<Vec<String>>,
    /// Whether the whole page is wanted as Markdown; an object may give `max_chars_per_result`.
    full_content: Option<Value>,
    excerpt_settings: Option<ExcerptSettings>,
    max_chars_total: Option<u32>,
    advanced_settings: Option<ExtractionSettings>,
    session_id: Option<String>,
}

/// What operations that need a key may be answered with besides.
#[derive(IntoResponses)]
pub(crate) enum NeedsKey {
    /// No key was sent, or it is not known here or was revoked.
    #[response(status = 401)]
    Unauthorized(ErrorEnvelope),
}

#[derive(IntoResponses)]
pub(crate) enum NotThere {
    /// There is nothing with this id, or it belongs to somebody else.
    #[response(status = 404)]
    NotFound(ErrorEnvelope),
}

#[derive(IntoResponses)]
pub(crate) enum StillActive {
    /// The run is still active; ask again.
    #[response(status = 408)]
    StillActive(ErrorEnvelope),
}

#[derive(IntoResponses)]
pub(crate) enum Invalid {
    /// A parameter, header or member does not keep its rule; the message names it, its value and the rule.
    #[response(status = 422)]
    Invalid(ErrorEnvelope),
}

#[derive(IntoResponses)]
pub(crate) enum TooLarge {
    /// The body is larger than 16 MiB.
    #[response(status = 413)]
    TooLarge(ErrorEnvelope),
}

/// What creations may be answered with besides.
#[derive(IntoResponses)]
pub(crate) enum NotCreated {
    /// The same creation, by its `Idempotency-Key`, is being worked on; ask again in a second.
    #[response(status = 409)]
    InFlight(ErrorEnvelope),
    /// The body is larger than 16 MiB.
    #[response(status = 413)]
    TooLarge(ErrorEnvelope),
}

#[derive(IntoResponses)]
pub(crate) enum NoRoom {
    /// The server has no room left to store this; nothing was changed.
    #[response(status = 507)]
    NoRoom(ErrorEnvelope),
}
