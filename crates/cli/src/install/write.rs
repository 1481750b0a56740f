//! Writing into a client's settings: what else is in them stays, comments too, and a copy of them is kept.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::{Map, Value};
use toml_edit::{DocumentMut, Item, Table};

use crate::install::client::{Client, Form};
use crate::install::entry::Entry;
use crate::problem::refuse;

/// Puts an entry into the file, made if it is not there; an entry of the same name is replaced.
pub(super) fn into(client: Client, entry: &Entry, snippet: &str, path: &Path) -> Result<()> {
    // Settings that are kept elsewhere are changed there.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
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
    let permissions = fs::metadata(path).map(|about| about.permissions()).ok();
    let copy = beside("before-task-mcp");
    // The first copy is the one without us.
    if !before.is_empty() && !copy.exists() {
        write(&copy, &before, permissions.as_ref())?;
    }
    let new = beside("new");
    write(&new, &after, permissions.as_ref())?;
    fs::rename(&new, path).with_context(|| format!("{} cannot be written", path.display()))
}

/// Writes a file that only its user may read, or whoever may read the one it stands for: there may be a key in it.
fn write(path: &Path, text: &str, permissions: Option<&Permissions>) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        permissions.map_or(Ok(()), |given| file.set_permissions(given.clone()))?;
        file.write_all(text.as_bytes())
    });
    written.with_context(|| format!("{} cannot be written", path.display()))
}

fn json(client: Client, entry: &Entry, section: &str, before: &str, path: &Path) -> Result<String> {
    let text = if before.trim().is_empty() { "{}\n" } else { before };
    let Ok(file) = CstRootNode::parse(text, &ParseOptions::default()) else {
        refuse!("{} is not JSON; mend it first", path.display());
    };
    let servers = file.object_value().and_then(|file| file.object_value_or_create(section));
    let Some(servers) = servers else {
        refuse!(
            "{} is no object, or `{section}` in it is none; put it there by hand: leave out --write",
            path.display()
        );
    };
    let ours = client.json(entry);
    match (servers.get(&entry.name), ours) {
        (Some(known), Value::Object(ours)) => match known.object_value() {
            Some(known) => renew(&known, ours),
            None => known.set_value(input(ours.into())),
        },
        (Some(known), ours) => known.set_value(input(ours)),
        (None, ours) => {
            servers.append(&entry.name, input(ours));
        }
    }
    Ok(file.to_string())
}

/// Members of an entry that say how we are reached. Others, such as an environment, are its owner's and stay.
const DOOR: [&str; 13] = [
    "type",
    "command",
    "cmd",
    "args",
    "url",
    "uri",
    "headers",
    "http_headers",
    "timeout",
    "tool_timeout_sec",
    "enabled",
    "name",
    "description",
];

fn renew(known: &CstObject, ours: Map<String, Value>) {
    for name in DOOR.into_iter().filter(|name| !ours.contains_key(*name)) {
        if let Some(member) = known.get(name) {
            member.remove();
        }
    }
    for (name, value) in ours {
        match known.get(&name) {
            Some(member) => member.set_value(input(value)),
            None => {
                known.append(&name, input(value));
            }
        }
    }
}

fn input(value: Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text),
        Value::Array(list) => CstInputValue::Array(list.into_iter().map(input).collect()),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, input(value)));
            CstInputValue::Object(members.collect())
        }
    }
}

fn toml(entry: &Entry, snippet: &str, before: &str, path: &Path) -> Result<String> {
    let Ok(mut file) = before.parse::<DocumentMut>() else {
        refuse!("{} is not TOML; mend it first", path.display());
    };
    let mut ours: DocumentMut = snippet.parse()?;
    let ours = std::mem::take(&mut ours["mcp_servers"][&entry.name]);
    let servers = file.entry("mcp_servers").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    // In a table that is written in one line, ours is, too.
    let is_inline = servers.is_inline_table();
    let Some(servers) = servers.as_table_like_mut() else {
        refuse!(
            "`mcp_servers` in {} is no table; put it there by hand: leave out --write",
            path.display()
        );
    };
    if let Some(known) = servers.get_mut(&entry.name).and_then(Item::as_table_like_mut)
        && let Some(ours) = ours.as_table_like()
    {
        for name in DOOR {
            known.remove(name);
        }
        for (name, value) in ours.iter() {
            known.insert(name, value.clone());
        }
        return Ok(file.to_string());
    }
    let ours = match ours.into_table() {
        Ok(ours) if is_inline => toml_edit::value(ours.into_inline_table()),
        Ok(mut ours) => {
            ours.decor_mut().set_prefix(if before.is_empty() { "" } else { "\n" });
            Item::Table(ours)
        }
        Err(other) => other,
    };
    servers.insert(&entry.name, ours);
    Ok(file.to_string())
}

/// Below the line `extensions:`, as deep as what is there; or at the end with it.
fn yaml(entry: &Entry, snippet: &str, before: &str, path: &Path) -> Result<String> {
    let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
    let Some(at) = lines.iter().position(|line| line.starts_with("extensions:")) else {
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        return Ok(format!("{before}{gap}{snippet}"));
    };
    let head = lines[at].split(" #").next().unwrap_or_default().trim_end();
    if head == "extensions: {}" {
        lines[at] = "extensions:".into();
    } else if head != "extensions:" {
        refuse!(
            "`extensions` in {} is in one line; put it there by hand: leave out --write",
            path.display()
        );
    }
    let below = lines.iter().skip(at + 1).find(|line| says_something(line));
    let step = below.map_or(0, |line| depth(line));
    let step = if step == 0 { 2 } else { step };
    let is_known = |line: &String| {
        let key = line.split(" #").next().unwrap_or_default().trim();
        let key = key.strip_suffix(':').map(|key| key.trim_matches(['"', '\'']));
        depth(line) == step && key == Some(entry.name.as_str())
    };
    let rest = lines.iter().enumerate().skip(at + 1);
    let mut section = rest.take_while(|(_, line)| !says_something(line) || depth(line) > 0);
    let mut place = at + 1;
    let mut kept = Vec::new();
    if let Some((from, _)) = section.find(|(_, line)| is_known(line)) {
        let rest = lines.iter().enumerate().skip(from + 1);
        let mut after = rest.skip_while(|(_, line)| !says_something(line) || depth(line) > step);
        let mut to = after.next().map_or(lines.len(), |(to, _)| to);
        // What stands above the next entry is about that one.
        while to > from + 1 && !says_something(&lines[to - 1]) {
            to -= 1;
        }
        kept = owners(lines.drain(from..to).skip(1).collect());
        place = from;
    }
    let ours = snippet.lines().skip(1).map(|line| {
        let levels = depth(line) / 2;
        format!("{}{}", " ".repeat(levels * step), line.trim_start())
    });
    let rest = lines.split_off(place);
    lines.extend(ours);
    lines.extend(kept);
    lines.extend(rest);
    Ok(lines.join("\n") + "\n")
}

/// The lines of an entry that are its owner's: all but those of our door.
fn owners(lines: Vec<String>) -> Vec<String> {
    let first = lines.iter().find(|line| says_something(line)).map_or(0, |line| depth(line));
    let mut is_theirs = true;
    let mut kept = Vec::new();
    for line in lines {
        if says_something(&line) && depth(&line) <= first {
            let name = line.trim().split(':').next().unwrap_or_default();
            is_theirs = !DOOR.contains(&name.trim_matches(['"', '\'']));
        }
        if is_theirs {
            kept.push(line);
        }
    }
    kept
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn says_something(line: &str) -> bool {
    !line.trim().is_empty() && !line.trim_start().starts_with('#')
}
