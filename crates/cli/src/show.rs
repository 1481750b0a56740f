//! Results at a shell: the report, the object of the REST API, and what else a person should know of a run.

use std::io::Write as _;

use anyhow::{Result, anyhow};
use api::wire::{self, Links};
use domain::ids::WorkId;
use domain::output::{Content, Missing, Output};
use domain::receipt::Receipt;
use domain::run::{Run, RunState};
use domain::source::{Place, Source};
use store::RunRow;

use crate::ground::Ground;

/// The answer of a run that has ended, or why there is none.
pub(crate) async fn answer(ground: &Ground, row: &RunRow) -> Result<(Output, Receipt)> {
    let id = row.run.id;
    let found = ground.store.result_of(row.seq).await?;
    let (output, receipt) = found.unwrap_or_else(|| (None, Receipt::default()));
    match (row.run.state, output) {
        (RunState::Completed, Some(output)) => Ok((output, receipt)),
        (RunState::Failed, _) => {
            if let Some(advice) = &receipt.advice {
                eprintln!("to try: {advice}");
            }
            let failure = row.run.failure.as_ref().map_or("for no stated reason", |f| &f.message);
            Err(anyhow!("the run {id} failed: {failure}"))
        }
        (RunState::Cancelled, _) => Err(anyhow!("the run {id} was cancelled and has no answer")),
        (RunState::Completed | RunState::Queued | RunState::Running | RunState::Cancelling, _) => {
            Err(anyhow!("the run {id} has no answer yet; `task-mcp result {id}` waits for it"))
        }
    }
}

/// Prints the answer on stdout; what else is to be said goes to stderr.
pub(crate) async fn print(ground: &Ground, row: &RunRow, is_json: bool) -> Result<()> {
    let (output, receipt) = answer(ground, row).await?;
    let sources = ground.registered().await?;
    if is_json {
        let view = wire::result_view(&row.run, &output, &receipt, &Links::local(&sources));
        return say(&format!("{}\n", serde_json::to_string_pretty(&view)?));
    }
    say(&text(&output, &sources))?;
    notes(&row.run, &receipt);
    Ok(())
}

/// The answer as Markdown: a report as it is, fields as a list with their quotes.
pub(crate) fn text(output: &Output, sources: &[Source]) -> String {
    match &output.content {
        Content::Text(markdown) => with_paths(markdown, sources),
        Content::Fields { values, .. } => fields(output, values, sources),
    }
}

fn fields(
    output: &Output,
    values: &serde_json::Map<String, serde_json::Value>,
    sources: &[Source],
) -> String {
    let links = Links::local(sources);
    let mut out = Vec::new();
    for (name, value) in values {
        let basis = output.basis.iter().find(|basis| basis.field == *name);
        let missing = basis.and_then(|basis| basis.missing).map(Missing::as_str);
        let shown =
            missing.map_or_else(|| crate::sheet::cell(value), |missing| format!("({missing})"));
        let confidence = basis.and_then(|basis| basis.confidence);
        let confidence = confidence.map(|c| format!(" ({})", c.as_str())).unwrap_or_default();
        out.push(format!("- **{name}**: {shown}{confidence}"));
        if let Some(evidence) = basis.and_then(|basis| basis.evidence.first()) {
            let quote = evidence.quote.split_whitespace().collect::<Vec<_>>().join(" ");
            out.push(format!("  > “{quote}” — {}", links.address(evidence)));
        }
    }
    out.join("\n") + "\n"
}

/// A report in which local documents are shown by their paths.
fn with_paths(markdown: &str, sources: &[Source]) -> String {
    let mut text = markdown.to_owned();
    for source in sources {
        let root = match &source.place {
            Place::Folder(path) => path.clone(),
            Place::File(path) => match path.rsplit_once('/') {
                Some((folder, _)) => folder.to_owned(),
                None => continue,
            },
            Place::Site(_) => continue,
        };
        // The two forms in which a report writes an address that is not on the web.
        text = text.replace(&format!("`doc://{}/", source.name), &format!("`{root}/"));
        text = text.replace(&format!(". doc\\://{}/", source.name), &format!(". {root}/"));
    }
    text
}

/// What a person should know beside the answer, one line each.
pub(crate) fn notes(run: &Run, receipt: &Receipt) {
    for warning in &run.warnings {
        eprintln!("note: {}", warning.message);
    }
    eprintln!("{}", counts(receipt));
    if let Some(models) = receipt.by_models() {
        eprintln!("models: {models}");
    }
    for note in &receipt.notes {
        eprintln!("note: {note}");
    }
    if let Some(outside) = receipt.outside() {
        eprintln!("outside: {outside}");
    }
    for query in &receipt.queries {
        if let Some(why) = &query.failed {
            eprintln!("not searched: {}: {} ({why})", query.provider, query.text);
        }
    }
    if let Some(advice) = &receipt.advice {
        eprintln!("to try: {advice}");
    }
}

/// What was done for an answer, in one line.
pub(crate) fn counts(receipt: &Receipt) -> String {
    let Receipt { pages_read, quotes_verified, quotes_dropped, sentences, sentences_cited, .. } =
        receipt;
    let elapsed = std::time::Duration::from_millis(u64::try_from(receipt.elapsed_ms).unwrap_or(0));
    format!(
        "{pages_read} pages read, {quotes_verified} of {} quotes verified, {sentences_cited} of {sentences} sentences cited, {} disagreements, {}",
        quotes_verified + quotes_dropped,
        receipt.contradictions,
        crate::progress::brief(elapsed),
    )
}

/// Text of others for a terminal: without what would steer it or turn the direction of what is read.
pub(crate) fn plain(text: &str) -> String {
    let is_shown = |c: &char| matches!(c, '\n' | '\t') || !(c.is_control() || turns(*c));
    text.chars().filter(is_shown).collect()
}

/// JSON for a terminal: what turns the direction of what is read stands there as its number.
pub(crate) fn escaped(json: &str) -> String {
    json.chars()
        .map(|c| if turns(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() })
        .collect()
}

/// Marks of direction, and others that nobody sees.
const fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Writes to stdout; a reader that went away is an error, not a panic.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The command that shows the result of this work, and goes on with it where nobody else does.
pub(crate) fn result_command(ground: &Ground, work: WorkId) -> String {
    format!("task-mcp result {work}{}", ground.same_place())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_neither_steers_a_terminal_nor_turns_what_is_read() {
        assert_eq!(plain("a\u{1b}[31m\n\tb\u{202e}c\u{200b}\u{7}"), "a[31m\n\tbc");
        assert_eq!(escaped("{\"a\": \"b\u{202e}c\"}"), r#"{"a": "b\u202ec"}"#);
    }
}
