//! What a sentence says of the validity of its values: period, names, and words such as "planned".

use std::collections::BTreeSet;

use domain::text::Span;

use super::quantity;
use super::question::{self, Question};

/// What a sentence says of its own validity; values of different ones do not contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    years: BTreeSet<String>,
    /// Names that are not asked about.
    names: BTreeSet<String>,
    /// Whether it says a name that is asked about.
    names_asked: bool,
    qualifiers: BTreeSet<&'static str>,
}

impl About {
    pub(super) fn of(quote: &str, place: &Span, question: &Question) -> Self {
        let lower = clause_around(quote, place).to_lowercase();
        let has = |word: &str| lower.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
        let qualifiers = QUALIFIERS
            .iter()
            .filter(|group| {
                group
                    .iter()
                    .any(|word| if word.contains(' ') { lower.contains(word) } else { has(word) })
            })
            .map(|group| group[0])
            .collect();
        let asked: Vec<&String> = question.names.iter().flat_map(|name| &name.stems).collect();
        let named = question::names(quote);
        let names_asked =
            named.iter().any(|name| name.stems.iter().any(|stem| asked.contains(&stem)));
        let names = named
            .into_iter()
            .filter(|name| name.surface.starts_with(char::is_uppercase) && name.surface.len() > 3)
            .flat_map(|name| name.stems)
            .filter(|stem| !asked.contains(&stem) && !quantity::is_measure(stem))
            .filter(|stem| !stem.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        let years = quantity::dates(quote).iter().map(|date| date.year.to_string()).collect();
        Self { years, names, names_asked, qualifiers }
    }

    /// The same without its period.
    pub(super) fn in_any_year(self) -> Self {
        Self { years: BTreeSet::new(), ..self }
    }

    /// Same qualifiers, and neither speaks of a period or a name that excludes the other's.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let clash = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
            !a.is_empty() && !b.is_empty() && a.is_disjoint(b)
        };
        // “The Ibis 4 was launched in 2018” says nothing of the Otter 3, which the other one names.
        let speaks_of_another =
            |one: &Self, two: &Self| one.names_asked && !two.names_asked && !two.names.is_empty();
        self.qualifiers == other.qualifiers
            && !speaks_of_another(self, other)
            && !speaks_of_another(other, self)
            && !clash(&self.years, &other.years)
            && !clash(&self.names, &other.names)
    }
}

/// The piece between commas or stops in which a place lies.
fn clause_around<'a>(quote: &'a str, place: &Span) -> &'a str {
    let cuts = [", ", "; ", ": ", ". "];
    let from = cuts.iter().filter_map(|cut| quote[..place.start].rfind(cut)).max().unwrap_or(0);
    let to = cuts.iter().filter_map(|cut| quote[place.end..].find(cut)).min();
    &quote[from..to.map_or(quote.len(), |to| place.end + to)]
}

/// Words of one group make a value another thing than without them.
const QUALIFIERS: &[&[&str]] = &[
    &["limit", "allows", "allowed", "permits", "threshold", "limits", "permit"],
    &[
        "planned",
        "plan",
        "target",
        "budget",
        "forecast",
        "expected",
        "projected",
        "estimate",
        "estimated",
    ],
    &["would", "could", "might"],
    &["maximum", "max", "at most", "no more than", "up to", "highest", "peak", "upper"],
    &["minimum", "min", "at least", "lowest", "lower"],
    &["average", "mean", "median"],
    &["default"],
    &["previous", "formerly", "originally", "last year"],
    &["laboratory", "lab", "test", "tests"],
    &["without"],
    &["confidence", "interval", "margin"],
    &[
        "increase",
        "increased",
        "rose",
        "growth",
        "grew",
        "fell",
        "decrease",
        "decreased",
        "decline",
    ],
    &["per", "each", "every"],
    &["claims", "says", "claimed"],
];
