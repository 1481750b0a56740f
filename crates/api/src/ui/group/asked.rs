//! Which part of a table is asked for, and the chips that lead to others.

use domain::group::Group;
use domain::run::RunState;
use store::{GroupMarks, Mark as Held, Pick, RowQuery, RowSort, Tally};

use crate::problem::Problem;
use crate::rest::{Params, param, shown};
use crate::ui::parts::icon;
use crate::ui::site::Site;
use crate::ui::words;

/// Longest search and longest name of a column, in characters.
const MAX_SEARCH: usize = 200;
const MAX_NAME: usize = 200;

/// Which part of the table is asked for.
#[derive(Debug, Clone, Default)]
pub(in crate::ui) struct Asked {
    pub(super) show: String,
    /// Which column's cells the filters by what cells hold are about; empty for any.
    pub(super) column: String,
    pub(super) sort: String,
    pub(super) search: String,
    pub(super) from: i64,
}

/// A filter: its word in addresses, its name for people, its shape, and what it picks.
type Show = (&'static str, &'static str, Option<(&'static str, &'static str)>, Option<Pick>);

/// Filters of rows by their state.
const STATES: [Show; 6] = [
    ("", "All rows", None, None),
    ("completed", "Done", Some(("done", "ok")), Some(Pick::Mark(Held::Completed))),
    ("running", "Working", Some(("working", "working")), Some(Pick::State(RunState::Running))),
    ("queued", "Queued", Some(("queued", "queued")), Some(Pick::State(RunState::Queued))),
    ("failed", "Failed", Some(("error", "error")), Some(Pick::Mark(Held::Failed))),
    ("cancelled", "Cancelled", Some(("none", "none")), Some(Pick::Mark(Held::Cancelled))),
];

/// Filters by what cells hold: those of any column, or of one.
const KINDS: [Show; 5] = [
    ("conflict", "Conflict", Some(("conflict", "conflict")), Some(Pick::Mark(Held::Conflict))),
    ("low", "Low", Some(("low", "low")), Some(Pick::Mark(Held::Low))),
    ("medium", "Medium", Some(("medium", "medium")), Some(Pick::Mark(Held::Medium))),
    ("high", "High", Some(("high", "high")), Some(Pick::Mark(Held::High))),
    ("missing", "Not found", Some(("none", "none")), Some(Pick::Mark(Held::Missing))),
];

impl Asked {
    pub(in crate::ui) fn read(params: &Params) -> Result<Self, Problem> {
        let text = |name| Ok::<_, Problem>(param(params, name)?.unwrap_or_default());
        let from = text("from")?.parse().unwrap_or(0_i64).max(0);
        let asked = Self {
            show: text("show")?,
            column: text("column")?.chars().take(MAX_NAME).collect(),
            sort: text("sort")?,
            search: text("q")?.trim().chars().take(MAX_SEARCH).collect(),
            from,
        };
        let known: Vec<&str> = STATES.iter().chain(&KINDS).map(|(word, ..)| *word).collect();
        if !known.contains(&asked.show.as_str()) {
            let message = format!(
                "`show` is `{}`; it must be one of {}",
                shown(&asked.show),
                known[1..].join(", ")
            );
            let problem = Problem::invalid(message);
            return Err(problem.on_a_page("There is no such filter. Open the table without one, and choose from those above it."));
        }
        Ok(asked)
    }

    pub(super) fn query(&self, limit: usize) -> RowQuery {
        let mut all = STATES.iter().chain(&KINDS);
        let pick = all.find(|(word, ..)| *word == self.show).and_then(|show| show.3);
        let sort = match self.sort.as_str() {
            "" => RowSort::Place,
            "newest" => RowSort::Newest,
            name => match name.strip_prefix('-') {
                Some(name) => RowSort::Field { name: name.to_owned(), is_falling: true },
                None => RowSort::Field { name: name.to_owned(), is_falling: false },
            },
        };
        RowQuery {
            pick,
            field: (!self.column.is_empty()).then(|| self.column.clone()),
            search: (!self.search.is_empty()).then(|| self.search.clone()),
            sort,
            offset: self.from,
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
        }
    }

    /// In the order of the rows and with all of them, so that none jumps when it ends.
    pub(super) fn is_plain(&self) -> bool {
        self.show.is_empty() && self.sort.is_empty() && self.search.is_empty()
    }

    /// The address of another part.
    pub(super) fn address(&self, path: &str, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        change(&mut other);
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("show", &other.show),
            ("column", &other.column),
            ("sort", &other.sort),
            ("q", &other.search),
        ] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        if other.from > 0 {
            pairs.append_pair("from", &other.from.to_string());
        }
        let query = pairs.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Says that no row is like what is asked for.
    pub(super) fn none(&self) -> String {
        let what = match self.show.as_str() {
            "conflict" => "in conflict",
            "low" => "of low confidence",
            "medium" => "of medium confidence",
            "high" => "of high confidence",
            "missing" => "without a value",
            "running" => return "No row is being worked on.".into(),
            "queued" => return "No row is waiting.".into(),
            "failed" => return "No row has failed.".into(),
            "cancelled" => return "No row was cancelled.".into(),
            "completed" => return "No row is done yet.".into(),
            _ => return "No row is like that.".into(),
        };
        if !self.search.is_empty() {
            return "No row is like that.".into();
        }
        match self.column.as_str() {
            "" => format!("No cell is {what}."),
            column => format!("No cell of {column} is {what}."),
        }
    }
}

/// A filter as a link, with how many rows it leads to.
pub(super) struct Chip {
    pub(super) name: &'static str,
    pub(super) count: String,
    pub(super) href: String,
    pub(super) icon: String,
    pub(super) is_chosen: bool,
}

/// The chips of both kinds.
pub(super) struct Chips {
    pub(super) states: Vec<Chip>,
    pub(super) kinds: Vec<Chip>,
}

/// How many rows a filter leads to, by its word.
fn count_of(group: &Group, asked: &Asked, marks: &GroupMarks, word: &str) -> i64 {
    let counts = &group.counts;
    let column = marks.fields.iter().find(|(name, _)| *name == asked.column);
    let cells = match (asked.column.as_str(), column) {
        ("", _) => marks.rows,
        (_, Some((_, tally))) => *tally,
        (_, None) => Tally::default(),
    };
    match word {
        "" => counts.total(),
        "completed" => counts.completed,
        "running" => counts.running,
        "queued" => counts.queued,
        "failed" => counts.failed,
        "cancelled" => counts.cancelled,
        "conflict" => cells.conflict,
        "low" => cells.low,
        "medium" => cells.medium,
        "high" => cells.high,
        _ => cells.missing,
    }
}

impl Asked {
    /// How many rows there are of what is asked for; nothing where words are searched for, which are not counted.
    pub(super) fn total(&self, group: &Group, marks: &GroupMarks) -> Option<i64> {
        let is_sorted = !self.sort.is_empty() && self.show.is_empty();
        let all = || count_of(group, self, marks, &self.show);
        self.search.is_empty().then(|| if is_sorted { group.counts.ended() } else { all() })
    }
}

pub(super) fn chips(site: &Site, group: &Group, asked: &Asked, marks: &GroupMarks) -> Chips {
    let count = |word: &str| count_of(group, asked, marks, word);
    let path = format!("/groups/{}", group.id);
    let chip = |(word, name, shape, _): &Show| {
        let is_chosen = *word == asked.show;
        // A chip for nothing helps nobody, unless it is the one that is chosen.
        (count(word) > 0 || is_chosen || word.is_empty()).then(|| Chip {
            name,
            count: words::count(count(word)),
            href: site.to(&asked.address(&path, |other| {
                (*word).clone_into(&mut other.show);
                other.from = 0;
            })),
            icon: shape.map_or_else(String::new, |(class, name)| {
                format!("<span class=\"mk {class}\">{}</span>", icon(name))
            }),
            is_chosen,
        })
    };
    Chips {
        states: STATES.iter().filter_map(chip).collect(),
        kinds: KINDS.iter().filter_map(chip).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_one_column_stays_in_the_addresses_of_other_parts() {
        let asked = Asked { show: "low".into(), column: "price & tax".into(), ..Asked::default() };
        let next = asked.address("/groups/a", |other| other.from = 20);
        assert_eq!(next, "/groups/a?show=low&column=price+%26+tax&from=20");
        assert_eq!(asked.query(20).field.as_deref(), Some("price & tax"));
        assert_eq!(asked.none(), "No cell of price & tax is of low confidence.");
        assert!(!asked.is_plain());
    }
}
