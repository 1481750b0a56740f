//! `--source [NAME=]DIR|FILE|URL`: what was meant, whether it can be read, and what it is called.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use domain::source::{MAX_SOURCE_NAME, Place, Source, SourceName};
use egress::{Egress, Policy, Purpose};
use store::{Owner, Store};
use url::Url;

use crate::problem::{refuse, usage};
use crate::settings::Settings;

/// A source as it was given, checked but not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// Only where the caller chose it.
    pub(crate) name: Option<SourceName>,
    pub(crate) place: Place,
}

/// The kinds of sources, with a whole command for each.
pub(crate) const KINDS: &str = "\
  a folder of documents   task-mcp research \"QUESTION\" --source ./documents
  one file                task-mcp research \"QUESTION\" --source handbook=./handbook.md
  a page and its site     task-mcp research \"QUESTION\" --source https://example.org/docs/
  an address in the text  task-mcp research \"What does https://example.org/ say about prices?\"
  the web, searched       task-mcp research \"QUESTION\" --set search.searxng.url=http://localhost:8888
  for all later commands  task-mcp sources add handbook=./documents";

/// Entries of a folder that are looked at before it counts as not empty.
const MAX_LOOKED_AT: usize = 100_000;

/// Reads all `--source` arguments; the first that cannot be used stops everything.
pub(crate) fn parse_all(given: &[String], settings: &Settings) -> Result<Vec<Given>> {
    let mut all: Vec<Given> = Vec::new();
    for text in given {
        let one = parse(text, settings)?;
        let is_same_name = |other: &&Given| {
            other.name.is_some() && other.name == one.name && other.place != one.place
        };
        if let Some(name) = all.iter().find(is_same_name).and_then(|other| other.name.as_ref()) {
            refuse!(
                "two sources are called `{name}`; give each its own name, as in --source NAME={text}"
            );
        }
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Ok(all)
}

fn parse(text: &str, settings: &Settings) -> Result<Given> {
    let (name, location) = split_name(text)?;
    if location.trim().is_empty() {
        refuse!(
            "--source `{text}` names no place; write --source ./documents or --source NAME=./documents"
        );
    }
    let place = if location.starts_with("http://") || location.starts_with("https://") {
        site(location, settings)?
    } else if let Some((scheme, _)) = location.split_once("://") {
        refuse!("the source `{location}` begins with `{scheme}:`; use a path, http:// or https://");
    } else {
        local(&expand(location), location)?
    };
    Ok(Given { name, place })
}

/// `NAME=PLACE`. A path that exists as it was written, and an address, keep their `=`.
fn split_name(text: &str) -> Result<(Option<SourceName>, &str)> {
    let Some((name, location)) = text.split_once('=') else { return Ok((None, text)) };
    if name.contains(['/', '\\', ':']) || Path::new(text).exists() {
        return Ok((None, text));
    }
    let name = SourceName::parse(name.trim()).map_err(|why| usage(why.to_string()))?;
    Ok((Some(name), location))
}

fn site(location: &str, settings: &Settings) -> Result<Place> {
    let url = Url::parse(location)
        .map_err(|why| usage(format!("the source `{location}` is not an address: {why}")))?;
    let policy = Policy { allow: settings.fetch.allow.clone(), ..settings.policy() };
    if let Err(why) = Egress::taped(policy, None).vet(&url, Purpose::Page) {
        let origin = egress::Origin::of(&url).map(|origin| origin.to_string()).unwrap_or_default();
        refuse!(
            "the source `{location}` may not be asked: {why}; if you trust it, add --set fetch.allow={origin}"
        );
    }
    Ok(Place::Site(url.into()))
}

fn local(path: &Path, shown: &str) -> Result<Place> {
    let real = path.canonicalize().map_err(|why| {
        usage(if why.kind() == std::io::ErrorKind::NotFound {
            format!("the source `{shown}` does not exist; check the path (from {})", here())
        } else {
            format!("the source `{shown}` cannot be opened: {}", why.kind())
        })
    })?;
    let Some(location) = real.to_str().map(str::to_owned) else {
        refuse!("the source `{shown}` has a path that is not UTF-8; rename it");
    };
    if real.is_dir() {
        match holds_documents(&real) {
            Ok(true) => Ok(Place::Folder(location)),
            Ok(false) => refuse!(
                "the folder `{shown}` holds no documents; put in PDF, office, Markdown, text, HTML, CSV or JSON files, or name another folder"
            ),
            Err(why) => refuse!("the folder `{shown}` cannot be read: {}", why.kind()),
        }
    } else {
        check_file(&real, shown)?;
        Ok(Place::File(location))
    }
}

fn check_file(path: &Path, shown: &str) -> Result<()> {
    if !path.is_file() {
        refuse!("the source `{shown}` is neither a file nor a folder");
    }
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(1024).read_to_end(&mut head));
    if let Err(why) = read {
        refuse!("the file `{shown}` cannot be read: {}; check its permissions", why.kind());
    }
    if head.iter().all(u8::is_ascii_whitespace) {
        refuse!("the file `{shown}` is empty; name a file with text");
    }
    let is_utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    let is_document = head.starts_with(b"%PDF-")
        || (head.starts_with(b"PK") && sources::extract::is_readable_name(shown));
    if !is_document && head.contains(&0) && !is_utf16 {
        refuse!(
            "the file `{shown}` is no document that can be read: PDF, office, Markdown, text, HTML, CSV and JSON are"
        );
    }
    Ok(())
}

/// Whether there is one file to read, hidden ones aside.
fn holds_documents(folder: &Path) -> std::io::Result<bool> {
    let mut open = vec![folder.to_owned()];
    let mut looked_at = 0;
    while let Some(folder) = open.pop() {
        let is_root = looked_at == 0;
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(why) if is_root => return Err(why),
            Err(_) => continue,
        };
        for entry in entries.flatten() {
            looked_at += 1;
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if looked_at > MAX_LOOKED_AT {
                return Ok(true);
            }
            if name.starts_with('.') {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(_) if sources::extract::is_readable_name(&name) => {
                    return Ok(true);
                }
                Ok(_) | Err(_) => {}
            }
        }
        looked_at += 1;
    }
    Ok(false)
}

/// `~` and `~/…` are the home folder; everything else is seen from the working directory.
pub(crate) fn expand(text: &str) -> PathBuf {
    let path = match (text.strip_prefix('~'), crate::machine::home()) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(&rest[1..]),
        _ => PathBuf::from(text),
    };
    std::path::absolute(&path).unwrap_or(path)
}

fn here() -> String {
    std::env::current_dir()
        .map_or_else(|_| "the working directory".into(), |dir| dir.display().to_string())
}

/// Stores what was given. A place that is known keeps its name; a new one gets the nearest free name.
pub(crate) async fn register(
    store: &Store,
    owner: Owner,
    host: &str,
    given: &[Given],
) -> Result<Vec<Source>> {
    let known = store.list_sources(owner).await.context("the sources cannot be listed")?;
    let mut taken: BTreeSet<SourceName> = known.iter().map(|source| source.name.clone()).collect();
    taken.extend(given.iter().filter_map(|one| one.name.clone()));
    let mut all = Vec::new();
    for one in given {
        let its_host = one.place.is_local().then(|| host.to_owned());
        let same = |source: &&Source| source.place == one.place && source.host == its_host;
        if one.name.is_none()
            && let Some(same) = known.iter().find(same)
        {
            all.push(same.clone());
            continue;
        }
        let name = one.name.clone().unwrap_or_else(|| free_name(&one.place, &taken));
        taken.insert(name.clone());
        let source = store.put_source(owner, name, one.place.clone(), its_host).await?;
        all.push(source);
    }
    Ok(all)
}

fn free_name(place: &Place, taken: &BTreeSet<SourceName>) -> SourceName {
    let base = match place {
        Place::Folder(path) | Place::File(path) => {
            Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
        Place::Site(address) => Url::parse(address)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default(),
    };
    let name = SourceName::nearest(&base);
    if !taken.contains(&name) {
        return name;
    }
    // Room for the number behind a long name.
    let short: String = name.as_str().chars().take(MAX_SOURCE_NAME - 6).collect();
    (2..=taken.len() + 2)
        .map(|number| SourceName::nearest(&format!("{short}-{number}")))
        .find(|name| !taken.contains(name))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_place_of_the_same_name_gets_a_number() {
        let taken = BTreeSet::from([SourceName::nearest("docs"), SourceName::nearest("docs-2")]);
        assert_eq!(free_name(&Place::Folder("/b/docs".into()), &taken).as_str(), "docs-3");
    }

    #[test]
    fn an_address_with_an_equals_sign_has_no_name() {
        let (name, location) = split_name("https://example.org/?q=1").unwrap();
        assert_eq!((name, location), (None, "https://example.org/?q=1"));
        let (name, location) = split_name("site=https://example.org/?q=1").unwrap();
        assert_eq!(name.unwrap().as_str(), "site");
        assert_eq!(location, "https://example.org/?q=1");
    }
}
