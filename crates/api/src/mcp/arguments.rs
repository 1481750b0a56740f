//! Arguments as models send them: other names, numbers as text, lists as text. What was read otherwise than it
//! was sent is noted; what cannot be read is a problem that names the argument, its value, the rule and an example.

use serde_json::{Map, Value};

use crate::mcp::call::Refusal;

/// The arguments of one call, taken out one by one.
pub(super) struct Arguments {
    given: Map<String, Value>,
    /// How something was read that was not sent as the schema says.
    pub(super) notes: Vec<String>,
    problems: Vec<String>,
}

/// An argument: its name in the schema, and names by which models call it besides.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
}

pub(super) const ID: Named = Named {
    name: "taskRunOrGroupId",
    aliases: &[
        "id",
        "runid",
        "groupid",
        "taskid",
        "taskrunid",
        "taskgroupid",
        "interactionid",
        "handle",
        "jobid",
        "uri",
    ],
};
pub(super) const QUESTION: Named = Named {
    name: "input",
    aliases: &["query", "question", "prompt", "objective", "topic", "task", "text", "q"],
};
pub(super) const ROWS: Named = Named {
    name: "inputs",
    aliases: &["rows", "data", "items", "table", "csv", "input", "records", "entities"],
};
pub(super) const OUTPUT: Named = Named {
    name: "output",
    aliases: &[
        "columns",
        "fields",
        "outputschema",
        "outputs",
        "schema",
        "find",
        "outputdescription",
        "jsonschema",
        "enrich",
    ],
};
/// The group to which rows are added, also under the names that ids have elsewhere.
pub(super) const GROUP: Named =
    Named { name: "group_id", aliases: &["taskgroupid", "taskrunorgroupid", "id", "groupid"] };
pub(super) const WAIT: Named = Named {
    name: "wait_seconds",
    aliases: &["wait", "timeout", "timeoutseconds", "seconds", "waittime"],
};
pub(super) const PROCESSOR: Named =
    Named { name: "processor", aliases: &["level", "tier", "depth"] };
pub(super) const CURSOR: Named =
    Named { name: "cursor", aliases: &["page", "nextcursor", "offset"] };

/// Greater bounds than this say nothing to a reader.
const MAX_SHOWN: u64 = 1_000_000;

/// Whether only an estimate is wanted.
pub(super) const ESTIMATE: Named =
    Named { name: "estimate_only", aliases: &["estimate", "dryrun", "onlyestimate"] };

/// An argument without other names.
pub(super) const fn named(name: &'static str) -> Named {
    Named { name, aliases: &[] }
}

impl Arguments {
    pub(super) fn new(given: Option<Map<String, Value>>) -> Self {
        let mut given = given.unwrap_or_default();
        given.retain(|_, value| !value.is_null());
        Self { given, notes: Vec::new(), problems: Vec::new() }
    }

    /// The value of an argument, under its name or another one; empty text counts as nothing.
    pub(super) fn take(&mut self, named: &Named) -> Option<Value> {
        let value = if let Some(value) = self.given.shift_remove(named.name) {
            value
        } else {
            let is_meant = |key: &&String| {
                let key = plain(key);
                key == plain(named.name) || named.aliases.contains(&key.as_str())
            };
            let key = self.given.keys().find(is_meant).cloned()?;
            if plain(&key) != plain(named.name) {
                self.note(format!("`{}` was taken as `{}`", shown(&key), named.name));
            }
            self.given.shift_remove(&key)?
        };
        let is_empty = value.as_str().is_some_and(|text| text.trim().is_empty());
        (!is_empty).then_some(value)
    }

    /// Whether an argument is given, under its name or another one.
    pub(super) fn has(&self, named: &Named) -> bool {
        has(&self.given, named)
    }

    pub(super) fn text(&mut self, named: &Named, such: &str) -> Option<String> {
        match self.take(named)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Array(list) if list.len() == 1 && list[0].is_string() => {
                self.note(format!(
                    "`{}` was a list of one text and was read as that text",
                    named.name
                ));
                list[0].as_str().map(|text| text.trim().to_owned())
            }
            other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                self.refuse(named.name, &other, &format!("it must be text, such as `{such}`"));
                None
            }
        }
    }

    pub(super) fn needed_text(&mut self, named: &Named, such: &str) -> Option<String> {
        let before = self.problems.len();
        let text = self.text(named, such);
        if text.is_none() && self.problems.len() == before {
            self.problem(format!("`{}` is missing; give for example `{such}`", named.name));
        }
        text
    }

    /// A whole number within bounds; beyond them it is the nearest bound, and that is noted.
    pub(super) fn number(&mut self, named: &Named, from: u64, to: u64) -> Option<u64> {
        let value = self.take(named)?;
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().trim_end_matches('s').trim().parse().ok(),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::Null => None,
        };
        let Some(number) = number.filter(|number| number.is_finite() && *number >= 0.0) else {
            let rule = if to > MAX_SHOWN {
                format!("it must be a whole number, {from} or more")
            } else {
                format!("it must be a whole number from {from} to {to}, such as {to}")
            };
            self.refuse(named.name, &value, &rule);
            return None;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is not negative, and clamped"
        )]
        let whole = number.min(1e15).round() as u64;
        let kept = whole.clamp(from, to);
        if kept != whole {
            self.note(format!(
                "`{}` was {whole}; the nearest that is allowed is {kept}",
                named.name
            ));
        }
        Some(kept)
    }

    /// Texts as a list, as one text with commas, or as JSON.
    pub(super) fn texts(&mut self, named: &Named, such: &str) -> Option<Vec<String>> {
        let value = self.take(named)?;
        let texts = match &value {
            Value::String(text) => match serde_json::from_str::<Vec<String>>(text) {
                Ok(texts) => Some(texts),
                Err(_) => Some(text.split([',', ' ']).map(str::to_owned).collect()),
            },
            Value::Array(list) => {
                list.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) | Value::Null => None,
        };
        let Some(texts) = texts else {
            self.refuse(named.name, &value, &format!("it must be a list of texts, such as {such}"));
            return None;
        };
        let texts = texts.iter().map(|text| text.trim().to_owned());
        Some(texts.filter(|text| !text.is_empty()).collect())
    }

    /// An object, or one written as JSON.
    pub(super) fn object(&mut self, named: &Named, such: &str) -> Option<Map<String, Value>> {
        let value = self.take(named)?;
        let written = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let Value::Object(members) = written.as_ref().unwrap_or(&value) {
            return Some(members.clone());
        }
        self.refuse(named.name, &value, &format!("it must be an object, such as {such}"));
        None
    }

    pub(super) fn choice(
        &mut self,
        named: &Named,
        choices: &[&'static str],
    ) -> Option<&'static str> {
        let value = self.take(named)?;
        let word = value.as_str().map(|word| word.trim().to_lowercase()).unwrap_or_default();
        let found = choices.iter().find(|choice| **choice == word).copied();
        if found.is_none() {
            let rule = format!("it must be one of {}", choices.join(", "));
            self.refuse(named.name, &value, &rule);
        }
        found
    }

    /// Yes or no, also as text; no where it is not given.
    pub(super) fn flag(&mut self, named: &Named) -> bool {
        let Some(value) = self.take(named) else { return false };
        let word = value.as_str().map(str::to_lowercase);
        match (value.as_bool(), word.as_deref()) {
            (Some(flag), _) => flag,
            (None, Some("true" | "yes")) => true,
            (None, Some("false" | "no")) => false,
            (None, _) => {
                self.refuse(named.name, &value, "it must be true or false");
                false
            }
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    pub(super) fn refuse(&mut self, name: &str, value: &Value, rule: &str) {
        self.problem(format!("`{name}` is `{}`: {rule}", brief(value)));
    }

    /// Notes what nobody asked for, and refuses if there was any problem.
    pub(super) fn finish(mut self) -> Result<Vec<String>, Refusal> {
        if !self.problems.is_empty() {
            return Err(Refusal { problems: self.problems });
        }
        let unknown: Vec<String> =
            self.given.keys().map(|name| format!("`{}`", shown(name))).take(10).collect();
        if !unknown.is_empty() {
            self.note(format!(
                "not an argument of this tool, and left aside: {}",
                unknown.join(", ")
            ));
        }
        Ok(self.notes)
    }
}

/// Whether an argument is given, under its name or another one.
pub(super) fn has(given: &Map<String, Value>, named: &Named) -> bool {
    given.keys().any(|key| {
        let key = plain(key);
        key == plain(named.name) || named.aliases.contains(&key.as_str())
    })
}

/// `task_run_id`, `taskRunId` and `Task-Run-ID` are one name.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// A name as sent, cut.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A value as sent, cut to 60 characters.
pub(super) fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    };
    let cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(value: Value) -> Arguments {
        let Value::Object(given) = value else { panic!("an object") };
        Arguments::new(Some(given))
    }

    #[test]
    fn another_name_is_understood_and_noted() {
        let mut args =
            arguments(json!({"run_id": "trun_1", "Wait-Seconds": "20s", "color": "red"}));
        assert_eq!(args.text(&ID, "trun_…").as_deref(), Some("trun_1"));
        assert_eq!(args.number(&WAIT, 0, 50), Some(20));
        assert_eq!(
            args.finish().unwrap(),
            [
                "`run_id` was taken as `taskRunOrGroupId`",
                "not an argument of this tool, and left aside: `color`"
            ]
        );
    }

    #[test]
    fn every_problem_is_told_with_value_rule_and_example() {
        let mut args = arguments(json!({"wait_seconds": "soon", "input": {"a": 1}}));
        args.number(&WAIT, 0, 50);
        args.needed_text(&QUESTION, "How …?");
        args.needed_text(&ID, "trun_…");
        let refusal = args.finish().unwrap_err();
        assert_eq!(
            refusal.problems,
            [
                "`wait_seconds` is `soon`: it must be a whole number from 0 to 50, such as 50",
                "`input` is `{\"a\":1}`: it must be text, such as `How …?`",
                "`taskRunOrGroupId` is missing; give for example `trun_…`",
            ]
        );
    }

    #[test]
    fn a_number_beyond_its_bounds_is_moved_to_the_nearest() {
        let mut args = arguments(json!({"wait": 600.0}));
        assert_eq!(args.number(&WAIT, 0, 50), Some(50));
        assert!(args.notes[1].contains("nearest"), "{:?}", args.notes);
    }

    #[test]
    fn lists_of_texts_come_in_three_forms() {
        for sent in
            [json!(["a.org", "b.org"]), json!("a.org, b.org"), json!("[\"a.org\",\"b.org\"]")]
        {
            let mut args = arguments(json!({"include_domains": sent}));
            let texts = args.texts(&named("include_domains"), "[\"a.org\"]");
            assert_eq!(texts.as_deref(), Some(&["a.org".to_owned(), "b.org".to_owned()][..]));
        }
    }
}
