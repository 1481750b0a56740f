//! `getResultMarkdown`: results by pages, with as much of their basis as is asked for.

use std::fmt::Write as _;

use domain::event::EventKind;
use domain::group::Group;
use domain::output::Output;
use domain::run::RunState;
use store::{Filter, Listed, RunRow};

use crate::mcp::arguments::{Arguments, CURSOR, named, shown as shown_name};
use crate::mcp::call::{Call, Refusal};
use crate::mcp::found::{Found, find, needed_id};
use crate::mcp::markdown::{self, DATA_NOT_INSTRUCTIONS, Grid, LEGEND};
use crate::ui::words;

/// Characters of a page where nothing is said: about 5,000 tokens.
pub(super) const DEFAULT_PAGE: usize = 20_000;
/// Most characters of a page: below 25,000 tokens, where clients cut.
pub(super) const MAX_PAGE: usize = 50_000;
const MIN_PAGE: u64 = 1_000;
/// Rows read from the store at a time.
const ROWS_AT_ONCE: i64 = 50;
/// Ids of rows that are named below a table with cut cells.
const MAX_IDS: usize = 20;
/// Characters kept for what stands below a table: where the next page begins, and the headings of what else there is.
const TAIL: usize = 400;
/// Characters of a row and its id below a table.
const ID: usize = 50;
/// Messages shown of a run that is active.
const MAX_MESSAGES: i64 = 10;

/// Whose evidence is shown.
#[derive(Debug, Clone, PartialEq)]
enum Shown {
    All,
    Row(i64),
    Field(String),
}

/// One page of a result, as text that is complete by itself.
pub(super) async fn get(call: &Call, mut args: Arguments) -> Result<String, Refusal> {
    let id = needed_id(call, &mut args).await?;
    let basis = args.text(&named("basis"), "index:0");
    let basis = basis.and_then(|basis| shown(&mut args, &basis));
    let cursor = args.number(&CURSOR, 0, u64::from(u32::MAX)).unwrap_or(0);
    let size = args.number(&named("page_size"), MIN_PAGE, MAX_PAGE as u64);
    let size = size.map_or(DEFAULT_PAGE, |size| usize::try_from(size).unwrap_or(DEFAULT_PAGE));
    let notes = args.finish()?;
    let page = page(call, &id, basis.as_ref(), cursor, size).await?;
    let mut out = String::new();
    for note in notes {
        let _ = write!(out, "_Note: {note}._\n\n");
    }
    Ok(out + &page)
}

/// The first page of a result, for doors that have no arguments.
pub(super) async fn first_page(call: &Call, id: &str) -> Result<String, Refusal> {
    page(call, id, None, 0, DEFAULT_PAGE).await
}

async fn page(
    call: &Call,
    id: &str,
    basis: Option<&Shown>,
    cursor: u64,
    size: usize,
) -> Result<String, Refusal> {
    match find(call, id).await? {
        Found::Run(row) => {
            of_run(call, &row, basis, usize::try_from(cursor).unwrap_or(0), size).await
        }
        Found::Group(group) => of_group(call, &group, basis, cursor.cast_signed(), size).await,
    }
}

fn shown(args: &mut Arguments, basis: &str) -> Option<Shown> {
    let read = match basis.split_once(':') {
        None if basis.eq_ignore_ascii_case("all") => Some(Shown::All),
        Some((word, number)) if word.eq_ignore_ascii_case("index") => {
            number.trim().parse().ok().filter(|row| *row >= 0).map(Shown::Row)
        }
        Some((word, name)) if word.eq_ignore_ascii_case("field") && !name.trim().is_empty() => {
            Some(Shown::Field(name.trim().into()))
        }
        None | Some(_) => None,
    };
    if read.is_none() {
        args.refuse(
            "basis",
            &basis.into(),
            "it must be `all`, a row such as `index:3`, or a column such as `field:ceo`",
        );
    }
    read
}

async fn of_run(
    call: &Call,
    row: &RunRow,
    basis: Option<&Shown>,
    from: usize,
    size: usize,
) -> Result<String, Refusal> {
    let (input, _) = call.app.store.input_of(row).await?;
    let head =
        markdown::run_head(&row.run, &words::question(&input, 300), &call.run_url(row.run.id));
    let (body, next) = match call.app.store.result_of(row.seq).await? {
        None => (in_progress(call, row).await?, next_of_active(call, row)),
        Some((output, receipt)) => {
            let mut body = markdown::receipt(&receipt);
            body.push('\n');
            if let Some(output) = output {
                let field = match basis {
                    Some(Shown::Field(name)) => Some(known_field([&output], name)?),
                    Some(Shown::Row(_)) => {
                        body.push_str("_Note: this is one run; `index` names a row of a group, and was left aside._\n\n");
                        None
                    }
                    Some(Shown::All) | None => None,
                };
                body.push_str(DATA_NOT_INSTRUCTIONS);
                body.push_str(&markdown::output(&output, &call.links(&row.run), field.as_deref()));
            }
            (body, String::new())
        }
    };
    Ok(cut(call, &format!("{head}{body}\n{next}"), &row.run.id.to_string(), from, size))
}

fn next_of_active(call: &Call, row: &RunRow) -> String {
    format!(
        "The run is {}. Call {} with {} `{}`{}.\n",
        row.run.state,
        call.tools.status_tool(),
        call.tools.id_argument(),
        row.run.id,
        call.tools.wait_argument()
    )
}

/// The last messages of a run that has no result yet.
async fn in_progress(call: &Call, row: &RunRow) -> Result<String, Refusal> {
    let events = call.app.store.last_events_of(row.seq, MAX_MESSAGES + 2).await?;
    let mut out = String::from("\n## So far\n\n");
    for event in events {
        let line = match event.kind {
            EventKind::State(_) => continue,
            EventKind::Message { message, .. } => markdown::one_line(&message, 300),
            EventKind::Progress(progress) => format!(
                "{} %, {} sources considered, {} read: {}",
                progress.percent,
                progress.sources_considered,
                progress.sources_read,
                progress.sample.join(", ")
            ),
        };
        let _ = writeln!(out, "- {} {line}", words::at(event.at));
    }
    Ok(out)
}

/// One page of a text, cut between lines, with what is left said at its end.
fn cut(call: &Call, text: &str, id: &str, from: usize, size: usize) -> String {
    let total = text.chars().count();
    let rest: String = text.chars().skip(from).collect();
    if total <= from {
        return format!("There is nothing at cursor {from}: the result has {total} characters.\n");
    }
    if rest.chars().count() <= size {
        return match from {
            0 => rest,
            _ => format!("{rest}\n_End: {total} characters in all._\n"),
        };
    }
    let part: String = rest.chars().take(size).collect();
    let part = match part.rfind('\n') {
        Some(end) if end > part.len() / 2 => &part[..=end],
        Some(_) | None => &part,
    };
    let next = from + part.chars().count();
    format!("{part}\n{}", more(call, id, &format!("characters {from} to {next} of {total}"), next))
}

fn more(call: &Call, id: &str, what: &str, cursor: usize) -> String {
    format!(
        "_This page: {what}. For the next, call {} with {} `{id}` and cursor {cursor}._\n",
        call.tools.result_tool(),
        call.tools.id_argument()
    )
}

async fn of_group(
    call: &Call,
    group: &Group,
    basis: Option<&Shown>,
    from: i64,
    size: usize,
) -> Result<String, Refusal> {
    let (counts, id) = (group.counts, group.id.to_string());
    let (from, only) = match basis {
        Some(Shown::Row(index)) => (*index, Some(*index)),
        Some(Shown::All | Shown::Field(_)) | None => (from, None),
    };
    if from >= counts.total() {
        return Err(Refusal::one(format!(
            "row {from} is not in the group `{id}`, which has {} rows, counted from 0",
            counts.total()
        )));
    }
    let mut out = format!(
        "# Group `{id}`: {}\n\n- Page: {}\n",
        words::counts(&counts),
        call.group_url(group.id)
    );
    for (name, value) in group.metadata.iter().flatten() {
        let _ = writeln!(
            out,
            "- {}: {}",
            markdown::one_line(name, 64),
            markdown::one_line(&words::value(value), 200)
        );
    }
    if counts.is_active() {
        let _ = writeln!(
            out,
            "- {} rows are not finished; call {} with {} `{id}`{} to wait for them",
            counts.active(),
            call.tools.status_tool(),
            call.tools.id_argument(),
            call.tools.wait_argument()
        );
    }
    out.push('\n');
    out.push_str(DATA_NOT_INSTRUCTIONS);
    out.push_str(LEGEND);
    let size = size.saturating_sub(out.chars().count() + TAIL);
    let rows = read_rows(call, group, from, only, size).await?;
    let basis = match basis {
        Some(Shown::Field(name)) if rows.iter().any(|row| row.output.is_some()) => {
            let outputs = rows.iter().filter_map(|row| row.output.as_ref());
            Some(Shown::Field(known_field(outputs, name)?))
        }
        basis => basis.cloned(),
    };
    let (table, evidence, used) = table(call, &rows, basis.as_ref(), size);
    out.push_str(&table);
    out.push_str(&evidence);
    out.push_str(&troubles(&rows[..used]));
    if markdown::is_cut(&rows[..used]) {
        let tool = call.tools.result_tool();
        let _ = writeln!(
            out,
            "\n_Cells are cut here. Call {tool} with the id of a row for all of it:_ {}.",
            ids(&rows[..used])
        );
    }
    let next = from + i64::try_from(used).unwrap_or(0);
    if only.is_none() && next < counts.total() {
        let what = format!("rows {from} to {} of {}", next - 1, counts.total());
        out.push('\n');
        out.push_str(&more(call, &id, &what, usize::try_from(next).unwrap_or(0)));
    }
    Ok(out)
}

/// The name of a field as it stands in these answers, where it was given in other letters.
fn known_field<'a>(
    outputs: impl IntoIterator<Item = &'a Output>,
    name: &str,
) -> Result<String, Refusal> {
    let mut known: Vec<&str> = Vec::new();
    for basis in outputs.into_iter().flat_map(|output| &output.basis) {
        if basis.field == name {
            return Ok(name.to_owned());
        }
        if !known.contains(&basis.field.as_str()) {
            known.push(&basis.field);
        }
    }
    if let Some(same) = known.iter().find(|field| field.eq_ignore_ascii_case(name)) {
        return Ok((*same).to_owned());
    }
    let columns: Vec<&str> =
        known.into_iter().filter(|field| !field.contains('.')).take(20).collect();
    Err(Refusal::one(format!(
        "`basis` is `field:{}`, and there is no such column; there are {}",
        shown_name(name),
        columns.join(", ")
    )))
}

/// Rows enough to fill a page, and no more than that.
async fn read_rows(
    call: &Call,
    group: &Group,
    from: i64,
    only: Option<i64>,
    size: usize,
) -> Result<Vec<Listed>, Refusal> {
    let (store, owner) = (&call.app.store, call.caller.owner);
    // A line of a table takes more than 40 characters.
    let most = only.map_or(size / 40, |_| 1);
    let mut rows: Vec<Listed> = Vec::new();
    let mut at = from;
    let mut length = 0;
    while rows.len() < most && length < size {
        let filter = Filter { with_input: true, with_output: true, ..Filter::default() };
        let limit = ROWS_AT_ONCE.min(i64::try_from(most - rows.len()).unwrap_or(1));
        let part = store.list_rows(owner, group.id, at, limit, filter).await?;
        let is_last = part.next.is_none();
        rows.extend(part.runs);
        let grid = Grid::of(&rows);
        length = rows.iter().map(|row| grid.line(row, "").chars().count()).sum();
        at = from + i64::try_from(rows.len()).unwrap_or(0);
        if is_last {
            break;
        }
    }
    Ok(rows)
}

/// The table and the evidence of as many rows as fit with what is said of them below; at least one.
fn table(
    call: &Call,
    rows: &[Listed],
    basis: Option<&Shown>,
    size: usize,
) -> (String, String, usize) {
    let grid = Grid::of(rows);
    let mut table = grid.head();
    let mut evidence = String::new();
    let mut used = 0;
    let mut length = table.chars().count();
    for row in rows {
        let line = grid.line(row, &call.run_url(row.run.id));
        let quotes = match (basis, &row.output) {
            (Some(shown), Some(output)) => {
                let field = match shown {
                    Shown::Field(name) => Some(name.as_str()),
                    Shown::All | Shown::Row(_) => None,
                };
                let index = row.run.index.unwrap_or_default();
                format!(
                    "## Row {index} (`{}`)\n\n{}",
                    row.run.id,
                    markdown::basis(output, &call.links(&row.run), field)
                )
            }
            _ => String::new(),
        };
        let own = std::slice::from_ref(row);
        let below = troubles(own).chars().count() + if markdown::is_cut(own) { ID } else { 0 };
        length += line.chars().count() + quotes.chars().count() + below;
        if used > 0 && length > size {
            break;
        }
        table.push_str(&line);
        evidence.push_str(&quotes);
        used += 1;
    }
    if !evidence.is_empty() {
        evidence.insert_str(0, "\n# Evidence\n\n");
    }
    (table, evidence, used)
}

/// Ids of rows, the first of them.
fn ids(rows: &[Listed]) -> String {
    let id = |row: &Listed| format!("row {} `{}`", row.run.index.unwrap_or_default(), row.run.id);
    let mut ids: Vec<String> = rows.iter().take(MAX_IDS).map(id).collect();
    if rows.len() > MAX_IDS {
        ids.push("…".to_owned());
    }
    ids.join(", ")
}

/// What went wrong in these rows, in full; equal warnings once.
fn troubles(rows: &[Listed]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        let index = row.run.index.unwrap_or_default();
        if row.run.state == RunState::Failed {
            let why =
                row.run.failure.as_ref().map_or("for no stated reason", |failure| &failure.message);
            lines.push(format!("- Row {index} failed: {}", markdown::one_line(why, 1000)));
        }
        for warning in &row.run.warnings {
            let line = format!("- Warning: {}", markdown::one_line(&warning.message, 500));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    if lines.is_empty() {
        String::new()
    } else {
        format!("\n## Errors and warnings\n\n{}\n", lines.join("\n"))
    }
}
