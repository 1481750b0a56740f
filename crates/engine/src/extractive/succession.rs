//! Who no longer holds an office by what a sentence says: “Ada Roe succeeded Bo Lind as chair”, “the former chair Bo Lind”.

use domain::text::Span;

use super::values::names;

/// What stands before the one who leaves, in lower case.
const LEAVERS_FOLLOW: [&str; 32] = [
    "succeeded",
    "succeeds",
    "succeeding",
    "to succeed",
    "replaced",
    "replaces",
    "replacing",
    "to replace",
    "took over from",
    "takes over from",
    "taking over from",
    "taken over from",
    "successor of",
    "successor to",
    "in succession to",
    "in place of",
    "followed",
    "follows",
    "folgte",
    "folgt",
    "folgte auf",
    "folgt auf",
    "gefolgt auf",
    "löste",
    "löst",
    "ersetzte",
    "ersetzt",
    "nachfolger von",
    "nachfolgerin von",
    "nachfolge von",
    "übernahm von",
    "anstelle von",
];
/// The same where the sentence is turned over: the one before leaves, the one behind comes.
const LEAVERS_LEAD: [&str; 16] = [
    "was succeeded by",
    "is succeeded by",
    "were succeeded by",
    "been succeeded by",
    "be succeeded by",
    "was replaced by",
    "is replaced by",
    "been replaced by",
    "be replaced by",
    "was followed by",
    "handed over to",
    "handed the post to",
    "wurde von",
    "wird von",
    "übergab an",
    "übergab das amt an",
];
/// Words that say of the name beside them that it was so once.
const FORMER: [&str; 16] = [
    "former",
    "ex",
    "previous",
    "outgoing",
    "departing",
    "ehemalige",
    "ehemaliger",
    "ehemaligen",
    "frühere",
    "früherer",
    "früheren",
    "vormalige",
    "bisherige",
    "bisheriger",
    "bisherigen",
    "scheidende",
];
/// Behind a name: it was so as long as this says.
const UNTIL: [&str; 5] = ["until ", "till ", "bis ", "stepped down", "resigned"];
/// Words in a field that asks for those who left.
const PAST: [&str; 12] = [
    "former",
    "previous",
    "past",
    "predecessor",
    "predecessors",
    "first",
    "history",
    "until",
    "ehemalige",
    "frühere",
    "vorgänger",
    "vorgängerin",
];
/// Words between “former” and the name: “former long-time chief executive Bo Lind”.
const TITLE: usize = 5;

/// Whether a field, in lower case, asks for whoever holds an office now.
pub(super) fn asks_for_now(asked: &str) -> bool {
    let mut words = asked.split(|c: char| !c.is_alphanumeric());
    !words.any(|word| PAST.contains(&word))
}

/// Whether a sentence says of a person in it that somebody else has come in their place, or that their time is over.
pub(super) fn has_left(sentence: &str, person: &Span) -> bool {
    let before = sentence[..person.start].to_lowercase();
    let behind = sentence[person.end..].to_lowercase();
    let others = names::people(&sentence[..person.start]);
    // “The former chair Bo Lind praised Ada Roe”: what stands before another name is said of that.
    let own =
        others.last().map_or(before.as_str(), |other| before.get(other.end..).unwrap_or_default());
    follows_a_turn(&before) || leads_a_turn(&behind) || is_called_former(own, &behind)
}

fn follows_a_turn(before: &str) -> bool {
    let before = before.trim_end();
    let bare = ["mr", "mr.", "ms", "ms.", "mrs", "mrs.", "dr", "dr.", "herrn", "frau"]
        .iter()
        .find_map(|title| before.strip_suffix(title)?.strip_suffix(' '))
        .unwrap_or(before)
        .trim_end();
    LEAVERS_FOLLOW.iter().any(|turn| {
        bare.strip_suffix(turn).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
    })
}

fn leads_a_turn(behind: &str) -> bool {
    let clause = behind.split([';', '.']).next().unwrap_or(behind);
    let turn = LEAVERS_LEAD.iter().find_map(|turn| clause.find(turn).map(|at| (at, *turn)));
    turn.is_some_and(|(at, turn)| {
        // “Bo Lind wurde von Ada Roe abgelöst”
        let is_whole =
            !turn.ends_with(" von") || clause.contains("abgelöst") || clause.contains("ersetzt");
        let is_near = clause[..at].split_whitespace().count() <= TITLE + 3;
        is_whole && is_near
    })
}

fn is_called_former(before: &str, behind: &str) -> bool {
    let clause = before.rsplit([',', ';', '.', ':', ')']).next().unwrap_or(before);
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let leading = words(clause);
    let is_former = |word: &String| FORMER.contains(&word.as_str());
    let is_led = leading.iter().rev().take(TITLE + 1).any(is_former);
    let apposition = behind.trim_start().strip_prefix([',', '(']).unwrap_or_default();
    let apposition = apposition.split([',', ')', ';']).next().unwrap_or_default();
    let is_followed = words(apposition).iter().take(3).any(is_former);
    let clause = behind.split([',', ';', '.']).next().unwrap_or(behind);
    let ends = UNTIL.iter().any(|word| {
        clause.find(word).is_some_and(|at| !clause[..at].ends_with(char::is_alphanumeric))
    });
    is_led || is_followed || ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(sentence: &str) -> Vec<&str> {
        let names = ["Ada Roe", "Bo Lind"].into_iter();
        let place = |name: &&str| sentence.find(name).map(|at| at..at + name.len());
        names.filter(|name| place(name).is_some_and(|span| has_left(sentence, &span))).collect()
    }

    #[test]
    fn who_was_succeeded_has_left() {
        for sentence in [
            "Ada Roe succeeded Bo Lind as chief executive of Acme on 1 September 2025.",
            "Ada Roe took over from Bo Lind in 2025.",
            "Ada Roe, the successor of Mr. Bo Lind, is chief executive.",
            "Bo Lind was succeeded by Ada Roe as chief executive.",
            "Bo Lind, chief executive since 2015, was replaced by Ada Roe.",
            "The former chief executive Bo Lind praised Ada Roe.",
            "Bo Lind (former chief executive) praised Ada Roe.",
            "Bo Lind was chief executive until 2021; then came Ada Roe.",
            "Ada Roe folgte auf Bo Lind als Chefin von Acme.",
            "Ada Roe folgte Bo Lind am 1. September als Chefin von Acme.",
            "Ada Roe löste Bo Lind als Chef ab.",
            "Ada Roe ist Nachfolgerin von Bo Lind.",
            "Bo Lind wurde von Ada Roe abgelöst.",
        ] {
            assert_eq!(left(sentence), ["Bo Lind"], "{sentence}");
        }
    }

    #[test]
    fn who_holds_an_office_has_not_left() {
        for sentence in [
            "Bo Lind has been chief executive of Acme since 2015.",
            "Bo Lind is chief executive; he was mayor until 2012.",
            "The chief executive of Acme is Bo Lind, who follows the plan of Ada Roe.",
            "Chef von Acme ist Bo Lind.",
        ] {
            assert_eq!(left(sentence), Vec::<&str>::new(), "{sentence}");
        }
    }

    #[test]
    fn a_field_may_ask_for_who_came_before() {
        assert!(asks_for_now("ceo name of the chief executive"));
        assert!(!asks_for_now("former ceo"));
    }
}
