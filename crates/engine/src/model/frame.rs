//! The words that the engine itself puts around a report, in the language of the question where it knows it.

use super::conflicts::Rule;

/// The frame of a report.
pub(super) struct Frame {
    pub(super) answer: &'static str,
    pub(super) conflicts: &'static str,
    pub(super) missing: &'static str,
    pub(super) unreadable: &'static str,
    pub(super) sources: &'static str,
    more_sources: &'static str,
    newer: &'static str,
}

impl Frame {
    pub(super) fn of(language: &str) -> Self {
        match language {
            "de" => Self {
                answer: "Antwort",
                conflicts: "Wo Quellen sich widersprechen",
                missing: "Was nicht gefunden wurde",
                unreadable: "Nicht lesbar",
                sources: "Quellen",
                more_sources: "so sagen es mehr unabhängige Quellen",
                newer: "nach ihrem eigenen Datum die neuere Angabe",
            },
            "fr" => Self {
                answer: "Réponse",
                conflicts: "Là où les sources se contredisent",
                missing: "Ce qui n'a pas été trouvé",
                unreadable: "Illisible",
                sources: "Sources",
                more_sources: "davantage de sources indépendantes le disent",
                newer: "la plus récente d'après sa propre date",
            },
            "es" => Self {
                answer: "Respuesta",
                conflicts: "Donde las fuentes se contradicen",
                missing: "Lo que no se encontró",
                unreadable: "No legible",
                sources: "Fuentes",
                more_sources: "lo dicen más fuentes independientes",
                newer: "la más reciente según su propia fecha",
            },
            _ => Self {
                answer: "Answer",
                conflicts: "Where sources disagree",
                missing: "What was not found",
                unreadable: "Not readable",
                sources: "Sources",
                more_sources: "more independent sources say so",
                newer: "it is the newer of them by its own date",
            },
        }
    }

    /// Why a side of a contradiction holds.
    pub(super) const fn reason(&self, rule: Rule) -> &'static str {
        match rule {
            Rule::MoreSources => self.more_sources,
            Rule::Newer => self.newer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_language_that_is_known_says_a_reason_in_another_one() {
        for rule in [Rule::MoreSources, Rule::Newer] {
            let mut reasons = ["en", "de", "fr", "es"].map(|code| Frame::of(code).reason(rule));
            reasons.sort_unstable();
            assert!(reasons.windows(2).all(|pair| pair[0] != pair[1]), "{reasons:?}");
        }
        assert_eq!(Frame::of("nl").answer, "Answer");
    }
}
