//! Words that mean nearly the same when questions meet pages, and words that say little.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::words;

/// Stems that may stand for a stem, without itself; of other languages too.
pub(crate) fn of(stem: &str) -> Vec<String> {
    static ALIKE: LazyLock<HashMap<String, BTreeSet<String>>> = LazyLock::new(alike);
    ALIKE.get(stem).into_iter().flatten().cloned().collect()
}

/// Whoever is in a group is alike to all others in it; a line of another language belongs to the groups of its first word.
fn alike() -> HashMap<String, BTreeSet<String>> {
    let stems = |line: &str| line.split_whitespace().map(words::stem).collect::<BTreeSet<_>>();
    let mut groups: Vec<BTreeSet<String>> = GROUPS.lines().map(stems).collect();
    for line in OTHER_LANGUAGES.lines() {
        let Some((english, words)) = line.split_once(": ") else { continue };
        let english = words::stem(english);
        for group in groups.iter_mut().filter(|group| group.contains(&english)) {
            group.extend(stems(words));
        }
    }
    let mut alike: HashMap<String, BTreeSet<String>> = HashMap::new();
    for group in &groups {
        for stem in group {
            let others = group.iter().filter(|other| *other != stem).cloned();
            alike.entry(stem.clone()).or_default().extend(others);
        }
    }
    alike
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
weigh weight
";

/// What pages in German, French and Spanish call some of these: for understanding, not for searching.
const OTHER_LANGUAGES: &str = "
founded: gegründet gründete gründung gründer entstand entstanden fondée fondé fondation fondateur créée créé fundada fundado fundó fundación fundador
open: eröffnet eröffnete eröffnung ouvert ouverte ouverture inauguré inaugurée abrió inaugurada inaugurado apertura
close: geschlossen schloss schließt schließung fermé fermée fermeture cerró cerrada cerrado cierre
manufacture: hergestellt hersteller herstellung produziert fertigt baut gebaut fabrique fabriqué fabricant produit fabrica fabricado fabricante
invent: erfunden erfand erfinder entworfen inventé inventeur conçu inventó inventado inventor
acquire: gekauft kaufte übernahm übernommen übernahme erworben erwarb acheté acquis racheté rachat compró adquirió adquisición
sell: verkauft verkaufte verkauf vendu vendue vente vendió vendida vendido venta
price: preis kosten kostet kostete prix tarif coûte coût coûté precio cuesta coste costó
revenue: umsatz umsätze erlös einnahmen recettes ingresos facturación
profit: gewinn überschuss bénéfice beneficio
employee: mitarbeiter mitarbeiterinnen beschäftigte beschäftigt angestellte belegschaft employés emploie salariés effectif empleados emplea trabajadores plantilla
inhabitant: einwohner bevölkerung habitantes población
boss: geschäftsführer geschäftsführerin vorstand vorsitzender vorsitzende vorstandsvorsitzender vorstandsvorsitzende leitet leiter leiterin directeur directrice dirige dirigeant président présidente director directora dirige presidenta
headquarters: sitz hauptsitz firmensitz zentrale ansässig siège sede
die: starb gestorben tod mort morte décédé décédée murió muerte
born: geboren geburt née naissance nació nacida nacido
increase: stieg gestiegen anstieg wuchs gewachsen augmenté hausse aumentó aumento
decrease: sank gesunken rückgang fiel gefallen baissé baisse bajó descenso
own: gehört gehörte besitzt besaß besitzer eigentümer inhaber eigentum appartient appartenait possède propriétaire détient pertenece posee propietario dueño
win: gewann gewonnen preisträger gagné remporté ganó ganador
weigh: wiegt gewicht pèse poids pesa
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
    fn relations_are_known_in_other_languages_and_searched_for_in_none() {
        let alike = |one: &str, other: &str| of(&words::stem(one)).contains(&words::stem(other));
        assert!(alike("founded", "gegründet") && alike("gegründet", "fondée"));
        assert!(alike("gehört", "besitzt") && !alike("gehört", "leitet"));
        assert!(words_like(&words::stem("founded")).iter().all(|word| word.is_ascii()));
        for line in OTHER_LANGUAGES.lines().filter(|line| !line.is_empty()) {
            let (english, _) = line.split_once(": ").expect(line);
            assert!(!of(&words::stem(english)).is_empty(), "{english} is in no group");
        }
    }

    #[test]
    fn generic_and_format_words_are_known_by_their_stems() {
        assert!(is_generic(&words::stem("companies")));
        assert!(is_format(&words::stem("paragraphs")));
        assert!(!is_generic(&words::stem("checkpoint")));
    }
}
