//! The words that the engine itself puts around a report, in the language of the question where it knows it.

use super::conflicts::Rule;

/// The frame of a report.
pub(super) struct Frame {
    pub(super) answer: &'static str,
    pub(super) conflicts: &'static str,
    pub(super) missing: &'static str,
    pub(super) unreadable: &'static str,
    pub(super) beyond: &'static str,
    pub(super) sources: &'static str,
    /// In the place of an answer, where nothing that was written stands.
    pub(super) unanswered: &'static str,
    more_sources: &'static str,
    newer: &'static str,
    /// Around the name of a processor, and around the number of parts that it looks into.
    room: [&'static str; 3],
    higher: &'static str,
    alone: &'static str,
}

impl Frame {
    pub(super) fn of(language: &str) -> Self {
        match language {
            "de" => Self {
                answer: "Antwort",
                conflicts: "Wo Quellen sich widersprechen",
                missing: "Was nicht gefunden wurde",
                unreadable: "Nicht lesbar",
                beyond: "Wonach nicht gesucht wurde",
                sources: "Quellen",
                unanswered: "Darauf gibt es hier keine Antwort: Es wurde kein Satz geschrieben, den das Gelesene trägt. Unten stehen die Teile der Frage, die offen sind, und was zu ihnen zitiert wurde.",
                more_sources: "so sagen es mehr unabhängige Quellen",
                newer: "nach ihrem eigenen Datum die neuere Angabe",
                room: ["Der Prozessor „", "“ hat Platz für ", " Teile einer Frage."],
                higher: " Ein höherer hat mehr Platz.",
                alone: " Was hier steht, lässt sich auch für sich fragen.",
            },
            "fr" => Self {
                answer: "Réponse",
                conflicts: "Là où les sources se contredisent",
                missing: "Ce qui n'a pas été trouvé",
                unreadable: "Illisible",
                beyond: "Ce qui n'a pas été recherché",
                sources: "Sources",
                unanswered: "Aucune réponse n'est donnée : aucune phrase n'a été écrite qui s'appuie sur ce qui a été lu. Suivent les parties de la question restées ouvertes et ce qui a été cité à leur sujet.",
                more_sources: "davantage de sources indépendantes le disent",
                newer: "la plus récente d'après sa propre date",
                room: ["Le processeur « ", " » a de la place pour ", " parties d'une question."],
                higher: " Un processeur supérieur en a davantage.",
                alone: " Ce qui figure ici peut aussi être demandé seul.",
            },
            "es" => Self {
                answer: "Respuesta",
                conflicts: "Donde las fuentes se contradicen",
                missing: "Lo que no se encontró",
                unreadable: "No legible",
                beyond: "Lo que no se buscó",
                sources: "Fuentes",
                unanswered: "No se da respuesta: no se escribió ninguna frase que se apoye en lo leído. Siguen las partes de la pregunta que quedan abiertas y lo que se citó sobre ellas.",
                more_sources: "lo dicen más fuentes independientes",
                newer: "la más reciente según su propia fecha",
                room: ["El procesador «", "» tiene sitio para ", " partes de una pregunta."],
                higher: " Uno superior tiene más.",
                alone: " Lo que figura aquí también se puede preguntar por separado.",
            },
            _ => Self {
                answer: "Answer",
                conflicts: "Where sources disagree",
                missing: "What was not found",
                unreadable: "Not readable",
                beyond: "What was not looked into",
                sources: "Sources",
                unanswered: "No answer is given: no sentence was written that what was read carries. Below stand the parts of the question that are open, and what was quoted for them.",
                more_sources: "more independent sources say so",
                newer: "it is the newer of them by its own date",
                room: ["The processor “", "” has room for ", " parts of a question."],
                higher: " A higher one has more.",
                alone: " What stands here can also be asked for alone.",
            },
        }
    }

    /// Why parts of a question were not looked into, and what can be done about it.
    pub(super) fn room(&self, processor: &str, parts: usize, has_higher: bool) -> String {
        let [before, between, behind] = self.room;
        let higher = if has_higher { self.higher } else { "" };
        format!("{before}{processor}{between}{parts}{behind}{higher}{}", self.alone)
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
    fn no_language_that_is_known_says_a_sentence_in_another_one() {
        let sentences: [fn(&Frame) -> &'static str; 7] = [
            |frame| frame.reason(Rule::MoreSources),
            |frame| frame.reason(Rule::Newer),
            |frame| frame.unanswered,
            |frame| frame.beyond,
            |frame| frame.room[2],
            |frame| frame.higher,
            |frame| frame.alone,
        ];
        for sentence in sentences {
            let mut said = ["en", "de", "fr", "es"].map(|code| sentence(&Frame::of(code)));
            said.sort_unstable();
            assert!(said.windows(2).all(|pair| pair[0] != pair[1]), "{said:?}");
        }
        assert_eq!(Frame::of("nl").answer, "Answer");
    }
}
