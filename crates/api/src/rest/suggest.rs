//! The two helpers beside the Task API: a schema for what somebody wants, and a processor for a schema.
//!
//! By rules; they see words and counts, not meaning, and say so in their warnings.

use axum::Json;
use axum::extract::{Request, State};
use domain::schema::Schema;
use domain::spec::Wanted;
use domain::{fields, intent};
use serde_json::{Map, Value, json};

use crate::problem::Problem;
use crate::rest::{body, shown};
use crate::submit::recommended;
use crate::wire::documented::{Invalid, NeedsKey, Refusals, TaskToServe, TooLarge, Wish};
use crate::wire::{SuggestedProcessors, SuggestedTask, SuggestionWarning};
use crate::{App, json};

/// Longest description of what is wanted, in characters.
const MAX_INTENT: usize = 15_000;
/// Longest title.
const MAX_TITLE: usize = 60;
/// Fields that a text or a shape of our own counts for: a report takes as much as a wide row.
const FIELDS_OF_A_REPORT: u32 = 20;

/// A task for what somebody wants, by rules.
#[utoipa::path(
    post,
    path = "/suggest",
    operation_id = "suggest_task",
    tag = "helpers",
    request_body = Wish,
    responses(
        (status = 200, description = "Schemas, and what they leave out.", body = SuggestedTask),
        Invalid,
        TooLarge,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn task(
    State(app): State<App>,
    request: Request,
) -> Result<Json<SuggestedTask>, Problem> {
    let members = json::object(&body(&app, request).await?)?;
    let text = members.get("user_intent").and_then(Value::as_str).unwrap_or_default().trim();
    if text.chars().count() > MAX_INTENT {
        return Err(Problem::invalid(format!(
            "`user_intent` is longer than {MAX_INTENT} characters"
        )));
    }
    let unclear = || {
        Problem::invalid(
            "`user_intent` must say what to find, such as `the CEO and the founding year of each company`",
        )
    };
    let intent = intent::read(text).ok_or_else(unclear)?;
    let mut output = fields::schema_from_words(&intent.fields)
        .map_err(|why| Problem::invalid(format!("`user_intent`: {why}")))?;
    let previous = members.get("previous_task").filter(|task| !task.is_null());
    if previous.is_some_and(|task| !task.is_object()) {
        return Err(Problem::invalid(
            "`previous_task` must be an object, such as an earlier answer",
        ));
    }
    if let Some(earlier) = previous.and_then(|task| task.get("output_schema")) {
        keep_earlier_fields(&mut output, earlier);
    }
    let row = intent.row.unwrap_or_else(|| "item".into());
    let input = previous.and_then(|task| task.get("input_schema")).cloned();
    let mut warnings = Vec::new();
    if intent.is_whole {
        warnings.push(SuggestionWarning {
            kind: "schema_generalization",
            message: "the sentence could not be taken apart by rules and stands as one field; write fields as \
                      `name: what to find; name: …`"
                .into(),
        });
    }
    Ok(Json(SuggestedTask {
        title: title(text),
        input_schema: input.unwrap_or_else(|| json_schema(&input_schema(&row))),
        output_schema: json_schema(&output),
        inputs: Vec::new(),
        warnings,
    }))
}

/// The first line, up to its last whole word that fits.
fn title(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut cut: String = line.chars().take(MAX_TITLE).collect();
    if cut.len() < line.len() {
        cut.truncate(cut.trim_end().rfind(char::is_whitespace).unwrap_or(cut.len()));
        cut.push('…');
    }
    cut
}

/// Fields of the task that is being refined stay, before the new ones.
fn keep_earlier_fields(output: &mut Value, earlier: &Value) {
    let earlier = earlier.get("json_schema").unwrap_or(earlier).get("properties");
    let (Some(Value::Object(earlier)), Some(fields)) =
        (earlier, output.get_mut("properties").and_then(Value::as_object_mut))
    else {
        return;
    };
    let mut all: Map<String, Value> = earlier.clone();
    all.extend(std::mem::take(fields));
    let names: Vec<String> = all.keys().cloned().collect();
    *fields = all;
    output["required"] = json!(names);
}

fn input_schema(row: &str) -> Value {
    let properties = Map::from_iter([(
        row.to_owned(),
        json!({"type": "string", "description": format!("the {row} that the row is about")}),
    )]);
    json!({"type": "object", "properties": properties, "required": [row]})
}

fn json_schema(schema: &Value) -> Value {
    json!({"type": "json", "json_schema": schema})
}

/// Processors that suit a task, best first, by the number of its fields.
#[utoipa::path(
    post,
    path = "/suggest-processor",
    operation_id = "suggest_processor",
    tag = "helpers",
    request_body = TaskToServe,
    responses(
        (status = 200, description = "Names of processors; never one of the smallest.", body = SuggestedProcessors),
        Invalid,
        TooLarge,
        NeedsKey,
        Refusals,
    ),
)]
pub(super) async fn processor(
    State(app): State<App>,
    request: Request,
) -> Result<Json<SuggestedProcessors>, Problem> {
    let members = json::object(&body(&app, request).await?)?;
    let spec = members.get("task_spec").and_then(Value::as_object).ok_or_else(|| {
        Problem::invalid(
            "`task_spec` is missing, or no object: it is the task that is to be served",
        )
    })?;
    let (wanted, _) = Wanted::parse(spec.get("output_schema"))?;
    let choose_from = chosen(&app, &members)?;
    let fields = match &wanted {
        Wanted::Fields(Schema { fields, .. }) => u32::try_from(fields.len()).unwrap_or(u32::MAX),
        Wanted::Text { .. } | Wanted::Auto => FIELDS_OF_A_REPORT,
    };
    let recommended = recommended(&app.catalog.processors, &choose_from, fields);
    Ok(Json(SuggestedProcessors { recommended_processors: recommended }))
}

fn chosen(app: &App, members: &Map<String, Value>) -> Result<Vec<String>, Problem> {
    let wrong = || {
        Problem::invalid(
            "`choose_processors_from` must be a list of names of processors, such as [\"base\", \"core\"]",
        )
    };
    let names: Vec<String> = match members.get("choose_processors_from") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(names)) => {
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect::<Option<_>>().ok_or_else(wrong)?
        }
        Some(_) => return Err(wrong()),
    };
    let is_known = |name: &&String| app.catalog.processors.iter().any(|known| known.name == **name);
    match names.iter().find(|name| !is_known(name)) {
        Some(unknown) => Err(Problem::invalid(format!(
            "`choose_processors_from` names `{}`, which is not known here",
            shown(unknown)
        ))),
        None => Ok(names),
    }
}
