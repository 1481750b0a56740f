//! The prompts: files with a head that says what goes in and comes out, a system part and a user part.
//!
//! An operator may put files of the same names in their place. A run goes on with the set that it began with.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Failed;

/// All prompts that a run may need, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    set: BTreeMap<String, String>,
    hash: Vec<u8>,
}

/// Why a file cannot take the place of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("`{name}` is not the name of a prompt; there are {known}")]
    Unknown { name: String, known: String },
    #[error("the prompt `{name}` has no line `{SPLIT}` between its system part and its user part")]
    NoUserPart { name: String },
    #[error("the prompt `{name}` uses `{variable}`, which is not given to it; there are {known}")]
    Variable { name: String, variable: String, known: String },
    #[error("the prompt `{name}` is no template: {why}")]
    Template { name: String, why: String },
}

/// Stands on a line of its own before the user part.
const SPLIT: &str = "=== user ===";

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../prompts/", $name, ".md")))),+]
    };
}

const BUILT_IN: [(&str, &str); 16] = files![
    "answer",
    "choose",
    "columns",
    "conflicts",
    "gaps",
    "judge",
    "judge_fields",
    "mend",
    "plan",
    "read",
    "read_fields",
    "repair",
    "section",
    "shape",
    "tools",
    "write_fields",
];

impl Default for Prompts {
    fn default() -> Self {
        let set = BUILT_IN.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self::of(set.into_iter().collect())
    }
}

impl Prompts {
    fn of(set: BTreeMap<String, String>) -> Self {
        let mut hash = Sha256::new();
        for (name, text) in &set {
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        let hash = hash.finalize().to_vec();
        Self { set, hash }
    }

    /// The built-in ones with some of them replaced, each checked: a prompt that asks for what it is not given would
    /// fail in the middle of a run.
    pub fn replaced(texts: impl IntoIterator<Item = (String, String)>) -> Result<Self, Refused> {
        let mut set = Self::default().set;
        for (name, text) in texts {
            let Some(built_in) = set.get(&name) else {
                let known = BUILT_IN.map(|(name, _)| name).join(", ");
                return Err(Refused::Unknown { name, known });
            };
            let known = inputs(built_in);
            check(&name, &text, &known)?;
            set.insert(name, text);
        }
        Ok(Self::of(set))
    }

    pub(crate) fn hash(&self) -> &[u8] {
        &self.hash
    }

    /// For keeping beside a run.
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(&self.set).unwrap_or_default()
    }

    pub(crate) fn from_text(text: &str) -> Result<Self, Failed> {
        let broken = |why| Failed::Broken(format!("the prompts of this run cannot be read: {why}"));
        Ok(Self::of(serde_json::from_str(text).map_err(broken)?))
    }

    /// The system part and the user part, filled in.
    pub(crate) fn render(&self, name: &str, given: &Value) -> Result<(String, String), Failed> {
        let broken = |why: String| Failed::Broken(format!("the prompt `{name}`: {why}"));
        let text = self.set.get(name).ok_or_else(|| broken("is not there".into()))?;
        let (system, user) = parts(text).ok_or_else(|| broken("has no user part".into()))?;
        let environment = environment();
        let fill = |part: &str| {
            let filled = environment
                .render_str(part, minijinja::Value::from(minijinja::value::Serde(given)));
            filled.map(|text| text.trim().to_owned()).map_err(|why| broken(why.to_string()))
        };
        Ok((fill(system)?, fill(user)?))
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    // Built of two switches, which cannot contradict each other.
    if let Ok(syntax) = syntax.build() {
        environment.set_syntax(syntax);
    }
    environment
}

fn check(name: &str, text: &str, known: &BTreeSet<String>) -> Result<(), Refused> {
    let name = name.to_owned();
    let Some((system, user)) = parts(text) else { return Err(Refused::NoUserPart { name }) };
    let environment = environment();
    for part in [system, user] {
        let template = environment.template_from_str(part);
        let template = template
            .map_err(|why| Refused::Template { name: name.clone(), why: why.to_string() })?;
        let stranger =
            template.undeclared_variables(false).into_iter().find(|name| !known.contains(name));
        if let Some(variable) = stranger {
            let known = known.iter().cloned().collect::<Vec<_>>().join(", ");
            return Err(Refused::Variable { name, variable, known });
        }
    }
    Ok(())
}

/// What stands behind the head, before and after the line that splits it.
fn parts(text: &str) -> Option<(&str, &str)> {
    let body = match text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) {
        Some((_, body)) => body,
        None => text,
    };
    body.split_once(SPLIT)
}

/// The variables that a prompt's head lists: names, what is in their brackets left out.
fn inputs(text: &str) -> BTreeSet<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("input:")).unwrap_or_default();
    let mut depth = 0;
    let outer: String = line
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '(');
            let is_outer = depth == 0;
            depth -= i32::from(*c == ')');
            is_outer
        })
        .collect();
    outer.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod rendered;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_prompt_uses_only_what_its_head_lists() {
        for (name, text) in BUILT_IN {
            assert_eq!(check(name, text, &inputs(text)), Ok(()), "{name}");
            assert!(text.starts_with("---\npurpose: "), "{name}");
        }
    }

    #[test]
    fn a_prompt_that_uses_what_it_is_not_given_is_refused_with_what_there_is() {
        let text = format!("{{{{ question }}}}\n{SPLIT}\n{{{{ secret }}}}");
        let refused = Prompts::replaced([("shape".into(), text)]).unwrap_err().to_string();
        let known = "the prompt `shape` uses `secret`, which is not given to it; there are max_fields, question";
        assert_eq!(refused, known);
        let refused = Prompts::replaced([("shape".into(), "no parts".into())]).unwrap_err();
        assert!(refused.to_string().contains("has no line `=== user ===`"), "{refused}");
        let refused = Prompts::replaced([("shap".into(), String::new())]).unwrap_err();
        assert!(refused.to_string().starts_with("`shap` is not the name of a prompt"), "{refused}");
    }

    #[test]
    fn a_set_is_known_by_its_words_and_reads_back() {
        let text = format!("Ask.\n{SPLIT}\n{{{{ question }}}}");
        let other = Prompts::replaced([("shape".into(), text)]).unwrap();
        assert_ne!(other.hash(), Prompts::default().hash());
        assert_eq!(Prompts::from_text(&other.to_text()).unwrap(), other);
        let given = json!({ "question": "What is {{ x }}?", "max_fields": 3 });
        let filled = ("Ask.".to_owned(), "What is {{ x }}?".to_owned());
        assert_eq!(other.render("shape", &given).unwrap(), filled);
    }

    #[test]
    fn an_undefined_variable_is_an_error() {
        assert!(Prompts::default().render("shape", &json!({ "question": "Why?" })).is_err());
    }
}
