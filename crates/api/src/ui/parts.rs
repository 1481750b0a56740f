//! Small pieces of HTML that stand on many pages: a shape with its word, a bar. All text in them is escaped here.

use std::fmt::Write as _;

use domain::group::Counts;
use domain::output::{Basis, Confidence};
use domain::run::RunState;
use store::Tally;

/// Text for HTML, in elements and attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

pub(super) fn icon(name: &str) -> String {
    let class = if name == "working" { "i turn" } else { "i" };
    format!("<svg class=\"{class}\" aria-hidden=\"true\"><use href=\"#i-{name}\"/></svg>")
}

/// Shape, word and colour of one thing, always together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) icon: &'static str,
    pub(super) word: &'static str,
}

impl Mark {
    const fn new(class: &'static str, icon: &'static str, word: &'static str) -> Self {
        Self { class, icon, word }
    }

    pub(super) const fn of_state(state: RunState) -> Self {
        match state {
            RunState::Queued => Self::new("queued", "queued", "queued"),
            RunState::Running => Self::new("working", "working", "running"),
            RunState::Cancelling => Self::new("working", "working", "cancelling"),
            RunState::Completed => Self::new("done", "ok", "completed"),
            RunState::Failed => Self::new("error", "error", "failed"),
            RunState::Cancelled => Self::new("none", "none", "cancelled"),
        }
    }

    /// Of a table without rows.
    pub(super) const fn of_no_rows() -> Self {
        Self::new("queued", "queued", "no rows yet")
    }

    pub(super) const fn of_confidence(confidence: Confidence) -> Self {
        match confidence {
            Confidence::High => Self::new("high", "high", "high"),
            Confidence::Medium => Self::new("medium", "medium", "medium"),
            Confidence::Low => Self::new("low", "low", "low"),
        }
    }

    /// What a field or cell is marked with; nothing where there is a bare value.
    pub(super) fn of_basis(basis: &Basis) -> Option<Self> {
        if !basis.conflicts.is_empty() {
            return Some(Self::new("conflict", "conflict", "conflict"));
        }
        match basis.missing {
            Some(domain::output::Missing::NeedsModel) => {
                Some(Self::new("none", "none", "needs a model"))
            }
            Some(domain::output::Missing::ModelDown) => {
                Some(Self::new("none", "none", "model was down"))
            }
            Some(domain::output::Missing::Budget) => Some(Self::new("paused", "paused", "row cap")),
            Some(_) => Some(Self::new("none", "none", "not found")),
            None => basis.confidence.map(Self::of_confidence),
        }
    }

    pub(super) fn html(self) -> String {
        self.sized("")
    }

    pub(super) fn big(self) -> String {
        self.sized(" big")
    }

    fn sized(self, size: &str) -> String {
        let Self { class, icon: name, word } = self;
        format!("<span class=\"mk {class}{size}\">{}{word}</span>", icon(name))
    }
}

/// Used of a cap, with ticks where a run becomes careful (70 %) and writes with what it has (85 %).
pub(super) fn meter(used: f64, cap: f64, label: &str, has_ticks: bool) -> String {
    let share = if cap > 0.0 { (used / cap * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    let ticks = if has_ticks {
        "<rect class=\"f-tick\" x=\"70\" width=\".6\" height=\"1\"/><rect class=\"f-tick\" x=\"85\" width=\".6\" height=\"1\"/>"
    } else {
        ""
    };
    format!(
        "<svg class=\"meter\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">\
         <rect class=\"f-main\" width=\"{share:.1}\" height=\"1\"/>{ticks}</svg>",
        escaped(label)
    )
}

/// The cells of a column, by kind; the order never changes. Rows that ended without an answer have no cells to come.
pub(super) fn stack(name: &str, tally: &Tally, counts: &Counts) -> String {
    let total = counts.total();
    let without = (total - tally.total()).max(0);
    let failed = counts.failed.min(without);
    let cancelled = counts.cancelled.min(without - failed);
    let to_come = without - failed - cancelled;
    let kinds = [
        ("high", "f-high", tally.high),
        ("medium", "f-medium", tally.medium),
        ("low", "f-low", tally.low),
        ("without a confidence", "f-soft", tally.bare),
        ("not found or left out", "f-null", tally.missing),
        ("in conflict", "f-conflict", tally.conflict),
        ("failed", "f-error", failed),
        ("cancelled", "f-tick", cancelled),
        ("to come", "f-quiet", to_come),
    ];
    let said: Vec<String> = kinds
        .iter()
        .filter(|(_, _, count)| *count > 0)
        .map(|(word, _, count)| format!("{count} {word}"))
        .collect();
    let mut bars = String::new();
    let (mut at, all) = (0.0, f64::from(u32::try_from(total.max(1)).unwrap_or(u32::MAX)));
    for (_, class, count) in kinds.into_iter().filter(|(_, _, count)| *count > 0) {
        let width = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / all * 100.0;
        let _ = write!(
            bars,
            "<rect class=\"{class}\" x=\"{at:.2}\" width=\"{width:.2}\" height=\"1\"/>"
        );
        at += width;
    }
    let label =
        format!("{name}: {}", if said.is_empty() { "no rows yet".into() } else { said.join(", ") });
    format!(
        "<svg class=\"stack\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">{bars}</svg>",
        escaped(&label)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_a_label_stays_text() {
        let counts = Counts { queued: 3, ..Counts::default() };
        let bar = stack("\"><script>", &Tally::default(), &counts);
        assert!(bar.contains("aria-label=\"&quot;&gt;&lt;script&gt;: 3 to come\""), "{bar}");
    }

    #[test]
    fn rows_that_failed_are_not_to_come() {
        let counts =
            Counts { completed: 1, failed: 2, cancelled: 1, queued: 1, ..Counts::default() };
        let tally = Tally { high: 1, ..Tally::default() };
        let bar = stack("ceo", &tally, &counts);
        assert!(bar.contains("ceo: 1 high, 2 failed, 1 cancelled, 1 to come"), "{bar}");
    }

    #[test]
    fn a_bar_never_passes_its_cap() {
        assert!(meter(7.0, 5.0, "7 of 5", false).contains("width=\"100.0\""));
        assert!(meter(1.0, 0.0, "1 of 0", false).contains("width=\"0.0\""));
    }
}
