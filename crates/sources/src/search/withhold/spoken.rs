//! E-mail addresses that are written out in words: `jane at acme dot com`.

use std::ops::Range;

use super::folded::Folded;

/// What stands for the `@`, and what those who say so call a dot: `at this point` is no address.
const AT: [(&str, &str); 6] = [
    ("at", "dot punkt"),
    ("@", "dot punkt point punto ponto"),
    ("arobase", "point"),
    ("arroba", "punto ponto"),
    ("chiocciola", "punto"),
    ("klammeraffe", "punkt"),
];
/// What stands for a dot, and the ends of domains that are words of the same language: behind `quantum dot` one of them ends a
/// domain only where nothing follows.
const DOTS: [(&str, &str); 5] = [
    ("dot", "am as at be by do id in is it me my no so to us"),
    ("punkt", "am be es im in it so"),
    ("point", "at de es et fr il in is la me ne se si to"),
    ("punto", "de en es la me ni no se si su tu"),
    ("ponto", "as ao da de do em na no se"),
];
/// What else stands for a mark in a name.
const MARKS: [&str; 8] =
    ["underscore", "dash", "hyphen", "minus", "plus", "unterstrich", "bindestrich", "tiret"];
/// How domains end: the most usual ones of many letters, and those of countries.
const ENDS: &str = "com org net edu gov mil int info biz app dev xyz \
    ac ae ag ai am ar at au az ba bd be bg bo br by ca cc ch ci cl cn co cr cu cy cz de dk do dz ec ee eg es eu fi fm fr ge gh gl \
    gr gt hk hn hr hu id ie il im in io iq ir is it je jo jp ke kg kr kw kz la lb li lk lt lu lv ly ma md me mk mn mt mu mx my mz \
    na ng ni nl no np nu nz om pa pe ph pk pl pr ps pt py qa ro rs ru sa sc se sg sh si sk sn so sr st su sv sy th tj tk tm tn to \
    tr tt tv tw tz ua ug uk us uy uz va vc ve vn ws za zm zw";
/// Words before `at` that no mailbox is called by.
const NO_NAMES: &str = "a an the this that it is are was were be been am i you he she we they me him her us them up out in on \
    look looks looked looking buy buys bought buying shop shopping sell sells sold selling find finds found available listed seen \
    read hosted hosting order ordered ordering work works worked working stay stayed live lives book booked booking cost costs \
    arrive arrives meet meets start starts begin begins and or not";

/// Where addresses stand.
pub(super) fn find(folded: &Folded) -> Vec<Range<usize>> {
    let places: Vec<Range<usize>> = folded.words().collect();
    let words: Vec<String> = places
        .iter()
        .map(|place| folded.chars[place.clone()].iter().collect::<String>().to_lowercase())
        .collect();
    let address = |at: usize| {
        let word = words[at].as_str();
        let sign = AT.iter().find(|(sign, _)| *sign == word);
        let (first, label) = if sign.is_some() {
            (first_of_name(&words[..at], word)?, at + 1)
        } else {
            let (name, domain) = word.split_once('@')?;
            (is_name(name) && is_name(domain)).then_some((at, at))?
        };
        let dots = sign.map_or(AT[1].1, |(_, dots)| *dots);
        // A dot that was written out between brackets has become one by now.
        let is_spelt = places.get(label).is_some_and(|place| {
            place.clone().any(|at| folded.chars[at] == '.' && folded.is_written_otherwise(at))
        });
        let last = last_of_domain(&words, label, dots, is_spelt)?;
        Some(places[first].start..places[last].end)
    };
    (0..words.len()).filter_map(address).collect()
}

/// The first word of the name that the words end with: `jane` of `write to jane dot doe`.
fn first_of_name(before: &[String], at: &str) -> Option<usize> {
    let mut first = before.len().checked_sub(1)?;
    let is_mark = |word: &str| dot(word).is_some() || MARKS.contains(&word);
    let is_other = at == "at" && NO_NAMES.split_whitespace().any(|word| word == before[first]);
    if is_other || !is_name(&before[first]) {
        return None;
    }
    while first >= 2 && is_mark(&before[first - 1]) && is_name(&before[first - 2]) {
        first -= 2;
    }
    Some(first)
}

/// The last word of the domain whose first label this is: `uk` of `acme dot co dot uk`.
fn last_of_domain(words: &[String], label: usize, dots: &str, is_spelt: bool) -> Option<usize> {
    let mut last = (is_spelt && is_end(words.get(label)?, true)).then_some(label);
    let mut at = label;
    let is_one_of_them = |word: &&String| dots.split(' ').any(|dot| dot == word.as_str());
    let ends = |at: usize| words.get(at + 1).filter(is_one_of_them).and_then(|word| dot(word));
    while let Some(ends_that_are_words) = ends(at) {
        let Some(next) = words.get(at + 2).filter(|next| is_name(next)) else { break };
        at += 2;
        let is_followed = at + 1 < words.len() && !next.ends_with(|c: char| !c.is_alphanumeric());
        let bare = bare(next);
        let is_word = is_followed && ends_that_are_words.split(' ').any(|word| word == bare);
        if is_end(next, !is_word) {
            last = Some(at);
        }
    }
    last
}

/// The ends that are words of the language, where a word stands for a dot.
fn dot(word: &str) -> Option<&'static str> {
    DOTS.iter().find(|(dot, _)| *dot == word).map(|(_, ends)| *ends)
}

fn is_end(label: &str, may_be: bool) -> bool {
    let end = bare(label).rsplit('.').next().unwrap_or_default();
    may_be && ENDS.split_whitespace().any(|known| known == end)
}

/// Whether a word may be part of an address.
fn is_name(word: &str) -> bool {
    let word = bare(word);
    let is_inside = |c: char| c.is_alphanumeric() || "._%+-'".contains(c);
    !word.is_empty() && word.chars().all(is_inside)
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}
