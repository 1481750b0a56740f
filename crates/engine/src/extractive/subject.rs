//! What a row is about: which of its columns names the entity, what else it is called, what narrows it down;
//! and the queries that look for it.

use domain::schema::Field;
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use super::labels::{Label, split_name};
use super::values::literals;
use super::words::{is_identifier, is_stop, tokens};

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    pub name: String,
    /// Other ways to write the name, without it.
    pub aliases: Vec<String>,
    /// Host of the subject's own site.
    pub site: Option<String>,
    /// The other columns: name and value.
    pub context: Vec<(String, String)>,
}

/// Columns that name an entity, the most specific first: with `method` and `class` in a row it is about
/// the method.
const ENTITY_COLUMNS: [&str; 62] = [
    "entity",
    "subject",
    "option",
    "flag",
    "switch",
    "parameter",
    "setting",
    "directive",
    "variable",
    "argument",
    "method",
    "function",
    "attribute",
    "endpoint",
    "exception",
    "subcommand",
    "class",
    "command",
    "keyword",
    "operator",
    "statement",
    "term",
    "topic",
    "module",
    "package",
    "library",
    "crate",
    "tool",
    "program",
    "software",
    "person",
    "employee",
    "author",
    "product",
    "model",
    "device",
    "component",
    "part",
    "item",
    "paper",
    "article",
    "book",
    "title",
    "event",
    "project",
    "company",
    "organization",
    "organisation",
    "vendor",
    "institution",
    "university",
    "school",
    "startup",
    "brand",
    "city",
    "place",
    "region",
    "country",
    "name",
    "label",
    "key",
    "id",
];
const ALIAS_COLUMNS: [&str; 9] =
    ["alias", "aliases", "aka", "short", "abbreviation", "ticker", "symbol", "acronym", "synonym"];
const SITE_COLUMNS: [&str; 8] =
    ["website", "site", "domain", "url", "homepage", "web", "link", "host"];
const LEGAL_ENDINGS: [&str; 42] = [
    "inc",
    "inc.",
    "ltd",
    "ltd.",
    "limited",
    "llc",
    "gmbh",
    "ag",
    "se",
    "corp",
    "corp.",
    "corporation",
    "co",
    "co.",
    "company",
    "plc",
    "s.a.",
    "sa",
    "bv",
    "b.v.",
    "kg",
    "oy",
    "oyj",
    "ab",
    "as",
    "a/s",
    "asa",
    "aps",
    "nv",
    "n.v.",
    "spa",
    "s.p.a.",
    "srl",
    "s.r.l.",
    "sarl",
    "sas",
    "llp",
    "lp",
    "ohg",
    "eg",
    "pty",
    "kk",
];
/// Kinds of things that stand beside an identifier and are not part of its name.
const NOUNS_OF_KIND: [&str; 14] = [
    "parameter",
    "setting",
    "option",
    "function",
    "method",
    "module",
    "command",
    "directive",
    "class",
    "variable",
    "flag",
    "package",
    "library",
    "statement",
];

impl Subject {
    /// Reads a row. Which column is the entity is told by its name, then by the shape of its value.
    pub fn of(row: &Map<String, Value>) -> Self {
        let cells: Vec<(String, String)> = row
            .iter()
            .filter_map(|(column, value)| {
                let text = match value {
                    // Pages are read in this form, too.
                    Value::String(text) => text.trim().nfc().collect(),
                    Value::Number(number) => number.to_string(),
                    Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                        return None;
                    }
                };
                (!text.is_empty()).then(|| (column.clone(), text))
            })
            .collect();
        let best = (0..cells.len()).max_by_key(|&index| {
            (entity_rank(&cells[index].0, &cells[index].1), std::cmp::Reverse(index))
        });
        let Some(best) = best else { return Self::default() };
        let mut subject = Self { name: cells[best].1.clone(), ..Self::default() };
        if let Some(question) = looks_like_question(&subject.name) {
            subject = Self::of_text(question);
        }
        for (index, (column, text)) in cells.into_iter().enumerate() {
            if index == best {
                continue;
            }
            let is_called =
                |list: &[&str]| split_name(&column).iter().any(|w| list.contains(&w.as_str()));
            if is_called(&ALIAS_COLUMNS) {
                subject.aliases.extend(text.split([',', ';']).map(|part| part.trim().to_owned()));
            }
            if subject.site.is_none() && (is_called(&SITE_COLUMNS) || text.contains("://")) {
                subject.site = host_of(&text);
            }
            subject.context.push((column, text));
        }
        subject.complete()
    }

    /// Reads plain text: a name, or a question about one.
    pub fn of_text(text: &str) -> Self {
        let text: String = text.nfc().collect();
        let text = text.as_str();
        let site = literals::urls(text).first().and_then(|span| host_of(&text[span.clone()]));
        let bare: String = text
            .split_whitespace()
            .filter(|word| !word.contains("://"))
            .collect::<Vec<_>>()
            .join(" ");
        let quoted = literals::quoted(&bare).first().map(|span| bare[span.clone()].to_owned());
        let words = tokens(&bare);
        let identifier = words
            .iter()
            .find(|word| is_identifier(&word.lower))
            .map(|word| bare[word.span.clone()].to_owned());
        let is_name = words.len() <= 4 && !bare.contains('?');
        let capitals = longest_capitals(&bare);
        let name = if is_name {
            Some(bare.trim_matches(|c: char| "()[]\"“”,;:".contains(c)).to_owned())
        } else {
            quoted.or(identifier).or(capitals)
        };
        let name = name.unwrap_or_else(|| {
            let content: Vec<&str> = words
                .iter()
                .filter(|word| !is_stop(&word.lower))
                .map(|word| &bare[word.span.clone()])
                .collect();
            content.join(" ")
        });
        Self { name, site, ..Self::default() }.complete()
    }

    /// The same row, but about what another of its columns names.
    pub(super) fn turned_to(&self, column: &str, name: &str) -> Self {
        let others = self.context.iter().filter(|(other, _)| other != column).cloned();
        let own = ("subject".to_owned(), self.name.clone());
        Self {
            name: name.to_owned(),
            aliases: Vec::new(),
            site: self.site.clone(),
            context: others.chain([own]).collect(),
        }
        .complete()
    }

    /// All names, the first the subject's own.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// Whether a text is but a name of the subject, with or without its legal form.
    pub(crate) fn is_name(&self, text: &str) -> bool {
        let text = without_legal_form(text);
        text.chars().count() > 2
            && self.names().any(|name| without_legal_form(name).eq_ignore_ascii_case(text))
    }

    fn complete(mut self) -> Self {
        let name = self.name.clone();
        let mut also = Vec::new();
        let mut add = |text: &str| {
            let text = text.trim().trim_matches(',').trim();
            if text.chars().count() > 1 && text != name {
                also.push(text.to_owned());
            }
        };
        if let Some(bare) = name.strip_suffix("()") {
            add(bare);
        }
        if let Some((outer, inner)) = name.strip_suffix(')').and_then(|head| head.split_once(" ("))
        {
            add(outer);
            add(inner);
        }
        let words: Vec<&str> = name.split_whitespace().collect();
        if let [head @ .., last] = &words[..] {
            // A holding is another company, but mostly called like its own.
            let is_form = is_legal_form(last) || last.eq_ignore_ascii_case("holding");
            if !head.is_empty() && is_form {
                add(&head.join(" "));
            }
            if NOUNS_OF_KIND.contains(&last.to_lowercase().as_str()) && !head.is_empty() {
                add(&head.join(" "));
            }
        }
        if let [first, rest @ ..] = &words[..]
            && !rest.is_empty()
            && (NOUNS_OF_KIND.contains(&first.to_lowercase().as_str()) || *first == "The")
        {
            add(&rest.join(" "));
        }
        // `git commit --amend`: the option alone, with the command as what narrows it down.
        if let [head @ .., last] = &words[..]
            && last.starts_with('-')
            && !head.is_empty()
        {
            add(last);
            self.context.push(("command".into(), head.join(" ")));
        }
        self.aliases.append(&mut also);
        self.aliases.retain(|alias| !alias.is_empty() && *alias != name);
        self.aliases.dedup();
        self
    }
}

/// Whether a word of a name says what kind of company it is: `Ltd`, `AS`.
pub(super) fn is_legal_form(word: &str) -> bool {
    LEGAL_ENDINGS.contains(&word.trim_end_matches(',').to_lowercase().as_str())
}

/// `Acme Tools GmbH` → `Acme Tools`, `f()` → `f`
fn without_legal_form(name: &str) -> &str {
    let name = name.trim().trim_end_matches("()");
    let (head, last) = name.rsplit_once(' ').unwrap_or(("", name));
    if is_legal_form(last) && !head.is_empty() { head.trim_end_matches([',', ' ']) } else { name }
}

/// How likely a column holds the entity; higher is better.
fn entity_rank(column: &str, text: &str) -> u32 {
    let words = split_name(column);
    let is_address = text.contains("://") || (text.contains('@') && text.contains('.'));
    let is_number = text.chars().all(|c| c.is_ascii_digit() || ".,-+% /:".contains(c));
    let is_long = text.chars().count() > 120;
    let mut rank = 100;
    if let Some(place) = words
        .iter()
        .filter_map(|word| {
            let one = word.strip_suffix('s').unwrap_or(word);
            ENTITY_COLUMNS.iter().position(|name| name == word || *name == one)
        })
        .min()
    {
        rank += 200 - u32::try_from(place).unwrap_or(0);
        // `company_id`, `product url` speak of the thing without naming it.
        if words.len() > 1
            && words.last().is_some_and(|w| {
                matches!(w.as_str(), "id" | "code" | "type" | "number" | "count" | "url")
            })
        {
            rank -= 150;
        }
    }
    if is_address {
        rank = rank.min(60);
    }
    if is_number {
        rank = rank.min(20);
    }
    if is_long {
        rank = rank.min(40);
    }
    rank
}

fn looks_like_question(text: &str) -> Option<&str> {
    (text.ends_with('?') || text.split_whitespace().count() > 8).then_some(text)
}

/// `https://www.acme.example/about` → `acme.example`.
pub fn host_of(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or(rest).to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
    (host.contains('.') && !host.contains(' ') && !host.contains('@')).then_some(host)
}

/// The longest run of capitalised words that does not merely begin the text.
fn longest_capitals(text: &str) -> Option<String> {
    super::values::names::organisations(text)
        .into_iter()
        .map(|span| text[span].to_owned())
        .filter(|run| {
            !matches!(
                run.as_str(),
                "What" | "Which" | "Who" | "When" | "Where" | "How" | "Is" | "Does" | "Find"
            )
        })
        .max_by_key(String::len)
}

/// Most queries for one row in one round.
const MAX_QUERIES: usize = 6;

/// Short keyword queries, entity first: the entity alone, then with the names of what is still open. Later
/// rounds use the words that pages may say instead. `still_open` are indexes into `fields`.
pub fn queries(
    subject: &Subject,
    fields: &[Field],
    round: u32,
    still_open: &[usize],
) -> Vec<String> {
    let mut asked: Vec<String> = Vec::new();
    let mut add = |text: String| {
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !folded.is_empty() && !asked.contains(&folded) && asked.len() < MAX_QUERIES {
            asked.push(folded);
        }
    };
    let narrow: Vec<&str> = subject
        .context
        .iter()
        .map(|(_, value)| value.as_str())
        .filter(|value| {
            value.split_whitespace().count() <= 4
                && !value.contains("://")
                && value.chars().any(char::is_alphabetic)
        })
        .take(1)
        .collect();
    let entity = subject.name.as_str();
    if round <= 1 {
        add(format!("{entity} {}", narrow.join(" ")));
        add(entity.to_owned());
    }
    let nth = usize::try_from(round.saturating_sub(1)).unwrap_or(0);
    for &index in still_open {
        let Some(field) = fields.get(index) else { continue };
        let label = Label::of(field);
        // Round 1 asks with the field's own name, each later one with the next synonym.
        if let Some(name) = label.names.get(nth.min(label.names.len().saturating_sub(1))) {
            add(format!("{entity} {name}"));
        }
    }
    if round > 1 {
        for alias in &subject.aliases {
            add(format!("{alias} {}", narrow.join(" ")));
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use domain::schema::Schema;
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "calls read better")]
    fn subject(row: Value) -> Subject {
        Subject::of(row.as_object().unwrap())
    }

    #[test]
    fn the_entity_is_told_by_the_columns_name_then_by_the_values_shape() {
        let row = json!({"website": "https://www.acme.example/x", "company": "Acme Tools GmbH"});
        let acme = subject(row);
        assert_eq!(
            (acme.name.as_str(), acme.site.as_deref()),
            ("Acme Tools GmbH", Some("acme.example"))
        );
        assert_eq!(acme.aliases, ["Acme Tools"]);
        let option = subject(json!({"command": "git commit", "option": "--amend"}));
        assert_eq!(option.name, "--amend");
        assert_eq!(option.context, [("command".to_owned(), "git commit".to_owned())]);
        assert_eq!(subject(json!({"n": 4, "x": "Lake Brienz"})).name, "Lake Brienz");
        assert_eq!(subject(json!({"company_id": 77, "company_name": "Acme"})).name, "Acme");
    }

    #[test]
    fn a_plain_text_may_be_a_name_or_a_question() {
        assert_eq!(Subject::of_text("max_wal_size").name, "max_wal_size");
        assert_eq!(Subject::of_text("What is the default of max_wal_size?").name, "max_wal_size");
        assert_eq!(
            Subject::of_text("When was the University of Basel founded?").name,
            "University of Basel"
        );
    }

    #[test]
    fn queries_begin_with_the_entity_and_change_their_words_in_the_second_round() {
        let (schema, _) = Schema::parse(json!({"properties": {
            "founded_year": {"type": "integer"}, "ceo": {"type": "string"},
        }}))
        .unwrap();
        let acme = subject(json!({"company": "Acme GmbH"}));
        let first = queries(&acme, &schema.fields, 1, &[0, 1]);
        assert_eq!(first, ["Acme GmbH", "Acme GmbH founded", "Acme GmbH ceo"]);
        let second = queries(&acme, &schema.fields, 2, &[0]);
        assert_eq!(second, ["Acme GmbH established", "Acme"]);
    }
}
