//! `enrich INPUT.csv`: a sheet in, the same sheet with further columns out; repeated, it goes on where it was.

mod job;
mod write;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use domain::group::Group;
use domain::ids::{GroupId, WorkId};
use domain::processor::DEFAULT_FOR_ROWS;
use domain::schema::Schema;
use domain::spec::{Input, Wanted};
use serde_json::{Map, Value, json};
use store::Owner;

use crate::ground::{Ground, check_processor, shell_word};
use crate::problem::{refuse, usage};
use crate::settings::Settings;
use crate::sheet::{self, Sheet};
use crate::{follow, source_args};

pub(crate) use job::{Job, submit};
pub(crate) use write::table;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A CSV file with a header; each further line is a row to enrich
    input: PathBuf,
    /// The columns to add: "founded: year it was founded; ceo: its chief executive"
    #[arg(long, conflicts_with = "schema", required_unless_present = "schema")]
    fields: Option<String>,
    /// The columns to add, as a JSON Schema in a file
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// A folder, a file or an address to read; may be repeated. Without it all registered sources are read
    #[arg(long, value_name = "[NAME=]DIR|FILE|URL")]
    source: Vec<String>,
    /// How much each row may spend: `task-mcp processors` lists them
    #[arg(long, default_value = DEFAULT_FOR_ROWS)]
    processor: String,
    /// Where the new sheet goes; without it, to stdout
    #[arg(short, long, value_name = "OUT.csv")]
    output: Option<PathBuf>,
    /// Say what it will probably take and cost, and do nothing
    #[arg(long)]
    estimate: bool,
    /// Start over, although the same sheet was enriched before
    #[arg(long)]
    new: bool,
    /// Write the result objects of the REST API instead, one line of JSON for each row
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: Settings, args: Args) -> Result<()> {
    let (bytes, sheet) = sheet::open(&args.input)?;
    let schema = read_schema(&args)?;
    check_processor(&settings, &args.processor)?;
    let output = args.output.as_deref().map(|path| check_output(path, &args.input)).transpose()?;
    let given = source_args::parse_all(&args.source, &settings)?;
    let ground = Ground::to_work(settings).await?;
    if args.estimate {
        let rows = u64::try_from(sheet.rows.len()).unwrap_or(u64::MAX);
        let words = ground.estimate(&args.processor, rows, args.json).await?;
        return crate::show::say(&format!("{words}\n"));
    }
    let sources = source_args::register(&ground.store, Owner::LOCAL, &ground.host, &given).await?;
    let sources = if given.is_empty() { ground.registered().await? } else { sources };
    let job = Job {
        sheet: &sheet,
        bytes: &bytes,
        schema: schema.raw(),
        processor: &args.processor,
        sources: &sources,
        output: output.as_deref(),
        file: &args.input,
        starts_over: args.new,
    };
    let (id, is_known) = submit(&ground, &job).await?;
    if is_known {
        eprintln!("this sheet was given before ({id}); going on with it (--new starts over)");
    }
    let group = follow::group(&ground, id, &again()).await?;
    deliver(&ground, &group, &sheet, &schema, output.as_deref(), args.json).await
}

/// Writes the result of a group where it was asked for, and says how it went.
pub(crate) async fn deliver(
    ground: &Ground,
    group: &Group,
    sheet: &Sheet,
    schema: &Schema,
    output: Option<&Path>,
    is_json: bool,
) -> Result<()> {
    let sources = ground.registered().await?;
    let mut table = table(sheet, schema, &sources);
    let mut lines = String::new();
    let mut from = Some(0);
    while let Some(at) = from {
        let page = job::rows(ground, group.id, at).await?;
        for listed in &page.runs {
            if is_json {
                lines.push_str(&write::json_line(ground, listed, &sources).await?);
            }
            table.add(listed);
        }
        from = page.next;
    }
    let bytes = if is_json { lines.into_bytes() } else { table.to_csv()? };
    match output {
        Some(path) => write::replace(path, &bytes)?,
        None => crate::show::say(&String::from_utf8(bytes)?)?,
    }
    let counts = &group.counts;
    let place = output.map_or_else(|| "stdout".into(), |path| path.display().to_string());
    eprintln!(
        "{} rows to {place}: {} completed, {} failed, {} cancelled; {} cells found, {} empty",
        counts.total(),
        counts.completed,
        counts.failed,
        counts.cancelled,
        table.found,
        table.empty
    );
    if counts.failed > 0 {
        eprintln!("the column __error says why rows failed; --new tries all rows again");
    }
    Ok(())
}

/// The sheet and schema of a group, put together again from what is stored.
pub(crate) async fn stored(ground: &Ground, id: GroupId) -> Result<Option<(Sheet, Schema)>> {
    let mut sheet = Sheet { header: Vec::new(), rows: Vec::new(), delimiter: b',' };
    let mut schema = None;
    let mut from = Some(0);
    while let Some(at) = from {
        let page = job::rows(ground, id, at).await?;
        if schema.is_none()
            && let Some(first) = page.runs.first()
            && let Some(row) = ground.store.find_run(Owner::LOCAL, first.run.id).await?
            && let (_, spec) = ground.store.input_of(&row).await?
            && let Wanted::Fields(wanted) = &spec.wanted
        {
            schema = Some(wanted.clone());
        }
        for listed in page.runs {
            let row = match listed.input {
                Some(Input::Row(row)) => row,
                Some(Input::Text(text)) => Map::from_iter([("input".to_owned(), text.into())]),
                None => Map::new(),
            };
            for name in row.keys() {
                if !sheet.header.contains(name) {
                    sheet.header.push(name.clone());
                }
            }
            let cell = |name: &String| row.get(name).map(sheet::cell).unwrap_or_default();
            sheet.rows.push(sheet.header.iter().map(cell).collect());
        }
        from = page.next;
    }
    let width = sheet.header.len();
    sheet.rows.iter_mut().for_each(|row| row.resize(width, String::new()));
    Ok(schema.map(|schema| (sheet, schema)))
}

fn read_schema(args: &Args) -> Result<Schema> {
    let raw = match (&args.schema, &args.fields) {
        (Some(path), _) => read_schema_file(path)?,
        (None, Some(words)) => domain::fields::schema_from_words(words)
            .map_err(|why| usage(format!("--fields: {why}")))?,
        (None, None) => {
            refuse!("say which columns to add with --fields \"founded: year it was founded\"")
        }
    };
    let shown = args
        .schema
        .as_ref()
        .map_or("--fields".into(), |path| format!("the schema `{}`", path.display()));
    let (schema, warnings) = Schema::parse(raw).map_err(|why| usage(format!("{shown}: {why}")))?;
    for warning in warnings {
        eprintln!("note: {}", warning.message);
    }
    Ok(schema)
}

/// A bare JSON Schema, or one in the envelope of the Task API.
fn read_schema_file(path: &Path) -> Result<Value> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|why| usage(format!("the schema `{shown}` cannot be read: {}", why.kind())))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|why| usage(format!("the schema `{shown}` is not JSON: {why}")))?;
    Ok(value.get("json_schema").cloned().unwrap_or(value))
}

/// The absolute path of the new sheet; refused where it could not be written at the end.
fn check_output(path: &Path, input: &Path) -> Result<PathBuf> {
    let shown = path.display();
    let whole = std::path::absolute(path)?;
    let folder = whole.parent().unwrap_or(Path::new("/"));
    if whole.is_dir() {
        refuse!("the output `{shown}` is a folder; name a file in it");
    }
    if !folder.is_dir() {
        refuse!(
            "the folder of the output `{shown}` does not exist; make it first: mkdir -p {}",
            folder.display()
        );
    }
    if let (Ok(out), Ok(given)) = (whole.canonicalize(), input.canonicalize())
        && out == given
    {
        refuse!("the output `{shown}` is the input itself; name another file");
    }
    let probe = write::temporary(&whole);
    std::fs::File::create(&probe)
        .and_then(|_| std::fs::remove_file(&probe))
        .map_err(|why| usage(format!("the output `{shown}` cannot be written: {}", why.kind())))?;
    Ok(whole)
}

/// This very command, as it can be pasted again.
fn again() -> String {
    let words = std::env::args_os().skip(1).map(|word| shell_word(&word.to_string_lossy()));
    let words: Vec<String> = words.filter(|word| word != "--new").collect();
    format!("task-mcp {}", words.join(" "))
}

/// How the wanted columns are sent.
fn task_spec(schema: &Value) -> Value {
    json!({"output_schema": {"type": "json", "json_schema": schema}})
}

/// The group of an id, which is known to be there.
pub(crate) async fn find(ground: &Ground, id: GroupId) -> Result<Group> {
    let group = ground.store.find_group(Owner::LOCAL, id).await?;
    group.ok_or_else(|| anyhow!("the group {} is gone from the database", WorkId::Group(id)))
}
