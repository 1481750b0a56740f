//! Three tools for small models: start, check, read. What they leave out is what is usual.

use std::time::Duration;

use rmcp::model::CallToolResult;
use serde_json::{Map, Value};

use crate::mcp::arguments::{
    Arguments, CURSOR, ESTIMATE, ID, Named, OUTPUT, PROCESSOR, QUESTION, ROWS, WAIT, named,
};
use crate::mcp::call::{Call, Refusal, data, markdown};
use crate::mcp::create::{self, Made};
use crate::mcp::listing::{self, Only, Place};
use crate::mcp::status::Since;
use crate::mcp::{results, status};

/// `startTask`: rows make a table, and a question alone a report.
pub(super) async fn start(call: &Call, mut args: Arguments) -> Result<Made, Refusal> {
    let rows = args.take(&ROWS_HERE);
    let question = args.take(&QUESTION_HERE);
    let columns = args.take(&COLUMNS_HERE);
    let is_table = rows.is_some() || columns.is_some();
    if is_table && columns.is_some() && question.is_some() {
        args.note("there are rows and columns, so `question` was not used: say it in `columns`");
    }
    let mut given = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            given.insert(name.to_owned(), value);
        }
    };
    put("request_key", args.take(&named("request_key")));
    put(PROCESSOR.name, args.take(&PROCESSOR));
    put(ESTIMATE.name, args.take(&ESTIMATE));
    if is_table {
        put(ROWS.name, rows);
        put(OUTPUT.name, columns.or(question));
    } else {
        put(QUESTION.name, question);
    }
    let mut inner = Arguments::new(Some(given));
    inner.notes = args.finish()?;
    let started = if is_table {
        create::task_group(call, inner).await
    } else {
        create::deep_research(call, inner).await
    };
    match started {
        Ok(mut made) => {
            let notes = made.notes();
            *notes = in_own_words(std::mem::take(notes));
            Ok(made)
        }
        Err(refusal) => Err(Refusal { problems: in_own_words(refusal.problems) }),
    }
}

/// Sentences with the names that arguments have here.
fn in_own_words(sentences: Vec<String>) -> Vec<String> {
    let own = |sentence: String| {
        // These speak of the names that were given.
        if sentence.contains("` was taken as `") {
            return sentence;
        }
        let sentence = match sentence.strip_prefix("inputs: ") {
            Some(rest) => format!("rows: {rest}"),
            None => sentence,
        };
        sentence
            .replace("`inputs", "`rows")
            .replace("`input`", "`question`")
            .replace("`output`", "`columns`")
    };
    sentences.into_iter().map(own).collect()
}

const ROWS_HERE: Named = Named {
    name: "rows",
    aliases: &["inputs", "data", "items", "table", "csv", "records", "entities"],
};
const QUESTION_HERE: Named = Named {
    name: "question",
    aliases: &["input", "query", "prompt", "objective", "topic", "task", "text", "q"],
};
const COLUMNS_HERE: Named = Named {
    name: "columns",
    aliases: &[
        "output",
        "fields",
        "outputschema",
        "outputs",
        "schema",
        "find",
        "jsonschema",
        "enrich",
    ],
};

/// How long `checkTask` waits where nothing is said: small models do not say it.
const CHECK_WAIT_S: u64 = 40;

pub(super) async fn check(call: &Call, mut args: Arguments) -> Result<CallToolResult, Refusal> {
    let wait = args.number(&WAIT, 0, status::MAX_WAIT_S).unwrap_or(CHECK_WAIT_S);
    let since = args.number(&named("since"), 0, i64::MAX as u64);
    let id = id_or_newest(call, &mut args).await?;
    let notes = args.finish()?;
    let since = since.map_or(Since::Untold, |since| Since::Event(since.cast_signed()));
    data(&status::of(call, &id, Duration::from_secs(wait), since, notes).await?)
}

pub(super) async fn read(call: &Call, mut args: Arguments) -> Result<CallToolResult, Refusal> {
    let id = id_or_newest(call, &mut args).await?;
    let cursor = args.take(&CURSOR);
    let mut notes = args.finish()?;
    let mut given = Map::from_iter([(ID.name.to_owned(), Value::from(id))]);
    given.extend(cursor.map(|cursor| (CURSOR.name.to_owned(), cursor)));
    let mut inner = Arguments::new(Some(given));
    inner.notes.append(&mut notes);
    results::get(call, inner).await.map(markdown)
}

/// Small models lose ids: without one the newest work is meant.
async fn id_or_newest(call: &Call, args: &mut Arguments) -> Result<String, Refusal> {
    if let Some(id) = args.text(&ID_OF_SIMPLE, "trun_0123456789abcdef0123456789abcdef") {
        return Ok(id);
    }
    let (newest, _) = listing::part(call, Place::START, Only::default(), 1).await?;
    match newest.into_iter().next() {
        Some(entry) => {
            args.note(format!("no id was given; this is the newest task, `{}`", entry.id));
            Ok(entry.id)
        }
        None => Err(Refusal::one("nothing was started yet: call startTask first")),
    }
}

const ID_OF_SIMPLE: Named = Named { name: "id", aliases: ID_ALIASES };
const ID_ALIASES: &[&str] = &[
    "taskrunorgroupid",
    "runid",
    "groupid",
    "taskid",
    "taskrunid",
    "taskgroupid",
    "handle",
    "jobid",
];
