//! Where values come from: a file, the environment, `--set`, flags; each over the one before.

use std::path::{Path, PathBuf};

use anyhow::Result;
use toml::Value;

use super::Settings;
use super::keys::{self, PROCESSOR_KEYS, nearest, set_processor};
use super::models::{self, MODEL_KEYS, set_model};
use crate::problem::{refuse, usage};

/// What the command line says about settings.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) database: Option<String>,
    pub(crate) listen: Option<String>,
    /// `section.key=value`
    pub(crate) set: Vec<String>,
}

/// The file that is read from the working directory, or from the user's folder for settings.
const FILE: &str = "task-mcp.toml";
const PREFIX: &str = "TASK_MCP_";
/// Variables that are not settings: the file, and what the tests of this project use.
const NOT_SETTINGS: [&str; 2] = ["TASK_MCP_CONFIG", "TASK_MCP_TEST"];

/// Reads all layers.
pub(crate) fn read(flags: &Flags) -> Result<Settings> {
    let mut all = Settings::default();
    let variables = variables();
    for about in sources::catalogue() {
        // Below everything else: they may lie there for other programs.
        let usual = about.variable.and_then(|name| Some((name, crate::machine::variable(name)?)));
        if let Some((variable, value)) = usual {
            let key = format!("search.{}.key", about.name);
            set(&mut all, &key, &value, &format!("environment variable {variable}"))?;
            if about.name == "parallel" {
                all.search.borrowed.push(about.name.to_owned());
            }
        }
    }
    if let Some(file) = find_file(flags, &variables)? {
        read_file(&mut all, &file)?;
        all.file = Some(file);
    }
    for (variable, value) in &variables {
        if let Some(key) = key_of(variable)? {
            set(&mut all, &key, value, &format!("environment variable {variable}"))?;
        }
    }
    for given in &flags.set {
        let Some((key, value)) = given.split_once('=') else {
            refuse!("`--set {given}` has no value; write it like --set worker.concurrency=4");
        };
        set(&mut all, key.trim(), value, "--set")?;
    }
    let data = flags.data.as_ref().map(|path| path.display().to_string());
    let named = [
        ("store.data", "--data", data),
        ("store.database", "--database", flags.database.clone()),
        ("server.listen", "--listen", flags.listen.clone()),
    ];
    for (key, flag, value) in named {
        if let Some(value) = value {
            set(&mut all, key, &value, flag)?;
        }
    }
    all.search.check().map_err(usage)?;
    models::read_environment(&mut all.models);
    models::check(&all.models).map_err(usage)?;
    Ok(all)
}

/// All variables of ours, in the order of their names.
fn variables() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect();
    found.sort();
    found
}

/// `TASK_MCP_FETCH__MAX_SIZE` → `fetch.max_size`
fn key_of(variable: &str) -> Result<Option<String>> {
    if NOT_SETTINGS.iter().any(|name| variable.starts_with(name)) {
        return Ok(None);
    }
    match variable {
        "TASK_MCP_DATA" => return Ok(Some("store.data".into())),
        "TASK_MCP_DATABASE" => return Ok(Some("store.database".into())),
        _ => {}
    }
    let rest = variable.strip_prefix(PREFIX).unwrap_or(variable);
    if !rest.contains("__") {
        refuse!(
            "the environment variable {variable} is not known; settings are written TASK_MCP_SECTION__KEY, \
             for example TASK_MCP_SERVER__LISTEN, and there are TASK_MCP_DATA and TASK_MCP_DATABASE"
        );
    }
    Ok(Some(rest.to_lowercase().replace("__", ".")))
}

fn find_file(flags: &Flags, variables: &[(String, String)]) -> Result<Option<PathBuf>> {
    let named = variables.iter().find(|(name, _)| name == "TASK_MCP_CONFIG");
    let named = flags.config.clone().or_else(|| named.map(|(_, value)| PathBuf::from(value)));
    if let Some(file) = named {
        if !file.is_file() {
            refuse!("the settings file `{}` does not exist; check --config", file.display());
        }
        return Ok(Some(file));
    }
    let usual = [PathBuf::from(FILE), crate::machine::config_dir().join(FILE)];
    Ok(usual.into_iter().find(|file| file.is_file()))
}

fn read_file(all: &mut Settings, file: &Path) -> Result<()> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|why| usage(format!("the settings file `{shown}` cannot be read: {why}")))?;
    let table: toml::Table = text.parse().map_err(|why: toml::de::Error| {
        let line = why.span().map_or(0, |span| text[..span.start].matches('\n').count()) + 1;
        usage(format!("the settings file `{shown}` is not TOML, line {line}: {}", why.message()))
    })?;
    let mut leaves = Vec::new();
    flatten(&mut Vec::new(), &Value::Table(table), &mut leaves);
    for (key, value) in leaves {
        set(all, &key, &value, &format!("file {shown}"))?;
    }
    Ok(())
}

/// Tables become dotted names; what lies at their ends becomes text.
fn flatten(path: &mut Vec<String>, value: &Value, leaves: &mut Vec<(String, String)>) {
    let text = match value {
        Value::Table(table) => {
            for (name, value) in table {
                path.push(name.clone());
                flatten(path, value, leaves);
                path.pop();
            }
            return;
        }
        Value::String(text) => text.clone(),
        Value::Array(_) => serde_json::to_string(value).unwrap_or_default(),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            value.to_string()
        }
    };
    leaves.push((path.join("."), text));
}

fn set(all: &mut Settings, key: &str, value: &str, origin: &str) -> Result<()> {
    let done = match find_named(key) {
        Some((Family::Processors, name, field)) => set_processor(all, name, field, value),
        Some((Family::Models, name, field)) => set_model(all, name, field, value),
        None => match keys::all().find(|known| known.name == key) {
            Some(known) => (known.set)(all, value),
            None => refuse!("{}", unknown(key, origin)),
        },
    };
    // A password may be in the text of an address.
    let is_key = key.rsplit('.').next() == Some("key");
    let is_secret = key == "store.database" || is_key || value.contains('@');
    let shown = if is_secret { "***" } else { value };
    done.map_err(|why| usage(format!("`{key}` from {origin} is `{shown}`: {why}")))?;
    // Given here, it is no longer only what lay there.
    all.search.borrowed.retain(|name| key != format!("search.{name}.key"));
    all.origins.insert(key.to_owned(), origin.to_owned());
    Ok(())
}

/// Settings of things that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Processors,
    Models,
}

impl Family {
    const ALL: [Self; 2] = [Self::Processors, Self::Models];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Processors => "processors.",
            Self::Models => "models.",
        }
    }

    const fn keys(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Processors => &PROCESSOR_KEYS,
            Self::Models => &MODEL_KEYS,
        }
    }

    /// What comes behind the prefix: a name and a setting, known or not.
    fn split(key: &str) -> Option<(Self, &str, &str)> {
        Self::ALL.into_iter().find_map(|family| {
            let (name, field) = key.strip_prefix(family.prefix())?.rsplit_once('.')?;
            Some((family, name, field))
        })
    }
}

/// The thing and its setting in `processors.NAME.KEY` and `models.NAME.KEY`.
fn find_named(key: &str) -> Option<(Family, &str, &str)> {
    let (family, name, field) = Family::split(key)?;
    family.keys().iter().any(|(known, _)| *known == field).then_some((family, name, field))
}

fn unknown(key: &str, origin: &str) -> String {
    let guess = match Family::split(key) {
        Some((family, name, field)) => {
            nearest(field, family.keys().iter().map(|(known, _)| *known))
                .map(|known| format!("{}{name}.{known}", family.prefix()))
        }
        None => nearest(key, keys::all().map(|known| known.name)).map(str::to_owned),
    };
    format!(
        "`{key}` from {origin} is not a setting; the nearest is `{}` (`task-mcp config print` lists all)",
        guess.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_names_its_section_and_key() {
        let key = key_of("TASK_MCP_SEARCH__SEARXNG__URL").unwrap();
        assert_eq!(key.as_deref(), Some("search.searxng.url"));
        assert!(key_of("TASK_MCP_DATBASE").unwrap_err().to_string().contains("TASK_MCP_DATABASE"));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        assert!(unknown("worker.concurency", "--set").contains("`worker.concurrency`"));
        assert!(unknown("fetch.maxsize", "--set").contains("`fetch.max_size`"));
        assert!(unknown("processors.core.page", "--set").contains("`processors.core.pages`"));
        assert!(unknown("models.m.base_ur", "--set").contains("`models.m.base_url`"));
    }

    #[test]
    fn tables_of_a_file_become_dotted_names() {
        let file: toml::Table =
            "[fetch]\nallow = [\"http://a:1\"]\n[processors.core]\npages = 3".parse().unwrap();
        let mut leaves = Vec::new();
        flatten(&mut Vec::new(), &Value::Table(file), &mut leaves);
        leaves.sort();
        assert_eq!(
            leaves,
            [
                ("fetch.allow".to_owned(), "[\"http://a:1\"]".to_owned()),
                ("processors.core.pages".to_owned(), "3".to_owned()),
            ]
        );
    }
}
