//! Writing into a client's settings: what else is in them stays, and a copy of them is kept.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use crate::install::client::{Client, Form};
use crate::install::entry::Entry;
use crate::problem::refuse;

/// Puts an entry into the file, made if it is not there.
pub(super) fn into(client: Client, entry: &Entry, snippet: &str, path: &Path) -> Result<()> {
    let before = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == ErrorKind::NotFound => String::new(),
        Err(why) => return Err(why).with_context(|| format!("{} cannot be read", path.display())),
    };
    let after = match client.form() {
        Form::Json(section) => json(client, entry, section, &before, path)?,
        Form::Toml => toml(entry, snippet, &before, path)?,
        Form::Yaml => yaml(entry, snippet, &before, path)?,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let beside = |ending: &str| PathBuf::from(format!("{}.{ending}", path.display()));
    if !before.is_empty() {
        let copy = beside("before-task-mcp");
        fs::write(&copy, &before)
            .with_context(|| format!("{} cannot be written", copy.display()))?;
    }
    let new = beside("new");
    fs::write(&new, after)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}

fn json(client: Client, entry: &Entry, section: &str, before: &str, path: &Path) -> Result<String> {
    let file = if before.trim().is_empty() {
        Ok(Value::Object(Map::new()))
    } else {
        serde_json::from_str(before)
    };
    let Ok(Value::Object(mut file)) = file else {
        refuse!(
            "{} is not plain JSON (comments?), and would lose something if it were written; put it there by hand: \
             leave out --write",
            path.display()
        );
    };
    let servers = file.entry(section).or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(servers) = servers else {
        refuse!(
            "`{section}` in {} is no object; put it there by hand: leave out --write",
            path.display()
        );
    };
    servers.insert(entry.name.clone(), client.json(entry));
    Ok(serde_json::to_string_pretty(&Value::Object(file))? + "\n")
}

/// At the end, so that comments and order stay.
fn toml(entry: &Entry, snippet: &str, before: &str, path: &Path) -> Result<String> {
    let Ok(file) = before.parse::<toml::Table>() else {
        refuse!("{} is not TOML; mend it first", path.display());
    };
    if file.get("mcp_servers").and_then(|servers| servers.get(&entry.name)).is_some() {
        refuse!(
            "{} has `mcp_servers.{}` already; take it out first, or choose a --name",
            path.display(),
            entry.name
        );
    }
    let gap = if before.is_empty() { "" } else { "\n" };
    Ok(format!("{}{gap}{snippet}", with_end(before)))
}

/// Below the line `extensions:`, or at the end with it.
fn yaml(entry: &Entry, snippet: &str, before: &str, path: &Path) -> Result<String> {
    let is_there = |line: &str| line.trim_end() == format!("  {}:", entry.name);
    if before.lines().any(is_there) {
        refuse!(
            "{} has `{}` already; take it out first, or choose a --name",
            path.display(),
            entry.name
        );
    }
    let Some(at) = before.lines().position(|line| line.starts_with("extensions:")) else {
        return Ok(format!("{}{snippet}", with_end(before)));
    };
    let mut lines: Vec<&str> = before.lines().collect();
    if lines[at].trim_end() != "extensions:" {
        refuse!(
            "`extensions` in {} is in one line; put it there by hand: leave out --write",
            path.display()
        );
    }
    let ours = snippet.trim_start_matches("extensions:\n").trim_end();
    lines.insert(at + 1, ours);
    Ok(lines.join("\n") + "\n")
}

fn with_end(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}
