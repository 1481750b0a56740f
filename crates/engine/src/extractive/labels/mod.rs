//! What a field is called, by its own name, by its description and by the words that pages use for the
//! same thing; and how well a key, a heading or a sentence speaks of it.

pub mod concepts;
mod keys;
mod kinds;

use domain::schema::{Field, Shape};
use domain::text::Span;

use self::concepts::{Concept, concept_of, longest_within};
use self::keys::{exclusions, is_of_the_page_alone, key_head, key_stems, overlap};
use self::kinds::{kind_of, suits};
use super::values::Kind;
use super::values::normalise::Measure;
use super::values::{asked, units};
use super::words::{Token, is_stop, stem, tokens};

/// A field as it is looked for.
#[derive(Debug, Clone)]
pub struct Label {
    forms: Vec<Form>,
    /// Beginnings of words, one of which a sentence holds if it speaks of the field.
    triggers: Vec<String>,
    /// A stem of the field's name, and one that speaks of the contrary.
    exclusions: Vec<(String, String)>,
    pub concept: Option<&'static Concept>,
    pub kind: Kind,
    /// The unit and the scale that the field asks for.
    pub measure: Measure,
    /// Stems of the words of name and description, for weighing sentences.
    pub hints: Vec<String>,
    /// Name and description, in lower case.
    pub asked: String,
    /// The words to search with: the field's own, then what pages may say instead.
    pub names: Vec<String>,
    /// Whether a city is asked for, and not where it lies.
    pub is_city: bool,
    /// Stems of what a yes or no is asked about: of the name, then of the description.
    flag: (Vec<String>, Vec<String>),
    /// Whether it is asked when something happens, so that a sentence answers: `raised_when`.
    pub asks_when: bool,
    /// Whether several things are asked for, so that commas belong to the answer.
    pub lists: bool,
}

/// One way to say it.
#[derive(Debug, Clone)]
struct Form {
    stems: Vec<String>,
    /// Without stop words, unless there are only such. Where they are missed, a key fits less surely.
    content: Vec<String>,
    weight: f32,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    KeysOnly,
    SentencesOnly,
}

/// Where a sentence speaks of the field.
#[derive(Debug, Clone)]
pub struct Cue {
    /// In the sentence.
    pub span: Span,
    pub weight: f32,
}

/// Words of names that say what type a value has, not what it is.
const TYPE_WORDS: [&str; 38] = [
    "year", "date", "number", "count", "name", "url", "link", "is", "has", "list", "of", "in",
    "the", "value", "text", "string", "full", "total", "current", "iso", "mb", "kb", "gb", "ms",
    "s", "sec", "seconds", "usd", "eur", "km", "kg", "field", "info", "a", "amount", "num",
    "exact", "official",
];
/// Names that say nothing; the description has to.
const EMPTY_NAMES: [&str; 9] =
    ["value", "answer", "result", "info", "data", "field", "output", "item", "content"];

/// Weights of the ways to say it, by judgement: the field's own name, what the concept is called
/// elsewhere, what the description names.
const OWN: f32 = 1.0;
const SYNONYM: f32 = 0.95;
const DESCRIBED: f32 = 0.85;
/// A key that has only words of a yes-or-no field.
const FLAG: f32 = 0.9;
/// Turns of phrase such as “led by” say it less surely than the name of the thing.
const TURN: f32 = 0.95;
/// Those marked with `~` may as well speak of something else: “since 1987 it has sold pumps in Austria”.
const VAGUE_TURN: f32 = 0.75;

impl Label {
    pub fn of(field: &Field) -> Self {
        let words: Vec<String> = split_name(&field.name);
        let is_empty = words.iter().all(|word| {
            EMPTY_NAMES.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()))
                || word.chars().count() < 2
        });
        let core: Vec<String> = if is_empty { Vec::new() } else { core_words(&words) };
        let measure = measure_of(field);
        let suits = |concept: &Concept| may_be(concept, field, measure);
        let own_phrase = core.join(" ");
        let head = description_head(&field.description);
        let by_name =
            (!is_empty).then(|| concept_of(&words.join(" "), &own_phrase, &suits)).flatten();
        let by_text = longest_within(&head, &suits);
        let mut forms = Vec::new();
        let mut names = Vec::new();
        if !is_empty {
            let place = match by_name {
                Some(concept) if concept.says == "-" && core.len() < 2 => Place::KeysOnly,
                Some(_) | None => Place::Anywhere,
            };
            push(&mut forms, &words.join(" "), OWN, place);
            push(&mut forms, &own_phrase, OWN, place);
            names.push(own_phrase);
        }
        for (concept, weight) in [(by_name, SYNONYM), (by_text, DESCRIBED)] {
            let Some(concept) = concept else { continue };
            let is_other =
                weight < SYNONYM && by_name.is_some_and(|own| !std::ptr::eq(own, concept));
            push_concept(&mut forms, concept, weight, is_other);
            names.extend(concept.names.split('|').map(str::to_owned));
        }
        if is_empty || (by_name.is_none() && by_text.is_none()) {
            push(&mut forms, &head, DESCRIBED, Place::Anywhere);
            if is_empty {
                names.insert(0, head.clone());
            }
        }
        let concept = by_name.or(by_text);
        let hints = split_name(&field.name)
            .iter()
            .map(String::as_str)
            .chain(field.description.split(|c: char| !c.is_alphanumeric()))
            .map(str::to_lowercase)
            .filter(|word| word.len() > 2 && !is_stop(word))
            .map(|word| stem(&word))
            .collect();
        let asks = format!("{} {}", words.join(" "), field.description.to_lowercase());
        names.dedup();
        let asks_when = asks_when(field, &words, concept);
        let kind = if asks_when { Kind::Sentence } else { kind_of(&field.shape, concept, &asks) };
        let flag = if kind == Kind::Boolean && !is_empty {
            (key_stems(&words.join(" ")), key_stems(&field.description))
        } else {
            (Vec::new(), Vec::new())
        };
        let says = |list: &[&str]| {
            asks.split(|c: char| !c.is_alphanumeric()).any(|word| list.contains(&word))
        };
        Self {
            is_city: kind == Kind::Place
                && says(&["city", "town", "municipality"])
                && !says(&["country", "countries", "state", "region", "address"]),
            flag,
            triggers: triggers(&forms),
            exclusions: forms.iter().take(2).flat_map(|form| exclusions(&form.content)).collect(),
            kind,
            asks_when,
            measure: Measure { unit: measure.unit.filter(|_| kind != Kind::Money), ..measure },
            forms,
            concept,
            hints,
            asked: asks,
            names,
            lists: matches!(field.shape, Shape::List(_)),
        }
    }

    /// Whether the name of the thing itself may be asked for, and not that of a person, a place or another thing that
    /// belongs to it: “legal name of the company”, not “name of the chief executive”.
    pub fn asks_for_name(&self) -> bool {
        const NAMING: [&str; 9] =
            ["name", "names", "title", "spelling", "form", "term", "symbol", "call", "called"];
        let is_other = self.concept.is_some_and(|concept| {
            matches!(concept.kind, Kind::Person | Kind::Place)
                || concept.names.starts_with("products")
        });
        let mut words = self.asked.split(|c: char| !c.is_alphanumeric());
        !is_other && words.any(|word| NAMING.contains(&word))
    }

    /// How well a key names the field that a page gives for machines: 0 where it speaks of the page, and the field
    /// of what the page is about.
    pub fn on_data_key(&self, key: &str) -> f32 {
        if is_of_the_page_alone(key, &self.asked) { 0.0 } else { self.on_key(key) }
    }

    /// How well a key, the header of a column or a heading names the field: 0 to 1.
    pub fn on_key(&self, key: &str) -> f32 {
        let stems = key_stems(key);
        if stems.is_empty() || stems.len() > 8 {
            return 0.0;
        }
        if self.is_opposed(&stems) {
            return 0.0;
        }
        if self.is_flag(&stems) {
            return FLAG;
        }
        let head = key_head(key);
        let said: Vec<String> = tokens(key).iter().map(|token| stem(&token.lower)).collect();
        // “Directed by” as a key.
        let turn = self
            .forms
            .iter()
            .filter(|form| form.place == Place::SentencesOnly && form.stems == said)
            .map(|form| form.weight)
            .fold(0.0, f32::max);
        self.forms
            .iter()
            .filter(|form| form.place != Place::SentencesOnly)
            .map(|form| {
                // “Available languages” are languages, “Year founded” is about founding.
                let is_head = head.as_ref().is_none_or(|head| form.content.contains(head));
                let is_cut = form.content.len() < form.stems.len() && form.content.len() == 1;
                // “Default” is no “default unit”: a synonym's last word tells what it is.
                let is_part = form.weight < OWN
                    && form.content.len() > 1
                    && form.content.last().is_some_and(|last| {
                        !stems.contains(last) && !TYPE_WORDS.contains(&last.as_str())
                    });
                form.weight
                    * overlap(&form.content, &stems)
                    * if is_part { 0.75 } else { 1.0 }
                    * if is_head { 1.0 } else { 0.75 }
                    * if is_cut { 0.85 } else { 1.0 }
            })
            .fold(turn, f32::max)
    }

    /// Whether a key has only words of a yes-or-no field: one of its name, and the others of the name or
    /// some of the description. `fish_certified`, “whether it holds the FP-2 certificate” is “FP-2 certified”.
    fn is_flag(&self, stems: &[String]) -> bool {
        let (own, described) = &self.flag;
        stems.len() > 1
            && stems.iter().any(|stem| own.contains(stem))
            && stems.iter().all(|stem| own.contains(stem) || described.contains(stem))
            && (own.iter().all(|stem| stems.contains(stem))
                || stems.iter().any(|stem| !own.contains(stem)))
    }

    /// Where a sentence speaks of the field, the best first. `words` are the sentence's tokens.
    pub fn cues(&self, words: &[Token]) -> Vec<Cue> {
        let stems: Vec<String> = words.iter().map(|token| stem(&token.lower)).collect();
        let mut cues: Vec<Cue> = Vec::new();
        if self.is_opposed(&stems) {
            return cues;
        }
        for form in self.forms.iter().filter(|form| form.place != Place::KeysOnly) {
            let whole = runs(&form.stems, &stems);
            for (first, last) in &whole {
                let span = words[*first].span.start..words[*last].span.end;
                // Of two forms at the same place the longer one says more.
                let weight = form.weight * if form.stems.len() > 1 { 1.0 } else { 0.95 };
                cues.push(Cue { span, weight });
            }
            let is_own = form.weight >= OWN || self.concept.is_none();
            let is_phrase = form.stems.len() > 1;
            if whole.is_empty() && is_own && is_phrase && form.place == Place::Anywhere {
                let held: Vec<usize> = form
                    .content
                    .iter()
                    .filter_map(|stem| stems.iter().position(|other| other == stem))
                    .collect();
                #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
                let share = held.len() as f32 / form.content.len() as f32;
                if let Some(&last) = held.last().filter(|_| share > 0.6) {
                    let weight = form.weight * if share >= 1.0 { 0.9 } else { share * 0.8 };
                    cues.push(Cue { span: words[last].span.clone(), weight });
                }
            }
        }
        cues.sort_by(|a, b| {
            b.weight
                .total_cmp(&a.weight)
                .then(b.span.len().cmp(&a.span.len()))
                .then(a.span.start.cmp(&b.span.start))
        });
        cues.dedup_by(|a, b| a.span == b.span);
        cues
    }

    /// Whether a text in lower case may speak of the field: cheap, and never wrongly no.
    pub fn may_be_in(&self, lower: &str) -> bool {
        self.triggers.iter().any(|trigger| lower.contains(trigger.as_str()))
    }

    /// Whether a text speaks of the contrary, as of a maximum where the minimum is wanted.
    fn is_opposed(&self, stems: &[String]) -> bool {
        self.exclusions.iter().any(|(own, other)| stems.contains(other) && !stems.contains(own))
    }

    /// Share of the words of name and description that a text holds.
    pub fn hinted(&self, stems: &[String]) -> f32 {
        if self.hints.is_empty() {
            return 0.0;
        }
        let held = self.hints.iter().filter(|hint| stems.contains(hint)).count();
        #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
        {
            held as f32 / self.hints.len() as f32
        }
    }
}

fn measure_of(field: &Field) -> Measure {
    Measure {
        unit: units::find_asked(&field.name, &field.description),
        scale: asked::scale_asked(&field.name, &field.description),
        is_money: asked::names_currency(&field.description),
    }
}

/// Whether a field can be meant by a concept: what is measured in litres is no price.
fn may_be(concept: &Concept, field: &Field, measure: Measure) -> bool {
    // Pounds are money, too.
    let is_measured = measure.unit.is_some() && !field.description.to_lowercase().contains("pound");
    suits(concept.kind, &field.shape) && !(is_measured && concept.kind == Kind::Money)
}

/// Whether a text is to tell a circumstance, and not the day on which something was founded or published.
fn asks_when(field: &Field, name: &[String], concept: Option<&Concept>) -> bool {
    let is_text = matches!(field.shape, Shape::Text(None) | Shape::Any);
    let is_dated = concept.is_some_and(|concept| concept.kind == Kind::Date);
    is_text && !is_dated && name.len() > 1 && name.iter().any(|word| word == "when")
}

/// Of each form that sentences may use the beginning of its longest word, as far as stemming leaves it.
fn triggers(forms: &[Form]) -> Vec<String> {
    let mut found: Vec<String> = forms
        .iter()
        .filter(|form| form.place != Place::KeysOnly)
        .filter_map(|form| form.content.iter().max_by_key(|stem| stem.len()))
        // `y` becomes `i`, a last `e` goes.
        .map(|stem| stem.strip_suffix('i').filter(|rest| rest.len() > 1).unwrap_or(stem).to_owned())
        .collect();
    found.sort();
    found.dedup();
    let all = found.clone();
    found.retain(|one| !all.iter().any(|other| other != one && one.contains(other.as_str())));
    found
}

/// `foundedYear`, `founded_year`, `Founded year` → founded, year.
pub fn split_name(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            last.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn core_words(words: &[String]) -> Vec<String> {
    let is_type = |word: &String| {
        TYPE_WORDS.contains(&word.as_str()) || units::find_asked(&format!("x_{word}"), "").is_some()
    };
    let core: Vec<String> = words.iter().filter(|word| !is_type(word)).cloned().collect();
    if core.is_empty() { words.to_vec() } else { core }
}

/// The first clause of a description, without the words that only ask.
fn description_head(description: &str) -> String {
    let asked = ["yes or no", "yes/no"].iter().find_map(|lead| {
        let head = description.get(..lead.len())?;
        head.eq_ignore_ascii_case(lead)
            .then(|| description[lead.len()..].trim_start_matches([',', ':', ';', ' ']))
    });
    let description = asked.unwrap_or(description);
    let end = description
        .find(['.', ',', ';', '(', ':', '\n'])
        .filter(|&end| end > 3)
        .unwrap_or(description.len());
    let words: Vec<String> = tokens(&description[..end])
        .into_iter()
        .map(|token| token.lower)
        .skip_while(|word| {
            is_stop(word)
                || matches!(
                    word.as_str(),
                    "name" | "whether" | "number" | "list" | "year" | "date" | "many"
                )
        })
        .take_while(|word| {
            !matches!(
                word.as_str(),
                "of" | "as"
                    | "in"
                    | "for"
                    | "that"
                    | "which"
                    | "if"
                    | "when"
                    | "where"
                    | "by"
                    | "according"
            )
        })
        .take(5)
        .collect();
    words.join(" ")
}

fn push(forms: &mut Vec<Form>, phrase: &str, weight: f32, place: Place) {
    let stems: Vec<String> =
        phrase.split_whitespace().map(|word| stem(&word.to_lowercase())).collect();
    if stems.is_empty() || forms.iter().any(|form| form.stems == stems && form.place == place) {
        return;
    }
    let mut content: Vec<String> = phrase
        .split_whitespace()
        .map(str::to_lowercase)
        .filter(|word| !is_stop(word))
        .map(|word| stem(&word))
        .collect();
    if content.is_empty() {
        content.clone_from(&stems);
    }
    forms.push(Form { stems, content, weight, place });
}

/// The names and turns of a concept. Of one that only the description names, single words help with keys alone:
/// the field's name tells what is asked for.
fn push_concept(forms: &mut Vec<Form>, concept: &Concept, weight: f32, is_other: bool) {
    let place = if concept.says == "-" { Place::KeysOnly } else { Place::Anywhere };
    for name in concept.names.split('|') {
        let is_word = is_other && !name.contains(' ');
        push(forms, name, weight, if is_word { Place::KeysOnly } else { place });
    }
    if place == Place::Anywhere && !is_other {
        for words in concept.says.split('|') {
            let (words, turn) =
                words.strip_prefix('~').map_or((words, TURN), |words| (words, VAGUE_TURN));
            push(forms, words, weight * turn, Place::SentencesOnly);
        }
    }
}

/// “founded in 1998 in the old town of Metz by”: words from a verb to who did it.
const AGENT_REACH: usize = 9;

/// Whether nothing else is said to be done between a verb and a later “by”: “founded in 1998 and run by”.
fn is_one_clause(between: &[String]) -> bool {
    !between
        .iter()
        .any(|stem| ["and", "but", "or", "which", "who", "that"].contains(&stem.as_str()))
}

/// Where the stems of a form stand in order, with at most two other words between two of them; a turn of
/// phrase such as “defaults to” stands whole.
fn runs(form: &[String], stems: &[String]) -> Vec<(usize, usize)> {
    let is_agent = form.last().is_some_and(|stem| stem == "by");
    let reach = if form.iter().any(|stem| is_stop(stem)) && !is_agent { 2 } else { 4 };
    let mut found = Vec::new();
    for first in (0..stems.len()).filter(|&index| stems[index] == form[0]) {
        let mut last = first;
        let is_whole = form[1..].iter().all(|wanted| {
            let next = stems[last + 1..]
                .iter()
                .take(if wanted == "by" { AGENT_REACH } else { reach - 1 })
                .position(|stem| stem == wanted)
                .map(|offset| last + 1 + offset)
                .filter(|&next| next < last + reach || is_one_clause(&stems[last + 1..next]));
            last = next.unwrap_or(last);
            next.is_some()
        });
        if is_whole {
            found.push((first, last));
        }
    }
    found
}

#[cfg(test)]
mod tests;
