//! What is stored as JSON: the promise to old databases. Each document carries its version.
//!
//! Domain types change freely; these change only by adding. Reading is tolerant of what newer versions of the
//! same document left out.

use std::time::Duration;

use domain::country::Country;
use domain::event::{EventKind, Progress, Stage};
use domain::evidence::{Evidence, TextRef};
use domain::model::Cast;
use domain::output::{Basis, Candidate, Confidence, Content, Missing, Output};
use domain::processor::{Caps, Engine, Judging, Processor};
use domain::receipt::{Contact, Query, Receipt, Spending, StopReason, Unreadable};
use domain::run::{RunState, Warning, WarningKind};
use domain::schema::{FieldKind, Schema};
use domain::source::SourceName;
use domain::spec::{Escalation, SourcePolicy, Spec, Wanted};
use domain::text::{Block, BlockKind, Link, Text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Failed;

mod tools;

use tools::{StoredToolCall, StoredToolServer};

pub(crate) fn unreadable(what: &'static str, why: impl std::fmt::Display) -> Failed {
    Failed::Unreadable { what, why: format!("{why}") }
}

pub(crate) fn parse<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Failed> {
    serde_json::from_str(text).map_err(|why| unreadable(what, why))
}

// --- spec ---

#[derive(Serialize, Deserialize)]
struct StoredSpec {
    v: u32,
    wanted: StoredWanted,
    processor: StoredProcessor,
    sources: Vec<String>,
    search: Vec<String>,
    include: Vec<String>,
    exclude: Vec<String>,
    after: Option<String>,
    #[serde(default)]
    country: Option<String>,
    input_schema: Option<Value>,
    /// Planner, reader, writer, verifier.
    #[serde(default)]
    cast: Option<[String; 4]>,
    #[serde(default)]
    escalation: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tools: Vec<StoredToolServer>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    echo: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StoredWanted {
    Auto,
    Text { description: Option<String> },
    Fields { schema: Value },
}

#[derive(Serialize, Deserialize)]
struct StoredProcessor {
    name: String,
    engine: String,
    rounds: u32,
    searches: u32,
    pages: u32,
    wall_ms: u64,
    sources_for_high: u32,
    findings: u32,
    usual_ms: (u64, u64),
    fields: u32,
    #[serde(default)]
    of_models: StoredModelCaps,
}

#[derive(Serialize, Deserialize, Default)]
struct StoredModelCaps {
    calls: u32,
    input_tokens: u64,
    cost_micro_usd: u64,
    width: u32,
    branches: u32,
    judging: String,
    #[serde(default)]
    tool_calls: u32,
}

pub(crate) fn spec_to_text(spec: &Spec) -> String {
    let wanted = match &spec.wanted {
        Wanted::Auto => StoredWanted::Auto,
        Wanted::Text { description } => StoredWanted::Text { description: description.clone() },
        Wanted::Fields(schema) => StoredWanted::Fields { schema: schema.raw().clone() },
    };
    let Processor { name, engine, caps, usual, fields } = &spec.processor;
    let stored = StoredSpec {
        v: 1,
        wanted,
        processor: StoredProcessor {
            name: name.clone(),
            engine: engine.as_str().into(),
            rounds: caps.rounds,
            searches: caps.searches,
            pages: caps.pages,
            wall_ms: millis(caps.wall),
            sources_for_high: caps.sources_for_high,
            findings: caps.findings,
            usual_ms: (millis(usual.0), millis(usual.1)),
            fields: *fields,
            of_models: StoredModelCaps {
                calls: caps.calls,
                input_tokens: caps.input_tokens,
                cost_micro_usd: caps.cost_micro_usd,
                width: caps.width,
                branches: caps.branches,
                judging: caps.judging.as_str().into(),
                tool_calls: caps.tool_calls,
            },
        },
        sources: spec.sources.iter().map(ToString::to_string).collect(),
        search: spec.search.clone(),
        include: spec.policy.include.clone(),
        exclude: spec.policy.exclude.clone(),
        after: spec.policy.after.clone(),
        country: spec.country.map(|country| country.code()),
        input_schema: spec.input_schema.clone(),
        cast: spec.cast.clone().map(|cast| [cast.planner, cast.reader, cast.writer, cast.verifier]),
        escalation: Some(spec.escalation.as_str().into()),
        tools: spec.tools.iter().map(StoredToolServer::from).collect(),
        echo: spec.echo.clone(),
    };
    json!(stored).to_string()
}

pub(crate) fn spec_from_text(text: &str) -> Result<Spec, Failed> {
    let stored: StoredSpec = parse("spec", text)?;
    let wanted = match stored.wanted {
        StoredWanted::Auto => Wanted::Auto,
        StoredWanted::Text { description } => Wanted::Text { description },
        StoredWanted::Fields { schema } => {
            let (schema, _) = Schema::parse(schema).map_err(|why| unreadable("schema", why))?;
            Wanted::Fields(schema)
        }
    };
    let p = stored.processor;
    let engine = Engine::parse(&p.engine).ok_or_else(|| unreadable("engine", &p.engine))?;
    let sources = stored
        .sources
        .iter()
        .map(|name| SourceName::parse(name).map_err(|why| unreadable("source name", why)))
        .collect::<Result<_, _>>()?;
    Ok(Spec {
        wanted,
        processor: Processor {
            name: p.name,
            engine,
            caps: Caps {
                rounds: p.rounds,
                searches: p.searches,
                pages: p.pages,
                wall: Duration::from_millis(p.wall_ms),
                sources_for_high: p.sources_for_high,
                findings: p.findings,
                calls: p.of_models.calls,
                input_tokens: p.of_models.input_tokens,
                cost_micro_usd: p.of_models.cost_micro_usd,
                width: p.of_models.width.max(1),
                branches: p.of_models.branches.max(1),
                tool_calls: p.of_models.tool_calls,
                judging: Judging::parse(&p.of_models.judging).unwrap_or(Judging::Rules),
            },
            usual: (Duration::from_millis(p.usual_ms.0), Duration::from_millis(p.usual_ms.1)),
            fields: p.fields,
        },
        sources,
        search: stored.search,
        policy: SourcePolicy {
            include: stored.include,
            exclude: stored.exclude,
            after: stored.after,
        },
        country: stored.country.as_deref().and_then(Country::parse),
        input_schema: stored.input_schema,
        cast: stored.cast.map(|[planner, reader, writer, verifier]| Cast {
            planner,
            reader,
            writer,
            verifier,
        }),
        escalation: stored.escalation.as_deref().and_then(Escalation::parse).unwrap_or_default(),
        tools: stored.tools.into_iter().map(Into::into).collect(),
        echo: stored.echo,
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

// --- output ---

#[derive(Serialize, Deserialize)]
struct StoredOutput {
    v: u32,
    content: StoredContent,
    basis: Vec<StoredBasis>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<StoredToolCall>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StoredContent {
    Text { text: String },
    Fields { values: Map<String, Value>, schema: Option<Value> },
}

#[derive(Serialize, Deserialize)]
struct StoredBasis {
    field: String,
    reasoning: String,
    confidence: Option<String>,
    evidence: Vec<StoredEvidence>,
    missing: Option<String>,
    conflicts: Vec<StoredCandidate>,
    #[serde(default)]
    kind: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredCandidate {
    value: Value,
    evidence: Vec<StoredEvidence>,
}

#[derive(Serialize, Deserialize)]
struct StoredEvidence {
    text: i64,
    page: String,
    start: usize,
    end: usize,
    quote: String,
    address: String,
    title: String,
    section: Option<String>,
    published: Option<String>,
}

pub(crate) fn output_to_text(output: &Output) -> String {
    let content = match &output.content {
        Content::Text(text) => StoredContent::Text { text: text.clone() },
        Content::Fields { values, schema } => {
            StoredContent::Fields { values: values.clone(), schema: schema.clone() }
        }
    };
    let basis = output
        .basis
        .iter()
        .map(|basis| StoredBasis {
            field: basis.field.clone(),
            reasoning: basis.reasoning.clone(),
            confidence: basis.confidence.map(|word| word.as_str().into()),
            evidence: basis.evidence.iter().map(store_evidence).collect(),
            missing: basis.missing.map(|word| word.as_str().into()),
            conflicts: basis
                .conflicts
                .iter()
                .map(|candidate| StoredCandidate {
                    value: candidate.value.clone(),
                    evidence: candidate.evidence.iter().map(store_evidence).collect(),
                })
                .collect(),
            kind: basis.kind.map(|kind| kind.as_str().into()),
        })
        .collect();
    let tool_calls = output.tool_calls.iter().map(StoredToolCall::from).collect();
    json!(StoredOutput { v: 1, content, basis, tool_calls }).to_string()
}

pub(crate) fn output_from_text(text: &str) -> Result<Output, Failed> {
    let stored: StoredOutput = parse("output", text)?;
    let content = match stored.content {
        StoredContent::Text { text } => Content::Text(text),
        StoredContent::Fields { values, schema } => Content::Fields { values, schema },
    };
    let evidence = |stored: Vec<StoredEvidence>| -> Result<Vec<Evidence>, Failed> {
        stored.into_iter().map(load_evidence).collect()
    };
    let mut basis = Vec::with_capacity(stored.basis.len());
    for entry in stored.basis {
        let mut conflicts = Vec::with_capacity(entry.conflicts.len());
        for candidate in entry.conflicts {
            let value = candidate.value;
            conflicts.push(Candidate { value, evidence: evidence(candidate.evidence)? });
        }
        basis.push(Basis {
            field: entry.field,
            reasoning: entry.reasoning,
            confidence: entry.confidence.as_deref().and_then(Confidence::parse),
            evidence: evidence(entry.evidence)?,
            missing: entry.missing.as_deref().and_then(Missing::parse),
            conflicts,
            kind: entry.kind.as_deref().and_then(FieldKind::parse),
        });
    }
    let tool_calls = stored.tool_calls.into_iter().map(Into::into).collect();
    Ok(Output { content, basis, tool_calls })
}

fn store_evidence(evidence: &Evidence) -> StoredEvidence {
    StoredEvidence {
        text: evidence.text.0,
        page: evidence.page.to_string(),
        start: evidence.span.start,
        end: evidence.span.end,
        quote: evidence.quote.clone(),
        address: evidence.address.clone(),
        title: evidence.title.clone(),
        section: evidence.section.clone(),
        published: evidence.published.clone(),
    }
}

fn load_evidence(stored: StoredEvidence) -> Result<Evidence, Failed> {
    Ok(Evidence {
        text: TextRef(stored.text),
        page: stored.page.parse().map_err(|why| unreadable("page id", why))?,
        span: stored.start..stored.end,
        quote: stored.quote,
        address: stored.address,
        title: stored.title,
        section: stored.section,
        published: stored.published,
    })
}

// --- receipt ---

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct StoredReceipt {
    v: u32,
    engine: String,
    stopped: Option<String>,
    rounds: u32,
    searches: u32,
    sources_considered: u32,
    pages_read: u32,
    unreadable: Vec<(String, String)>,
    quotes_verified: u32,
    quotes_dropped: u32,
    sentences: u32,
    sentences_cited: u32,
    sentences_dropped: u32,
    contradictions: u32,
    fields_found: u32,
    fields_missing: u32,
    contacts: Vec<StoredContact>,
    queries: Vec<StoredQuery>,
    advice: Option<String>,
    notes: Vec<String>,
    models: Option<StoredSpending>,
    elapsed_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredContact {
    host: String,
    purpose: String,
    requests: u32,
    out: u64,
    #[serde(rename = "in")]
    received: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredQuery {
    provider: String,
    text: String,
    hits: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct StoredSpending {
    models: Vec<String>,
    calls: u32,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
    cost_micro_usd: Option<u64>,
    shared: u32,
    lost: u32,
    claims_dropped: u32,
    passages_withheld: u32,
}

pub(crate) fn receipt_to_text(receipt: &Receipt) -> String {
    let unreadable = receipt
        .unreadable
        .iter()
        .map(|unreadable| (unreadable.address.clone(), unreadable.reason.clone()))
        .collect();
    json!(StoredReceipt {
        v: 1,
        engine: receipt.engine.clone(),
        stopped: receipt.stopped.map(|reason| reason.as_str().into()),
        rounds: receipt.rounds,
        searches: receipt.searches,
        sources_considered: receipt.sources_considered,
        pages_read: receipt.pages_read,
        unreadable,
        quotes_verified: receipt.quotes_verified,
        quotes_dropped: receipt.quotes_dropped,
        sentences: receipt.sentences,
        sentences_cited: receipt.sentences_cited,
        sentences_dropped: receipt.sentences_dropped,
        contradictions: receipt.contradictions,
        fields_found: receipt.fields_found,
        fields_missing: receipt.fields_missing,
        contacts: receipt.contacts.iter().map(stored_contact).collect(),
        queries: receipt.queries.iter().map(stored_query).collect(),
        advice: receipt.advice.clone(),
        notes: receipt.notes.clone(),
        models: receipt.models.as_ref().map(|spending| StoredSpending {
            models: spending.models.clone(),
            calls: spending.calls,
            input_tokens: spending.input_tokens,
            cached_tokens: spending.cached_tokens,
            output_tokens: spending.output_tokens,
            cost_micro_usd: spending.cost_micro_usd,
            shared: spending.shared,
            lost: spending.lost,
            claims_dropped: spending.claims_dropped,
            passages_withheld: spending.passages_withheld,
        }),
        elapsed_ms: receipt.elapsed_ms,
    })
    .to_string()
}

pub(crate) fn receipt_from_text(text: &str) -> Result<Receipt, Failed> {
    let stored: StoredReceipt = parse("receipt", text)?;
    let unreadable = stored
        .unreadable
        .into_iter()
        .map(|(address, reason)| Unreadable { address, reason })
        .collect();
    Ok(Receipt {
        engine: stored.engine,
        stopped: stored.stopped.as_deref().and_then(StopReason::parse),
        rounds: stored.rounds,
        searches: stored.searches,
        sources_considered: stored.sources_considered,
        pages_read: stored.pages_read,
        unreadable,
        quotes_verified: stored.quotes_verified,
        quotes_dropped: stored.quotes_dropped,
        sentences: stored.sentences,
        sentences_cited: stored.sentences_cited,
        sentences_dropped: stored.sentences_dropped,
        contradictions: stored.contradictions,
        fields_found: stored.fields_found,
        fields_missing: stored.fields_missing,
        contacts: stored.contacts.into_iter().map(contact).collect(),
        queries: stored.queries.into_iter().map(query).collect(),
        advice: stored.advice,
        notes: stored.notes,
        models: stored.models.map(|spending| Spending {
            models: spending.models,
            calls: spending.calls,
            input_tokens: spending.input_tokens,
            cached_tokens: spending.cached_tokens,
            output_tokens: spending.output_tokens,
            cost_micro_usd: spending.cost_micro_usd,
            shared: spending.shared,
            lost: spending.lost,
            claims_dropped: spending.claims_dropped,
            passages_withheld: spending.passages_withheld,
        }),
        elapsed_ms: stored.elapsed_ms,
    })
}

fn stored_contact(contact: &Contact) -> StoredContact {
    let Contact { host, purpose, requests, bytes_out, bytes_in } = contact.clone();
    StoredContact { host, purpose, requests, out: bytes_out, received: bytes_in }
}

fn contact(stored: StoredContact) -> Contact {
    let StoredContact { host, purpose, requests, out, received } = stored;
    Contact { host, purpose, requests, bytes_out: out, bytes_in: received }
}

fn stored_query(query: &Query) -> StoredQuery {
    let Query { provider, text, hits, failed, withheld } = query.clone();
    StoredQuery { provider, text, hits, failed, withheld }
}

fn query(stored: StoredQuery) -> Query {
    let StoredQuery { provider, text, hits, failed, withheld } = stored;
    Query { provider, text, hits, failed, withheld }
}

// --- events and warnings ---

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredEvent {
    State { state: String },
    Message { stage: String, message: String },
    Progress { considered: u32, read: u32, sample: Vec<String>, percent: u8 },
}

/// The event's kind, as its column has it, and its body.
pub(crate) fn event_to_text(kind: &EventKind) -> (&'static str, String) {
    let (name, stored) = match kind {
        EventKind::State(state) => ("state", StoredEvent::State { state: state.as_str().into() }),
        EventKind::Message { stage, message } => (
            "message",
            StoredEvent::Message { stage: stage.as_str().into(), message: message.clone() },
        ),
        EventKind::Progress(progress) => (
            "progress",
            StoredEvent::Progress {
                considered: progress.sources_considered,
                read: progress.sources_read,
                sample: progress.sample.clone(),
                percent: progress.percent,
            },
        ),
    };
    (name, json!(stored).to_string())
}

pub(crate) fn event_from_text(body: &str) -> Result<EventKind, Failed> {
    Ok(match parse("event", body)? {
        StoredEvent::State { state } => EventKind::State(
            RunState::parse(&state).ok_or_else(|| unreadable("event", format!("state {state}")))?,
        ),
        StoredEvent::Message { stage, message } => EventKind::Message {
            stage: Stage::parse(&stage)
                .ok_or_else(|| unreadable("event", format!("stage {stage}")))?,
            message,
        },
        StoredEvent::Progress { considered, read, sample, percent } => {
            EventKind::Progress(Progress {
                sources_considered: considered,
                sources_read: read,
                sample,
                percent,
            })
        }
    })
}

pub(crate) fn warnings_to_text(warnings: &[Warning]) -> Option<String> {
    let stored: Vec<_> =
        warnings.iter().map(|warning| (warning.kind.as_str(), &warning.message)).collect();
    (!stored.is_empty()).then(|| json!(stored).to_string())
}

pub(crate) fn warnings_from_text(text: Option<&str>) -> Result<Vec<Warning>, Failed> {
    let stored: Vec<(String, String)> = match text {
        None => Vec::new(),
        Some(text) => parse("warnings", text)?,
    };
    Ok(stored
        .into_iter()
        .map(|(kind, message)| Warning { kind: WarningKind::parse(&kind), message })
        .collect())
}

// --- text ---

#[derive(Serialize, Deserialize)]
struct StoredText {
    v: u32,
    title: String,
    published: Option<String>,
    language: Option<String>,
    body: String,
    blocks: Vec<StoredBlock>,
    links: Vec<(String, String)>,
}

/// Kind, start, end, headings above, and what the kind needs besides.
#[derive(Serialize, Deserialize)]
struct StoredBlock(String, usize, usize, Vec<usize>, Vec<usize>);

const NONE: usize = usize::MAX;

pub(crate) fn text_to_json(text: &Text) -> String {
    let blocks = text.blocks.iter().map(store_block).collect();
    let links = text.links.iter().map(|link| (link.address.clone(), link.label.clone())).collect();
    json!(StoredText {
        v: 1,
        title: text.title.clone(),
        published: text.published.clone(),
        language: text.language.clone(),
        body: text.body.clone(),
        blocks,
        links,
    })
    .to_string()
}

fn store_block(block: &Block) -> StoredBlock {
    let (kind, more): (&str, Vec<usize>) = match &block.kind {
        BlockKind::Heading { level } => ("h", vec![usize::from(*level)]),
        BlockKind::Paragraph => ("p", vec![]),
        BlockKind::ListItem { depth } => ("li", vec![usize::from(*depth)]),
        BlockKind::Quote => ("q", vec![]),
        BlockKind::Code => ("code", vec![]),
        BlockKind::Row { cells, header, is_header } => {
            let mut more = vec![header.unwrap_or(NONE), usize::from(*is_header)];
            more.extend(cells.iter().flat_map(|cell| [cell.start, cell.end]));
            ("row", more)
        }
        BlockKind::Definition { term, meaning } => {
            ("def", vec![term.start, term.end, meaning.start, meaning.end])
        }
        BlockKind::Pair { key, value, is_data } => {
            ("pair", vec![key.start, key.end, value.start, value.end, usize::from(*is_data)])
        }
    };
    StoredBlock(kind.into(), block.span.start, block.span.end, block.under.clone(), more)
}

pub(crate) fn text_from_json(json: &str) -> Result<Text, Failed> {
    let stored: StoredText = parse("text", json)?;
    let blocks = stored
        .blocks
        .into_iter()
        .map(|block| load_block(block).ok_or_else(|| unreadable("text", "a block is malformed")))
        .collect::<Result<_, _>>()?;
    let links = stored.links.into_iter().map(|(address, label)| Link { address, label }).collect();
    let text = Text {
        title: stored.title,
        published: stored.published,
        language: stored.language,
        body: stored.body,
        blocks,
        links,
    };
    if text.is_sound() { Ok(text) } else { Err(unreadable("text", "a span lies outside of it")) }
}

fn load_block(stored: StoredBlock) -> Option<Block> {
    let StoredBlock(kind, start, end, under, more) = stored;
    let level = |at: usize| more.get(at).and_then(|n| u8::try_from(*n).ok());
    let span = |at: usize| Some(*more.get(at)?..*more.get(at + 1)?);
    let kind = match kind.as_str() {
        "h" => BlockKind::Heading { level: level(0)? },
        "p" => BlockKind::Paragraph,
        "li" => BlockKind::ListItem { depth: level(0)? },
        "q" => BlockKind::Quote,
        "code" => BlockKind::Code,
        "row" => BlockKind::Row {
            header: more.first().copied().filter(|index| *index != NONE),
            is_header: *more.get(1)? == 1,
            cells: more.get(2..)?.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect(),
        },
        "def" => BlockKind::Definition { term: span(0)?, meaning: span(2)? },
        "pair" => BlockKind::Pair { key: span(0)?, value: span(2)?, is_data: *more.get(4)? == 1 },
        _ => return None,
    };
    Some(Block { kind, span: start..end, under })
}
