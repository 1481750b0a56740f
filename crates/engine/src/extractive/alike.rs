//! Words that mean nearly the same when questions meet pages, and words that say little.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::words;

/// Stems that may stand for a stem, without itself.
pub(crate) fn of(stem: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in GROUPS.lines() {
        let stems: Vec<String> = line.split_whitespace().map(words::stem).collect();
        if stems.iter().any(|known| known == stem) {
            found.extend(stems.into_iter().filter(|other| other != stem));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Words, as one would write them in a query, that may stand for a stem.
pub(super) fn words_like(stem: &str) -> Vec<&'static str> {
    let mut found: Vec<&str> = Vec::new();
    for line in GROUPS.lines() {
        let is_member = |word: &&str| words::stem(word) == stem;
        if line.split_whitespace().any(|word| is_member(&word)) {
            found.extend(line.split_whitespace().filter(|word| !is_member(word)));
        }
    }
    found
}

/// Words that occur in any question: "overview", "company", "main".
pub(crate) fn is_generic(stem: &str) -> bool {
    static STEMS: LazyLock<HashSet<String>> = LazyLock::new(|| stems_of(GENERIC));
    STEMS.contains(stem)
}

/// Words about the form of an answer: "paragraph", "bullet".
pub(super) fn is_format(stem: &str) -> bool {
    static STEMS: LazyLock<HashSet<String>> = LazyLock::new(|| stems_of(FORMAT));
    STEMS.contains(stem)
}

/// Months and days, which are capitalised and no names.
pub(super) fn is_calendar(lower: &str) -> bool {
    CALENDAR.split_whitespace().any(|word| word == lower)
}

/// Stemmed once: these lists are asked about every word of every finding.
fn stems_of(list: &str) -> HashSet<String> {
    list.split_whitespace().map(words::stem).collect()
}

const GENERIC: &str = "
overview information detail company organization organisation person people man woman name named called year date
time day place country city kind type sort thing way main major important key current currently latest recent
different difference example relevant general specific particular number amount value exact exactly total
happen happened work works role part state status report question answer describe explain list compare comparison
summary analysis role tell find possible best good big large many much often long today new first last
make made discuss identify define show outline versus recommended actual actually refer relate related regard account
";

const FORMAT: &str = "
paragraph bullet table markdown report text concise short brief detailed summary citation source sentence words
format section heading list answer output json string field provide include page
";

const CALENDAR: &str = "
january february march april may june july august september october november december monday tuesday wednesday
thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec
";

/// One group to a line.
const GROUPS: &str = "
found founded founder establish established inception start created began begin origin launched
start begin began begun commence launch open opened
end finish close closed cease terminate stop stopped
make manufacture produce build built maker manufacturer producer develop
create invent design develop creator inventor author wrote written
buy acquire purchase bought acquisition takeover
sell sold sale divest
price cost fee charge tariff
revenue turnover sales income
profit earnings surplus
employee staff worker headcount workforce employ
people inhabitant resident population live
boss ceo chief director head president leader lead chair chairman managing
headquarters headquartered based seat located location office
big large size area extent
tall height high
long length duration last
old age
fast speed quick performance
limit maximum max cap ceiling upper
minimum min least lower
average mean avg typical
die died death dead kill killed mortality fatal fatality lethal
born birth
cause reason because due lead led trigger
effect impact consequence result outcome influence
use purpose usage function serve
advantage benefit pro strength
disadvantage drawback con weakness downside
risk danger hazard threat
problem issue bug fault defect
fix repair solve solution remedy resolve
change modify alter amend edit update
delete remove drop erase
add insert append
configure setting parameter option set configuration
enable activate
disable deactivate
allow permit
forbid prohibit ban disallow
increase rise grow growth raise
decrease decline fall drop reduce reduction
show display print
keep kept store stored hold
error failure fail exception
default initial
replace substitute supersede
own owner belong owned
rule regulation law requirement
need require requirement necessary must
happen occur
fire blaze burn
flood inundation
car vehicle automobile
ship vessel boat
doctor physician
teacher instructor
money fund funding finance
contract agreement
member membership
run operate operator operated manage managed
win won winner award prize
travel trip journey
guarantee warranty
refund reimbursement return
deadline due date
phone telephone
email mail
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_knows_its_like_and_not_itself() {
        let alike = of(&words::stem("inhabitants"));
        assert!(alike.contains(&words::stem("population")));
        assert!(!alike.contains(&words::stem("inhabitants")));
        assert!(of("zebra").is_empty());
    }

    #[test]
    fn generic_and_format_words_are_known_by_their_stems() {
        assert!(is_generic(&words::stem("companies")));
        assert!(is_format(&words::stem("paragraphs")));
        assert!(!is_generic(&words::stem("checkpoint")));
    }
}
