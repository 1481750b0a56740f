//! `advanced_settings` of the Task API: what of it is used here, and a warning for what is not.

use domain::country::Country;
use domain::run::Warning;
use domain::spec::{Escalation, Refused};
use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::submit::unused;

/// The settings of one run, checked.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) country: Option<Country>,
    pub(super) escalation: Escalation,
    /// Members that are taken and not used.
    pub(super) warnings: Vec<Warning>,
}

impl Settings {
    pub(super) fn read(value: Option<&Value>) -> Result<Self, Problem> {
        let mut settings = Self::default();
        for (name, value) in members(value)? {
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("location", Value::String(text)) => settings.country = Some(country(&text)?),
                ("location", other) => return Err(no_country(&other.to_string())),
                ("escalation", given) => settings.escalation = escalation(&given)?,
                _ => settings.warnings.push(unused(&format!("advanced_settings.{name}"))),
            }
        }
        Ok(settings)
    }

    /// Warns where the country changes nothing. `search`: the providers that the run may ask.
    pub(super) fn without_effect(&self, search: &[String]) -> Option<Warning> {
        let country = self.country?;
        let why = if search.is_empty() {
            "only web search goes by a country, and this run has none"
        } else if search.iter().all(|provider| !honours(provider, country)) {
            "none of the search providers of this run can search as in that country"
        } else {
            return None;
        };
        let code = country.code();
        Some(Warning::other(format!(
            "`advanced_settings.location` is `{code}` and not used: {why}"
        )))
    }
}

/// Whether a search provider answers as in a country.
fn honours(provider: &str, country: Country) -> bool {
    let about = sources::catalogue().find(|about| about.name == provider);
    // SearXNG knows a country as the region of a language.
    let is_known = provider != sources::SEARXNG || country.language().is_some();
    about.is_some_and(|about| about.able.country) && is_known
}

/// Ours: which fields of a row are asked of a model.
fn escalation(given: &Value) -> Result<Escalation, Problem> {
    given.as_str().and_then(Escalation::parse).ok_or_else(|| {
        let known = Escalation::ALL.map(|known| format!("\"{}\"", known.as_str())).join(" or ");
        let shown: String = given.to_string().chars().take(60).collect();
        Refused::field("advanced_settings.escalation", format!("is {shown}; it must be {known}"))
            .into()
    })
}

fn members(value: Option<&Value>) -> Result<Map<String, Value>, Problem> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members.clone()),
        Some(_) => {
            let rule = "must be an object such as {\"location\": \"us\"}";
            Err(Refused::field("advanced_settings", rule).into())
        }
    }
}

fn country(text: &str) -> Result<Country, Problem> {
    Country::parse(text.trim()).ok_or_else(|| no_country(text))
}

fn no_country(given: &str) -> Problem {
    let shown: String = given.chars().take(60).collect();
    let rule = format!(
        "is `{shown}`; it must be the two letters of a country (ISO 3166-1), such as \"us\" or \"de\""
    );
    Refused::field("advanced_settings.location", rule).into()
}
