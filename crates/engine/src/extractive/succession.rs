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
/// Words in a field that asks for what somebody did, which stays done.
const DEEDS: [&str; 14] = [
    "founder",
    "founders",
    "founded",
    "author",
    "authors",
    "inventor",
    "architect",
    "designer",
    "creator",
    "winner",
    "gründer",
    "gründerin",
    "autor",
    "erfinder",
];
/// Words in a field that asks for who holds an office.
const OFFICES: [&str; 18] = [
    "ceo",
    "cfo",
    "cto",
    "coo",
    "chief",
    "chair",
    "chairman",
    "chairwoman",
    "chairperson",
    "president",
    "director",
    "head",
    "mayor",
    "minister",
    "leader",
    "manager",
    "geschäftsführer",
    "vorstand",
];
/// Behind “was”: it begins what somebody became, or says nothing of an office.
const BECAME: [&str; 8] =
    ["named", "made", "chosen", "born", "hired", "ernannt", "berufen", "gewählt"];
/// Between a name and the office that somebody comes into: “Ada Roe as its new chief executive”.
const COMING: [&str; 20] = [
    "as",
    "its",
    "their",
    "our",
    "the",
    "a",
    "to",
    "be",
    "new",
    "next",
    "incoming",
    "als",
    "zum",
    "zur",
    "neue",
    "neuen",
    "neuer",
    "appointed",
    "named",
    "ernannt",
];
const NEW: [&str; 6] = ["new", "next", "incoming", "neue", "neuen", "neuer"];
/// Words between “former” and the name: “former long-time chief executive Bo Lind”.
const TITLE: usize = 5;

/// Whether a field, in lower case, asks for whoever holds an office now.
pub(super) fn asks_for_now(asked: &str) -> bool {
    let mut words = asked.split(|c: char| !c.is_alphanumeric());
    !words.any(|word| PAST.contains(&word) || DEEDS.contains(&word))
}

/// Whether a field, in lower case, asks for who holds an office.
pub(super) fn asks_for_office(asked: &str) -> bool {
    let mut words = asked.split(|c: char| !c.is_alphanumeric());
    words.any(|word| OFFICES.contains(&word))
}

/// Whether a sentence says of a person that they were something, and not that they are: “Bo Lind was chief executive”.
pub(super) fn was_once(sentence: &str, person: &Span) -> bool {
    let behind = sentence[person.end..].to_lowercase();
    let Some(rest) = [" was ", " war "].iter().find_map(|was| behind.strip_prefix(was)) else {
        return false;
    };
    let articles = ["the", "a", "an", "its", "their", "then", "der", "die"];
    let next = rest.split(' ').find(|word| !articles.contains(word)).unwrap_or_default();
    let became = next.ends_with("ed") || BECAME.contains(&next);
    let is_still = [" is ", " ist ", " remains ", " has been "].iter().any(|is| rest.contains(is));
    !became && !is_still
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

/// Whether a sentence says that somebody has left an office whom another one names as its holder.
pub(super) fn tells_who_left(sentence: &str, other: &str) -> bool {
    let is_holder = |person: &Span| !was_once(other, person) && !has_left(other, person);
    let holders: Vec<&str> =
        names::people(other).into_iter().filter(is_holder).map(|person| &other[person]).collect();
    names::people(sentence)
        .into_iter()
        .any(|person| holders.contains(&&sentence[person.clone()]) && has_left(sentence, &person))
}

/// Whether a sentence says of a person that they come into an office now: “appointed Ada Roe as its new chief executive”.
pub(super) fn comes_in(sentence: &str, person: &Span, office: &Span) -> bool {
    let between = sentence.get(person.end..office.start).unwrap_or_default().to_lowercase();
    let mut words = between.split_whitespace();
    words.clone().any(|word| NEW.contains(&word)) && words.all(|word| COMING.contains(&word))
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
    // “The former chief executive of Acme, Bo Lind, …”
    let is_apposition = behind.trim_end().is_empty() || behind.starts_with([',', ';', '.', ')']);
    let before = match before.trim_end().strip_suffix(',') {
        Some(titled) if is_apposition => titled,
        Some(_) | None => before,
    };
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
    is_led || is_followed || ends || has_a_last_year(clause)
}

/// “from 2010 to 2021”, “(2010–2021)”.
fn has_a_last_year(clause: &str) -> bool {
    let words: Vec<&str> =
        clause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_year = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let follows = |pair: &[&str]| is_year(pair[0]) && is_year(pair[1]);
    let joined = |three: &[&str]| {
        is_year(three[0]) && ["to", "and", "bis"].contains(&three[1]) && is_year(three[2])
    };
    words.windows(2).any(follows) || words.windows(3).any(joined)
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
    fn who_is_named_as_holder_may_have_left_by_another_sentence() {
        let older = "Ingrid Solberg has been chief executive of Halden Pumps since 2015.";
        for newer in [
            "Marek Dvorak succeeded Ingrid Solberg as chief executive on 1 September 2025.",
            "Ingrid Solberg stepped down as chief executive in 2025.",
            "Former chief executive Ingrid Solberg now chairs the board.",
        ] {
            assert!(tells_who_left(newer, older), "{newer}");
            assert!(!tells_who_left(older, newer), "{newer}");
        }
        assert!(!tells_who_left("Ingrid Solberg opened the plant.", older));
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
            "The former chief executive of Acme, Bo Lind, praised Ada Roe.",
            "Ada Roe thanked the former chief executive, Bo Lind.",
            "Bo Lind was chief executive of Acme from 2010 to 2021; then came Ada Roe.",
            "Bo Lind (chief executive 2010–2021) praised Ada Roe.",
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
            "The former chief executive resigned, Bo Lind took over.",
        ] {
            assert_eq!(left(sentence), Vec::<&str>::new(), "{sentence}");
        }
    }

    #[test]
    fn who_comes_in_stands_beside_a_new_office() {
        let comes = |sentence: &str| {
            let (person, office) = (sentence.find("Ada Roe"), sentence.find("chief"));
            let office = office.map(|at| at..at + 5).unwrap();
            comes_in(sentence, &person.map(|at| at..at + 7).unwrap(), &office)
        };
        assert!(comes("Acme has appointed Ada Roe as its new chief executive."));
        assert!(!comes("Acme has appointed Ada Roe to help its chief executive."));
        assert!(!comes("The new chief executive met Ada Roe."));
    }

    #[test]
    fn who_was_something_need_not_be_it_now() {
        let was = |sentence: &str| was_once(sentence, &(0.."Bo Lind".len()));
        assert!(was("Bo Lind was chief executive of Acme in 2021."));
        assert!(was("Bo Lind was the chief executive when it burnt down."));
        assert!(!was("Bo Lind was appointed chief executive."));
        assert!(!was("Bo Lind was named chief executive."));
        assert!(!was("Bo Lind was chief engineer and is now chief executive."));
        assert!(!was("Bo Lind is chief executive."));
    }

    #[test]
    fn a_field_may_ask_for_who_came_before() {
        assert!(asks_for_now("ceo name of the chief executive"));
        assert!(!asks_for_now("former ceo"));
        assert!(!asks_for_now("founder of the company"));
        assert!(asks_for_office("ceo name of the chief executive"));
        assert!(!asks_for_office("engineer who built the bridge"));
    }
}
