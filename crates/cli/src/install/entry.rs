//! How a client reaches us: by starting us, or by an address.

use std::path::Path;

use anyhow::{Context as _, Result};
use url::Url;

use crate::problem::refuse;
use crate::settings::Settings;

/// What a client is told of.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) door: Door,
}

pub(super) enum Door {
    Pipe { command: String, args: Vec<String> },
    Http { url: String, key: Option<String> },
}

impl Door {
    /// This program, with the options that lead to the same data and settings wherever a client starts it.
    pub(super) fn pipe(
        settings: &Settings,
        set: &[String],
        sources: &[String],
        is_simple: bool,
    ) -> Result<Self> {
        let command = std::env::current_exe().context("this program does not know its own path")?;
        let mut args = vec!["mcp".to_owned()];
        let mut add = |name: &str, value: Option<String>| {
            args.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
        };
        let is_given = |key: &str| settings.origins.contains_key(key);
        add("--config", settings.file.as_deref().map(whole).transpose()?);
        let data = is_given("store.data").then(|| whole(&settings.store.data));
        add("--data", data.transpose()?);
        add("--database", settings.store.database.as_ref().map(|url| url.reveal().to_owned()));
        for set in set {
            add("--set", Some(set.clone()));
        }
        for source in sources {
            add("--source", Some(whole_source(source)?));
        }
        if is_simple {
            args.push("--simple".into());
        }
        Ok(Self::Pipe { command: command.display().to_string(), args })
    }

    pub(super) fn http(url: &str, key: Option<&str>, is_simple: bool) -> Result<Self> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(mut parsed) = parsed else {
            refuse!("--url {url} is no address; give for example http://127.0.0.1:7717/mcp");
        };
        let path = parsed.path().trim_end_matches('/').to_owned();
        let path = if path.ends_with("/mcp") || path.ends_with("/mcp/simple") {
            path
        } else {
            format!("{path}/mcp")
        };
        let path =
            if is_simple && !path.ends_with("/simple") { format!("{path}/simple") } else { path };
        parsed.set_path(&path);
        Ok(Self::Http { url: parsed.to_string(), key: key.map(str::to_owned) })
    }
}

/// Clients start us in a folder of their own.
fn whole(path: &Path) -> Result<String> {
    let whole =
        std::path::absolute(path).with_context(|| format!("{} cannot be used", path.display()))?;
    Ok(whole.display().to_string())
}

fn whole_source(source: &str) -> Result<String> {
    if source.contains("://") {
        return Ok(source.to_owned());
    }
    match source.split_once('=') {
        Some((name, path)) if !Path::new(source).exists() => {
            Ok(format!("{name}={}", whole(Path::new(path))?))
        }
        Some(_) | None => whole(Path::new(source)),
    }
}
