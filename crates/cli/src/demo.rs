//! `demo`: a library and a sheet that are compiled in, researched and enriched before your eyes.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use domain::ids::WorkId;
use domain::output::{Confidence, Content, Output};
use domain::processor::{DEFAULT_FOR_RESEARCH, DEFAULT_FOR_ROWS};
use domain::receipt::Receipt;
use domain::schema::Schema;
use domain::source::{Place, Source, SourceName};
use store::{Filter, Listed, Owner};

use crate::enrich::{self, Job};
use crate::ground::{Ground, shell_word};
use crate::settings::Settings;
use crate::sheet::{self, Sheet};
use crate::{follow, progress, research, show, tables};

/// Relative path and text of each document.
const LIBRARY: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/library.rs"));
const QUESTION: &str = include_str!("../demo/question.txt");
const SHEET: &str = include_str!("../demo/sheet.csv");
const FIELDS: &str = include_str!("../demo/fields.txt");

pub(crate) async fn run(mut settings: Settings) -> Result<()> {
    let began = Instant::now();
    let chose_place =
        ["store.data", "store.database"].iter().any(|key| settings.origins.contains_key(*key));
    if !chose_place {
        // Kept apart from the user's own runs.
        settings.store.data = settings.store.data.join("demo");
    }
    let data = settings.store.data.clone();
    let folder = unpack(&data)?;
    let ground = Ground::to_work(settings).await?;
    let source = ground
        .store
        .put_source(
            Owner::LOCAL,
            SourceName::nearest("demo"),
            Place::Folder(folder.display().to_string()),
            Some(ground.host.clone()),
        )
        .await?;
    eprintln!("{} documents were unpacked to {}", LIBRARY.len(), folder.display());

    let question = QUESTION.trim();
    heading("1. A question, researched")?;
    show::say(&format!("{question}\n\n"))?;
    let report = research(&ground, question, &source).await?;

    heading("2. A sheet, enriched")?;
    let sheet = sheet::parse(SHEET.as_bytes(), "sheet.csv")?;
    let raw = domain::fields::schema_from_words(FIELDS.trim())?;
    let (schema, _) = Schema::parse(raw)?;
    let rows = enrich(&ground, &sheet, &schema, &source).await?;
    show::say(&table(&sheet, &schema, &rows, tables::terminal_width()))?;
    show::say(
        "\n● high  ◐ medium  ○ low confidence   ≠ sources disagree   – not found in any document\n",
    )?;

    heading("3. What was done")?;
    show::say(&summary(&report, &rows, &schema, began))?;
    heading("4. What to try next")?;
    show::say(&next(&ground, chose_place))
}

async fn research(ground: &Ground, question: &str, source: &Source) -> Result<Receipt> {
    let names = vec![source.name.clone()];
    let work = research::submit(ground, question, DEFAULT_FOR_RESEARCH, names).await?;
    let WorkId::Run(id) = work else { anyhow::bail!("the demo's question became a group") };
    let row = follow::run(ground, id, "task-mcp demo").await?;
    let (output, receipt) = show::answer(ground, &row).await?;
    let text = show::text(&output, std::slice::from_ref(source));
    show::say(&if std::io::stdout().is_terminal() { for_terminal(&text) } else { text })?;
    Ok(receipt)
}

async fn enrich(
    ground: &Ground,
    sheet: &Sheet,
    schema: &Schema,
    source: &Source,
) -> Result<Vec<Listed>> {
    let job = Job {
        sheet,
        bytes: SHEET.as_bytes(),
        schema: schema.raw(),
        processor: DEFAULT_FOR_ROWS,
        sources: std::slice::from_ref(source),
        output: None,
        file: Path::new("demo-sheet.csv"),
        starts_over: true,
    };
    let (id, _) = enrich::submit(ground, &job).await?;
    follow::group(ground, id, "task-mcp demo").await?;
    let filter = Filter { with_output: true, ..Filter::default() };
    Ok(ground.store.list_rows(Owner::LOCAL, id, 0, 1000, filter).await?.runs)
}

/// Writes the library where it is not there yet. Unchanged files keep their times, and so their place in the index.
fn unpack(data: &Path) -> Result<PathBuf> {
    let folder = data.join("demo-library");
    for (name, text) in LIBRARY {
        let path = folder.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|known| known == *text) {
            continue;
        }
        let written = std::fs::create_dir_all(path.parent().unwrap_or(&folder))
            .and_then(|()| std::fs::write(&path, text));
        written.with_context(|| {
            format!("the demo's documents cannot be written to {}; choose another place with --data DIR", folder.display())
        })?;
    }
    folder.canonicalize().with_context(|| format!("the folder {} is gone", folder.display()))
}

fn heading(text: &str) -> Result<()> {
    let line = "═".repeat(text.chars().count());
    show::say(&format!("\n{text}\n{line}\n\n"))
}

/// Markdown as it reads best at a terminal: headings bold, no escapes.
fn for_terminal(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    for line in markdown.lines() {
        let mut plain = String::with_capacity(line.len());
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\\' && chars.peek().is_some_and(char::is_ascii_punctuation) {
                plain.extend(chars.next());
            } else {
                plain.push(c);
            }
        }
        let title = line.trim_start_matches('#');
        if title.len() < line.len() && title.starts_with(' ') {
            let title = plain.trim_start_matches('#').trim_start();
            let _ = writeln!(text, "\x1b[1m{title}\x1b[0m");
        } else {
            text.push_str(&plain.replace("**", ""));
            text.push('\n');
        }
    }
    text
}

fn table(sheet: &Sheet, schema: &Schema, rows: &[Listed], width: usize) -> String {
    let mut header = vec![sheet.header[0].clone()];
    header.extend(schema.fields.iter().map(|field| field.name.clone()));
    let lines: Vec<Vec<String>> = sheet
        .rows
        .iter()
        .zip(rows)
        .map(|(given, listed)| {
            let mut line = vec![given[0].clone()];
            if let Some(output) = &listed.output {
                line.extend(schema.fields.iter().map(|field| marked(output, &field.name)));
            } else {
                let failure = listed.run.failure.as_ref().map(|failure| failure.message.clone());
                line.push(failure.unwrap_or_else(|| listed.run.state.to_string()));
            }
            line
        })
        .collect();
    tables::aligned(&header, &lines, width)
}

/// A value with how far it may be relied on.
fn marked(output: &Output, field: &str) -> String {
    let Content::Fields { values, .. } = &output.content else { return String::new() };
    let basis = output.basis.iter().find(|basis| basis.field == field);
    let value = values.get(field).filter(|value| !value.is_null());
    let Some(value) = value else {
        return match basis.and_then(|basis| basis.missing) {
            None | Some(domain::output::Missing::NotFound) => "–".into(),
            Some(other) => format!("– {}", other.as_str()),
        };
    };
    let mark = match basis.and_then(|basis| basis.confidence) {
        Some(Confidence::High) => "● ",
        Some(Confidence::Medium) => "◐ ",
        Some(Confidence::Low) => "○ ",
        None => "",
    };
    let disagree = if basis.is_some_and(|basis| !basis.conflicts.is_empty()) { "≠ " } else { "" };
    format!("{mark}{disagree}{}", sheet::cell(value))
}

fn summary(report: &Receipt, rows: &[Listed], schema: &Schema, began: Instant) -> String {
    let outputs: Vec<&Output> = rows.iter().filter_map(|listed| listed.output.as_ref()).collect();
    let cells = rows.len() * schema.fields.len();
    let found: usize = outputs
        .iter()
        .map(|output| match &output.content {
            Content::Fields { values, .. } => {
                values.values().filter(|value| !value.is_null()).count()
            }
            Content::Text(_) => 0,
        })
        .sum();
    let quotes: usize = outputs.iter().map(|output| output.evidence().count()).sum();
    let disagreements: usize = outputs
        .iter()
        .flat_map(|output| &output.basis)
        .filter(|basis| !basis.conflicts.is_empty())
        .count();
    format!(
        "report: {}\n\
         sheet:  {} rows, {found} of {cells} cells found, {} empty, {disagreements} with sources that disagree, {quotes} quotes\n\
         Every quote was found again, byte for byte, in the text it was taken from. In all it took {}.\n",
        show::counts(report),
        rows.len(),
        cells - found,
        progress::brief(began.elapsed()),
    )
}

fn next(ground: &Ground, chose_place: bool) -> String {
    let place = match &ground.settings.store.database {
        Some(_) => ground.same_place(),
        None => {
            format!(" --data {}", shell_word(&ground.settings.store.data.display().to_string()))
        }
    };
    let place = if chose_place && place.is_empty() { String::new() } else { place };
    format!(
        "these runs in a browser       task-mcp serve{place}\n\
         your own documents            task-mcp research \"QUESTION\" --source ./documents\n\
         your own sheet                task-mcp enrich sheet.csv --fields \"founded: year it was founded\" --source ./documents -o out.csv\n\
         is everything in order?       task-mcp doctor\n"
    )
}
