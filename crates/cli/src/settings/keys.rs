//! The names of all settings: what each is for, how it is read, how it is shown.

use domain::processor::{Engine, Judging, Processor};

use super::values::{
    address, browser, count, dollars, duration, open_address, origins, show_dollars, show_duration,
    show_size, shown_origins, size, yes_or_no,
};
use super::{Browser, DatabaseUrl, Format, Settings};

/// One setting.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) set: fn(&mut Settings, &str) -> Result<(), String>,
    /// What is in force, as it would be written in a file; `None` where nothing is set.
    pub(crate) show: fn(&Settings) -> Option<String>,
}

/// All of them, by section.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    KEYS.iter()
        .chain(super::search_keys::all())
        .chain(&super::egress_keys::KEYS)
        .chain(&super::models::ROLE_KEYS)
}

static KEYS: [Key; 21] = [
    Key {
        name: "server.listen",
        doc: "where `serve` answers, HOST:PORT; port 0 takes any free one",
        set: |all, text| {
            let port = text.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) {
                return Err("write HOST:PORT, such as 127.0.0.1:7717".into());
            }
            text.clone_into(&mut all.server.listen);
            Ok(())
        },
        show: |all| Some(quoted(&all.server.listen)),
    },
    Key {
        name: "server.public_url",
        doc: "base of all links, where callers see another address than the one that is bound",
        set: |all, text| address(text).map(|url| all.server.public_url = url),
        show: |all| all.server.public_url.as_ref().map(|url| quoted(url.as_str())),
    },
    Key {
        name: "server.allow_origins",
        doc: "origins whose web pages may call the server, such as https://sheet.example.org",
        set: |all, text| origins(text).map(|allow| all.server.allow_origins = allow),
        show: |all| Some(shown_origins(&all.server.allow_origins)),
    },
    Key {
        name: "server.allow_anyone",
        doc: "answer other machines although there is no key",
        set: |all, text| yes_or_no(text).map(|allow| all.server.allow_anyone = allow),
        show: |all| Some(all.server.allow_anyone.to_string()),
    },
    Key {
        name: "store.data",
        doc: "the data directory: the embedded database and the indexes of local sources",
        set: |all, text| {
            if text.trim().is_empty() {
                return Err("name a directory".into());
            }
            all.store.data = crate::source_args::expand(text);
            Ok(())
        },
        show: |all| Some(quoted(&all.store.data.display().to_string())),
    },
    Key {
        name: "store.database",
        doc: "a PostgreSQL database instead of the embedded one, shared by several processes",
        set: |all, text| {
            let is_set = !text.trim().is_empty();
            all.store.database = is_set.then(|| DatabaseUrl::parse(text)).transpose()?;
            Ok(())
        },
        show: |all| all.store.database.as_ref().map(|url| quoted(&url.to_string())),
    },
    Key {
        name: "worker.concurrency",
        doc: "runs at the same time",
        set: |all, text| count(text).map(|number: u32| all.worker.concurrency = number as usize),
        show: |all| Some(all.worker.concurrency.to_string()),
    },
    Key {
        name: "worker.per_group",
        doc: "rows of one group at the same time",
        set: |all, text| count(text).map(|number| all.worker.per_group = Some(number)),
        show: |all| Some(all.worker.per_group().to_string()),
    },
    Key {
        name: "worker.grace",
        doc: "how long running work may go on after SIGTERM or Ctrl-C",
        set: |all, text| duration(text).map(|value| all.worker.grace = value),
        show: |all| Some(quoted(&show_duration(all.worker.grace))),
    },
    Key {
        name: "mcp.linger",
        doc: "how long `mcp` goes on with work after its client has gone",
        set: |all, text| duration(text).map(|value| all.mcp.linger = value),
        show: |all| Some(quoted(&show_duration(all.mcp.linger))),
    },
    Key {
        name: "webhooks.allow",
        doc: "exact origins that webhooks may call although they are on a private network",
        set: |all, text| origins(text).map(|allow| all.webhooks.allow = allow),
        show: |all| Some(shown_origins(&all.webhooks.allow)),
    },
    Key {
        name: "tools.allow",
        doc: "exact origins of MCP servers that requests may name although they are on a private network",
        set: |all, text| origins(text).map(|allow| all.tools.allow = allow),
        show: |all| Some(shown_origins(&all.tools.allow)),
    },
    Key {
        name: "fetch.allow",
        doc: "exact origins that may be read although they are on a private network; redirects from elsewhere do not lead there",
        set: |all, text| origins(text).map(|allow| all.fetch.allow = allow),
        show: |all| Some(shown_origins(&all.fetch.allow)),
    },
    Key {
        name: "fetch.timeout",
        doc: "one page, from connect to last byte",
        set: |all, text| duration(text).map(|value| all.fetch.timeout = value),
        show: |all| Some(quoted(&show_duration(all.fetch.timeout))),
    },
    Key {
        name: "fetch.max_size",
        doc: "the largest page or document that is read",
        set: |all, text| size(text).map(|bytes| all.fetch.max_size_bytes = bytes),
        show: |all| Some(quoted(&show_size(all.fetch.max_size_bytes))),
    },
    Key {
        name: "fetch.max_age",
        doc: "how old a page of the web may be that is taken from the archive instead of being asked for; 0s asks always",
        set: |all, text| duration(text).map(|value| all.fetch.max_age = value),
        show: |all| Some(quoted(&show_duration(all.fetch.max_age))),
    },
    Key {
        name: "fetch.browser",
        doc: "a Chromium that renders pages which only scripts fill: its path, auto for the one on the PATH, or off",
        set: |all, text| browser(text).map(|chosen| all.fetch.browser = chosen),
        show: |all| {
            Some(match &all.fetch.browser {
                Browser::Off => quoted("off"),
                Browser::Auto => quoted("auto"),
                Browser::At(path) => quoted(&path.display().to_string()),
            })
        },
    },
    Key {
        name: "search.searxng.url",
        doc: "a SearXNG instance for searching the web; its settings.yml must allow the format json",
        set: |all, text| open_address(text).map(|url| all.search.searxng_url = url),
        show: |all| all.search.searxng_url.as_ref().map(|url| quoted(url.as_str())),
    },
    Key {
        name: "research.prompts",
        doc: "a folder of prompts in the place of the built-in ones; empty for none",
        set: |all, text| {
            let text = text.trim();
            all.research.prompts = (!text.is_empty()).then(|| text.into());
            Ok(())
        },
        show: |all| all.research.prompts.as_ref().map(|path| quoted(&path.display().to_string())),
    },
    Key {
        name: "log.level",
        doc: "error, warn, info, debug or trace; `serve` uses info, other commands warn",
        set: |all, text| {
            text.trim().clone_into(&mut all.log.level);
            Ok(())
        },
        show: |all| Some(quoted(&all.log.level)).filter(|_| !all.log.level.is_empty()),
    },
    Key {
        name: "log.format",
        doc: "text or json",
        set: |all, text| {
            all.log.format = match text.trim() {
                "text" => Format::Text,
                "json" => Format::Json,
                _ => return Err("write text or json".into()),
            };
            Ok(())
        },
        show: |all| {
            let word = match all.log.format {
                Format::Text => "text",
                Format::Json => "json",
            };
            Some(quoted(word))
        },
    },
];

/// The settings of one processor, below `processors.NAME.`.
pub(crate) const PROCESSOR_KEYS: [(&str, &str); 14] = [
    (
        "engine",
        "who does the work: extractive, model or noop; model where one is configured, else extractive",
    ),
    ("rounds", "rounds of searching and reading"),
    ("searches", "searches of one run"),
    ("pages", "pages read by one run"),
    ("wall", "wall time of an attempt; with models it binds only where it is set"),
    ("sources_for_high", "independent sources that a value needs for high confidence"),
    ("findings", "sentences in the findings of a report without a model"),
    ("calls", "questions to language models"),
    ("input_tokens", "tokens sent to language models"),
    ("cost_usd", "US dollars for language models; binds where their prices are known"),
    ("width", "parts of a plan that are investigated side by side"),
    ("branches", "independent investigations, reconciled at the end"),
    ("tool_calls", "calls of tools that a request names (`mcp_servers`)"),
    ("judging", "which sentences a model judges beside the rules: rules (none), weak or all"),
];

/// Changes one processor, or makes a new one with the budget of `core`.
pub(crate) fn set_processor(
    all: &mut Settings,
    name: &str,
    key: &str,
    text: &str,
) -> Result<(), String> {
    let known = &mut all.processors.0;
    let at = if let Some(at) = known.iter().position(|processor| processor.name == name) {
        at
    } else {
        known.push(new_processor(name)?);
        known.len() - 1
    };
    let processor = &mut known[at];
    let caps = &mut processor.caps;
    match key {
        "engine" => {
            processor.engine =
                Engine::parse(text.trim()).ok_or("write extractive, model or noop".to_owned())?;
        }
        "rounds" => caps.rounds = count(text)?,
        "searches" => caps.searches = count(text)?,
        "pages" => caps.pages = count(text)?,
        "wall" => caps.wall = duration(text)?,
        "sources_for_high" => caps.sources_for_high = count(text)?,
        "findings" => caps.findings = count(text)?,
        "calls" => caps.calls = count(text)?,
        "input_tokens" => caps.input_tokens = count(text)?,
        "cost_usd" => caps.cost_micro_usd = dollars(text)?,
        "width" => caps.width = count(text)?,
        "branches" => caps.branches = count(text)?,
        "tool_calls" => caps.tool_calls = count(text)?,
        "judging" => {
            caps.judging =
                Judging::parse(text.trim()).ok_or("write rules, weak or all".to_owned())?;
        }
        _ => return Err(format!("`{key}` is not a setting of a processor")),
    }
    Ok(())
}

fn new_processor(name: &str) -> Result<Processor, String> {
    let is_fine = (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !is_fine {
        return Err(format!("`{name}` cannot be the name of a processor; use a-z, 0-9 and `-`"));
    }
    domain::processor::defaults()
        .into_iter()
        .find(|processor| processor.name == domain::processor::DEFAULT_FOR_ROWS)
        .map(|core| Processor { name: name.to_owned(), ..core })
        .ok_or_else(|| "the default processors are gone".into())
}

/// What is in force for one processor, as pairs of key and value.
pub(crate) fn show_processor(processor: &Processor) -> Vec<(&'static str, String)> {
    let caps = &processor.caps;
    vec![
        ("engine", quoted(processor.engine.as_str())),
        ("rounds", caps.rounds.to_string()),
        ("searches", caps.searches.to_string()),
        ("pages", caps.pages.to_string()),
        ("wall", quoted(&show_duration(caps.wall))),
        ("sources_for_high", caps.sources_for_high.to_string()),
        ("findings", caps.findings.to_string()),
        ("calls", caps.calls.to_string()),
        ("input_tokens", caps.input_tokens.to_string()),
        ("cost_usd", quoted(&show_dollars(caps.cost_micro_usd))),
        ("width", caps.width.to_string()),
        ("branches", caps.branches.to_string()),
        ("tool_calls", caps.tool_calls.to_string()),
        ("judging", quoted(caps.judging.as_str())),
    ]
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The known name that was most likely meant.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tail = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    known.min_by_key(|name| distance(given, name).min(1 + distance(&tail(given), &tail(name))))
}

/// Insertions, removals and changes of a character between two words.
pub(crate) fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
