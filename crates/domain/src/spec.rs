//! What a run is asked to do, checked once. Behind the constructors here, the type is the proof.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::address::{addresses_in, names_sites, sites_in};
use crate::country::Country;
use crate::model::Cast;
use crate::outgoing::Outgoing;
use crate::processor::Processor;
use crate::run::Warning;
use crate::schema::{self, Schema, required};
use crate::source::SourceName;
use crate::tools::ToolServer;

/// Characters of a research question or of a row written as JSON.
pub const MAX_INPUT: usize = 15_000;
/// Characters of specification and input together.
pub const MAX_SPEC_AND_INPUT: usize = 25_000;
/// Entries of a metadata object, and the characters of its keys and values.
pub const MAX_METADATA: usize = 50;
pub const MAX_METADATA_KEY: usize = 64;
pub const MAX_METADATA_VALUE: usize = 512;
/// Domains in a source policy, included and excluded together.
pub const MAX_DOMAINS: usize = 200;

/// Everything a run is asked to do but its input: shared by all rows of one request, resolved when the
/// run is created, and carried by it from then on.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    pub wanted: Wanted,
    pub processor: Processor,
    /// The named sources it may read; the store knows where they are.
    pub sources: Vec<SourceName>,
    /// Search providers by name; empty where none is configured or allowed.
    pub search: Vec<String>,
    pub policy: SourcePolicy,
    /// Whose view of the web is wanted, where a search provider can give it.
    pub country: Option<Country>,
    /// As the caller described the rows, to be given back; checked, and not used further.
    pub input_schema: Option<Value>,
    /// The language models of the run; `None` where the processor is served without.
    pub cast: Option<Cast>,
    pub escalation: Escalation,
    /// What its creator's settings let out. A worker keeps to the stricter of these and its own.
    pub outgoing: Outgoing,
    /// Servers of tools that it may call.
    pub tools: Vec<ToolServer>,
    /// Members of the request that are only given back, as they were sent: `advanced_settings`, `enable_events`,
    /// `memory_scope_key`.
    pub echo: Map<String, Value>,
}

/// Which fields of a row are asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Escalation {
    /// Those that the rules do not find with high confidence.
    #[default]
    Uncertain,
    /// All.
    Every,
}

impl Escalation {
    pub const ALL: [Self; 2] = [Self::Uncertain, Self::Every];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uncertain => "uncertain",
            Self::Every => "every",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|escalation| escalation.as_str() == word)
    }
}

/// The shape of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// The answer's shape is made for the question.
    Auto,
    Text {
        description: Option<String>,
    },
    Fields(Schema),
}

/// A question, or the row of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    Text(String),
    Row(Map<String, Value>),
}

/// Which addresses may be read. Entries are domains (with their subdomains), suffixes such as `.gov`, domains
/// with a path, or names of local sources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourcePolicy {
    /// Where it is not empty, nothing else is read.
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    /// Pages that say they are older are left out, `YYYY-MM-DD`.
    pub after: Option<String>,
}

/// Why a request cannot become a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("`input` is empty: give a question as text or a row as an object")]
    EmptyInput,
    #[error("`input` must be text or an object, and is {0}")]
    InputType(&'static str),
    #[error("`input` has {length} characters; at most {MAX_INPUT} are allowed")]
    InputTooLong { length: usize },
    #[error(
        "specification and input have {length} characters together; at most {MAX_SPEC_AND_INPUT} are allowed"
    )]
    TooLong { length: usize },
    #[error("`task_spec.output_schema`: {0}")]
    OutputSchema(schema::Refused),
    #[error("`{field}` {rule}")]
    Field { field: String, rule: String },
}

impl Refused {
    pub fn field(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Field { field: field.into(), rule: rule.into() }
    }
}

impl Input {
    pub fn parse(value: Value) -> Result<Self, Refused> {
        let input = match value {
            Value::String(text) if text.trim().is_empty() => return Err(Refused::EmptyInput),
            Value::String(text) => Self::Text(text),
            Value::Object(row) if row.is_empty() => return Err(Refused::EmptyInput),
            Value::Object(row) => Self::Row(row),
            Value::Null => return Err(Refused::EmptyInput),
            Value::Bool(_) => return Err(Refused::InputType("true or false")),
            Value::Number(_) => return Err(Refused::InputType("a number")),
            Value::Array(_) => return Err(Refused::InputType("a list")),
        };
        let length = input.length();
        if length > MAX_INPUT { Err(Refused::InputTooLong { length }) } else { Ok(input) }
    }

    /// Characters, a row counted as JSON.
    pub fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            Self::Row(row) => Value::Object(row.clone()).to_string().chars().count(),
        }
    }

    pub fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Row(row) => Value::Object(row.clone()),
        }
    }

    /// The texts in it, for finding addresses: the question itself, or each cell.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Row(row) => row
                .values()
                .map(|cell| match cell {
                    Value::String(text) => text.clone(),
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Array(_)
                    | Value::Object(_) => cell.to_string(),
                })
                .collect(),
        }
    }

    /// Addresses that it names, in order: whole ones and domains; in columns for websites also domains of endings that
    /// are words elsewhere, such as `example.travel`.
    pub fn addresses(&self) -> Vec<String> {
        let cell = |(column, text): (&String, String)| {
            if names_sites(column) { sites_in(&text) } else { addresses_in(&text) }
        };
        match self {
            Self::Text(text) => addresses_in(text),
            Self::Row(row) => row.keys().zip(self.texts()).flat_map(cell).collect(),
        }
    }
}

impl Wanted {
    /// Reads the `output_schema` of the Task API: text, `{type: text|json|auto}`, or a bare `json_schema`.
    pub fn parse(value: Option<&Value>) -> Result<(Self, Vec<Warning>), Refused> {
        let text = |description: Option<&str>| Self::Text {
            description: description.map(str::trim).filter(|d| !d.is_empty()).map(str::to_owned),
        };
        let object = match value {
            None | Some(Value::Null) => return Ok((Self::Auto, Vec::new())),
            Some(Value::String(description)) => return Ok((text(Some(description)), Vec::new())),
            Some(Value::Object(object)) => object,
            Some(_) => {
                return Err(Refused::field(
                    "task_spec.output_schema",
                    "must be text or an object such as {\"type\": \"json\", \"json_schema\": {…}}",
                ));
            }
        };
        let kind = object.get("type").and_then(Value::as_str);
        match (kind, object.get("json_schema")) {
            (None | Some("json"), Some(schema)) => {
                let (schema, warnings) =
                    Schema::parse(schema.clone()).map_err(Refused::OutputSchema)?;
                required::check(schema.raw(), "").map_err(Refused::OutputSchema)?;
                Ok((Self::Fields(schema), warnings))
            }
            (Some("json"), None) => {
                Err(Refused::field("task_spec.output_schema.json_schema", "is missing"))
            }
            (Some("text"), _) => {
                Ok((text(object.get("description").and_then(Value::as_str)), Vec::new()))
            }
            (Some("auto"), _) => Ok((Self::Auto, Vec::new())),
            (other, _) => Err(Refused::field(
                "task_spec.output_schema.type",
                format!("is `{}`; it must be text, json or auto", other.unwrap_or("missing")),
            )),
        }
    }
}

impl SourcePolicy {
    /// Checks the two lists and the date of the Task API's `source_policy`.
    pub fn new(
        include: Vec<String>,
        exclude: Vec<String>,
        after: Option<String>,
    ) -> Result<Self, Refused> {
        if include.len() + exclude.len() > MAX_DOMAINS {
            return Err(Refused::field(
                "source_policy",
                format!(
                    "names {} domains; at most {MAX_DOMAINS} are allowed",
                    include.len() + exclude.len()
                ),
            ));
        }
        for (field, list) in [("include_domains", &include), ("exclude_domains", &exclude)] {
            if let Some(bad) = list.iter().find(|entry| !is_domain_rule(entry)) {
                return Err(Refused::field(
                    format!("source_policy.{field}"),
                    format!(
                        "has `{bad}`; write a domain such as example.org, a suffix such as .gov, \
                         a domain with a path, or the name of a source"
                    ),
                ));
            }
        }
        if let Some(date) = &after
            && !is_date(date)
        {
            return Err(Refused::field(
                "source_policy.after_date",
                format!("is `{date}`; write a date as YYYY-MM-DD"),
            ));
        }
        Ok(Self { include, exclude, after })
    }

    /// Whether an address on the web may be read: `host` in lower case, `path` beginning with `/`.
    pub fn allows_web(&self, host: &str, path: &str) -> bool {
        let path = unescaped(path);
        let fits = |rule: &String| domain_rule_fits(rule, host.trim_end_matches('.'), &path);
        if self.include.is_empty() {
            !self.exclude.iter().any(fits)
        } else {
            self.include.iter().any(fits)
        }
    }

    /// Whether a local source may be read.
    pub fn allows_source(&self, name: &SourceName) -> bool {
        let names_it = |rule: &String| rule == name.as_str();
        if self.include.is_empty() {
            !self.exclude.iter().any(names_it)
        } else {
            self.include.iter().any(names_it)
        }
    }
}

fn domain_rule_fits(rule: &str, host: &str, path: &str) -> bool {
    let (domain, prefix) = rule.split_once('/').unwrap_or((rule, ""));
    let domain = domain.to_lowercase();
    let bare = domain.trim_start_matches('.');
    let host_fits = host == bare || host.strip_suffix(bare).is_some_and(|rest| rest.ends_with('.'));
    let prefix = &*unescaped(prefix.trim_end_matches('/'));
    let path = path.trim_start_matches('/');
    let path_fits = prefix.is_empty()
        || path == prefix
        || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    host_fits && path_fits
}

/// A path in which no character is escaped: `/%61/b` is `/a/b`, and most servers take `%2F` for a slash, too.
fn unescaped(path: &str) -> Cow<'_, str> {
    percent_decode_str(path).decode_utf8_lossy()
}

fn is_domain_rule(entry: &str) -> bool {
    !entry.is_empty()
        && entry.len() <= 253
        && !entry.contains("..")
        && !entry.contains("://")
        && !entry.starts_with('/')
        && !entry.contains(|c: char| {
            c.is_whitespace() || matches!(c, '?' | '#' | '@' | ':' | '*' | '\\')
        })
}

fn is_date(text: &str) -> bool {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, format).is_ok()
}

/// Checks the caller's own notes on a run or group.
pub fn metadata(value: Option<Value>) -> Result<Option<Map<String, Value>>, Refused> {
    let entries = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(entries)) => entries,
        Some(_) => return Err(Refused::field("metadata", "must be an object of names and values")),
    };
    if entries.len() > MAX_METADATA {
        return Err(Refused::field(
            "metadata",
            format!("has {} entries; at most {MAX_METADATA} are allowed", entries.len()),
        ));
    }
    for (key, value) in &entries {
        let length = match value {
            Value::String(text) => text.chars().count(),
            Value::Number(_) | Value::Bool(_) => 0,
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(Refused::field(
                    format!("metadata.{key}"),
                    "must be text, a number, true or false",
                ));
            }
        };
        if key.chars().count() > MAX_METADATA_KEY || length > MAX_METADATA_VALUE {
            return Err(Refused::field(
                format!("metadata.{}", key.chars().take(MAX_METADATA_KEY).collect::<String>()),
                format!(
                    "is too long: keys have at most {MAX_METADATA_KEY} characters, values {MAX_METADATA_VALUE}"
                ),
            ));
        }
    }
    Ok(Some(entries))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_input_is_text_or_a_row_and_never_empty() {
        assert_eq!(Input::parse(json!("Why?")), Ok(Input::Text("Why?".into())));
        assert_eq!(Input::parse(json!("  ")), Err(Refused::EmptyInput));
        assert_eq!(Input::parse(json!({})), Err(Refused::EmptyInput));
        assert_eq!(Input::parse(json!(3)), Err(Refused::InputType("a number")));
        let long = Input::parse(json!("x".repeat(MAX_INPUT + 1)));
        assert_eq!(long, Err(Refused::InputTooLong { length: MAX_INPUT + 1 }));
    }

    #[test]
    fn a_row_names_addresses_of_any_ending_in_columns_for_websites() {
        let row = json!({"Company": "Firma.cologne GmbH", "Website": "firma.cologne", "notes": "a.travel, b.org"});
        let row = Input::parse(row).unwrap();
        assert_eq!(row.addresses(), ["https://firma.cologne", "https://b.org"]);
        let text = Input::Text("What does firma.cologne sell, says b.org?".into());
        assert_eq!(text.addresses(), ["https://b.org"]);
    }

    #[test]
    fn a_wanted_output_is_text_json_or_auto() {
        let kind = |value: Value| Wanted::parse(Some(&value)).map(|(wanted, _)| wanted);
        assert_eq!(Wanted::parse(None).unwrap().0, Wanted::Auto);
        assert_eq!(
            kind(json!("a city")).unwrap(),
            Wanted::Text { description: Some("a city".into()) }
        );
        assert_eq!(kind(json!({"type": "auto"})).unwrap(), Wanted::Auto);
        let refused = kind(json!({"type": "xml"})).unwrap_err().to_string();
        assert_eq!(
            refused,
            "`task_spec.output_schema.type` is `xml`; it must be text, json or auto"
        );
    }

    #[test]
    fn a_policy_covers_subdomains_suffixes_and_paths() {
        let policy = |include: &[&str], exclude: &[&str]| {
            let list = |of: &[&str]| of.iter().map(|s| (*s).to_owned()).collect();
            SourcePolicy::new(list(include), list(exclude), None).unwrap()
        };
        assert!(policy(&["example.org"], &[]).allows_web("docs.example.org", "/"));
        assert!(!policy(&["example.org"], &[]).allows_web("badexample.org", "/"));
        assert!(policy(&[".gov"], &[]).allows_web("www.data.gov", "/a"));
        assert!(policy(&["example.org/docs/"], &[]).allows_web("example.org", "/docs/a"));
        assert!(!policy(&["example.org/docs"], &[]).allows_web("example.org", "/docsearch"));
        assert!(!policy(&[], &["example.org"]).allows_web("example.org", "/"));
        assert!(!policy(&[], &["example.org"]).allows_web("a.example.org.", "/"));
        for path in ["/%61/b", "/a%2Fb", "/%41"] {
            let excluded = path != "/%41";
            assert_eq!(!policy(&[], &["example.org/a"]).allows_web("example.org", path), excluded);
        }
        assert!(policy(&["example.org/a%20b"], &[]).allows_web("example.org", "/a%20b/c"));
        let name = SourceName::parse("manual").unwrap();
        assert!(policy(&[], &[]).allows_source(&name));
        assert!(!policy(&["example.org"], &[]).allows_source(&name));
        assert!(policy(&["manual"], &[]).allows_source(&name));
    }

    #[test]
    fn a_policy_refuses_addresses_and_wrong_dates() {
        let refused = SourcePolicy::new(vec!["https://a.org".into()], vec![], None);
        assert!(refused.unwrap_err().to_string().contains("has `https://a.org`; write a domain"));
        assert!(SourcePolicy::new(vec![], vec![], Some("2026-02-30".into())).is_err());
    }

    #[test]
    fn metadata_is_flat_and_bounded() {
        assert!(metadata(Some(json!({"row": 7, "who": "me", "ok": true}))).is_ok());
        let refused = metadata(Some(json!({"deep": {}}))).unwrap_err().to_string();
        assert_eq!(refused, "`metadata.deep` must be text, a number, true or false");
        assert!(metadata(Some(json!({"k": "v".repeat(513)}))).is_err());
    }
}
