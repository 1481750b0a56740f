//! What a run was asked to do.

use std::time::Duration;

use domain::country::Country;
use domain::model::Cast;
use domain::outgoing::{Documents, Mode, Outgoing};
use domain::processor::{Caps, Engine, Judging, Processor};
use domain::schema::Schema;
use domain::source::SourceName;
use domain::spec::{Escalation, SourcePolicy, Spec, Wanted};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::tools::StoredToolServer;
use super::{parse, unreadable};
use crate::Failed;

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
    /// A mode of egress, where it is not the widest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    egress: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    documents_stay: bool,
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
        egress: Some(spec.outgoing.mode)
            .filter(|mode| *mode != Mode::default())
            .map(|mode| mode.as_str().to_owned()),
        documents_stay: spec.outgoing.documents == Documents::Stay,
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
    let outgoing = Outgoing {
        // A word that this version does not know may mean anything: nothing goes out.
        mode: stored
            .egress
            .map_or(Mode::default(), |word| Mode::parse(&word).unwrap_or(Mode::Offline)),
        documents: if stored.documents_stay { Documents::Stay } else { Documents::MayGo },
    };
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
        outgoing,
        tools: stored.tools.into_iter().map(Into::into).collect(),
        echo: stored.echo,
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
