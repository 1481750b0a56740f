//! Checks a draft sentence by sentence: rules judge all of them, a model those that the processor has judged, what is not
//! carried is reworded once, and what still is not is left out.

use std::collections::BTreeSet;

use domain::address::addresses_in;
use domain::model::Role;
use domain::processor::Judging;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Mind;
use super::asking::{Ask, list_of};
use super::claims::Ledger;
use super::draft::{self, Block, Sentence};
use super::material;
use super::plan::Task;
use super::quotes::shown;
use super::restated;
use super::support::{self, Fault, Support};
use super::words::{likeness, share, terms};
use crate::Failed;
use crate::purse::{Phase, Purse};

/// Sentences that are judged or mended in one call.
const TOGETHER: usize = 10;
/// Sentences of one text of a row that are judged in one call.
const VERDICTS: usize = 100;
/// Bytes of a quote that a judge is shown.
const LENGTH: usize = 500;
const MAX_OUTPUT: u32 = 900;
/// Quotes that are put to a sentence whose writer named none, and the share of its words that they have.
const ATTACHED: usize = 3;
const NEAR: f64 = 0.5;
/// Two sentences this alike say the same.
const SAME: f64 = 0.85;

/// A section before or after the check.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    /// `None` for the answer that stands first.
    pub(super) heading: Option<String>,
    pub(super) parts: Vec<usize>,
    pub(super) blocks: Vec<Block>,
}

/// What became of the sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub(super) kept: u32,
    pub(super) cited: u32,
    pub(super) dropped: u32,
}

/// One sentence on its way through the check.
struct Case {
    section: usize,
    sentence: Sentence,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stands,
    /// Carried as far as figures and names go.
    Weak,
    /// Only a model can carry it: its quotes are in other letters, in which rules find no name of it, or what it says is in
    /// other words than theirs.
    Open(Fault),
    /// States nothing.
    Frame,
    Falls(Fault),
    /// Said before.
    Repeats,
}

/// What all sentences of a report have in common.
struct About<'a> {
    task: &'a Task,
    /// The code of the report's language.
    language: &'a str,
    ledger: &'a Ledger,
}

/// What a model says of sentences, each against its quotes.
#[derive(Deserialize, Default)]
pub(super) struct Verdicts {
    pub(super) verdicts: Vec<Verdict>,
}

#[derive(Deserialize)]
pub(super) struct Verdict {
    /// From 1.
    pub(super) sentence: usize,
    verdict: String,
}

impl Verdict {
    pub(super) fn is_supported(&self) -> bool {
        self.verdict == "supported"
    }
}

#[derive(Deserialize)]
struct Rewrites {
    sentences: Vec<Rewrite>,
}

#[derive(Deserialize)]
struct Rewrite {
    sentence: usize,
    text: String,
}

pub(super) fn verdicts_schema() -> Value {
    let members = json!({
        "sentence": {"type": "integer"},
        "verdict": {"type": "string", "enum": ["supported", "partly", "unsupported"]},
    });
    list_of("verdicts", VERDICTS, &members, &["sentence", "verdict"])
}

fn rewrites_schema() -> Value {
    let members = json!({"sentence": {"type": "integer"}, "text": {"type": "string"}});
    list_of("sentences", TOGETHER, &members, &["sentence", "text"])
}

/// Checks all sections together, so that what is said in one is not said again in another.
pub(super) async fn sections(
    mind: &Mind<'_>,
    purse: &Purse,
    task: &Task,
    language: &str,
    ledger: &Ledger,
    sections: Vec<Section>,
) -> Result<(Vec<Section>, Counts), Failed> {
    let about = About { task, language, ledger };
    let mut cases = judged_by_rules(&about, &sections);
    let judging = mind.world.spec().processor.caps.judging;
    judged_by_model(mind, purse, ledger, &mut cases, judging).await?;
    left_to_nobody(&mut cases);
    mended(mind, purse, &about, &mut cases).await?;
    Ok(put_together(sections, cases))
}

fn judged_by_rules(about: &About<'_>, sections: &[Section]) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut said: Vec<(usize, Said)> = Vec::new();
    for (index, section) in sections.iter().enumerate() {
        for sentence in section.blocks.iter().flat_map(Block::sentences) {
            let mut sentence = sentence.clone();
            let own = Said::of(&sentence.text);
            // The answer says in short what the sections say in full; one section does not repeat another, or itself.
            let counts = |other: usize| other == index || sections[other].heading.is_some();
            let repeats = said.iter().any(|(other, known)| counts(*other) && known.is_same(&own));
            let is_bare = sentence.claims.is_empty() && !is_frame(about, &sentence);
            if is_bare {
                sentence.claims = attached(about, section, &sentence.text);
            }
            let mut fate = if repeats { Fate::Repeats } else { fate(about, &sentence) };
            // Nobody said that these quotes carry it.
            if is_bare && fate == Fate::Weak {
                fate = Fate::Open(Fault::Words);
            }
            said.push((index, own));
            cases.push(Case { section: index, sentence, fate });
        }
    }
    cases
}

/// What a sentence says, as far as two of them are compared.
struct Said {
    terms: BTreeSet<String>,
    figures: BTreeSet<String>,
}

impl Said {
    fn of(sentence: &str) -> Self {
        Self { terms: terms(sentence), figures: support::figures(sentence) }
    }

    /// The same words about another figure say something else.
    fn is_same(&self, other: &Self) -> bool {
        self.figures == other.figures && likeness(&self.terms, &other.terms) >= SAME
    }
}

/// Quotes for a sentence whose writer named none: the first that carries it, else those of one page that have most of its words,
/// by which it may be reworded if they do not carry it either.
fn attached(about: &About<'_>, section: &Section, sentence: &str) -> Vec<usize> {
    let ledger = about.ledger;
    let offered: Vec<usize> = (0..ledger.claims.len())
        .filter(|&index| {
            section.parts.is_empty() || section.parts.contains(&ledger.claims[index].part)
        })
        .collect();
    let carries = |index: &&usize| judged(about, sentence, &[**index]).0 == Support::Yes;
    if let Some(&one) = offered.iter().find(carries) {
        return vec![one];
    }
    let own = terms(sentence);
    let mut open = own.clone();
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < ATTACHED {
        let adds =
            |&index: &usize| terms(ledger.quote(&ledger.claims[index])).intersection(&open).count();
        // What two pages say of two things would be made one.
        let is_beside = |index: &usize| {
            chosen.iter().all(|&known| ledger.claims[known].page == ledger.claims[*index].page)
        };
        let beside = offered.iter().copied().filter(is_beside);
        let best = beside.rev().max_by_key(adds).filter(|index| adds(index) > 0);
        let Some(best) = best else { break };
        open.retain(|term| !terms(ledger.quote(&ledger.claims[best])).contains(term));
        chosen.push(best);
    }
    if 1.0 - share(&own, &open) >= NEAR { chosen } else { Vec::new() }
}

/// Whether a sentence says only that something was not found, or was asked.
fn is_frame(about: &About<'_>, sentence: &Sentence) -> bool {
    let mut asked: Vec<&str> = vec![&about.task.question];
    asked.extend(about.ledger.parts.iter().map(|part| part.text.as_str()));
    !sentence.has_stranger && support::states_nothing(&sentence.text, &asked)
}

fn judged(about: &About<'_>, sentence: &str, claims: &[usize]) -> (Support, Option<Fault>) {
    let About { task, language, ledger } = about;
    let is_read = |address: &str| ledger.pages.iter().any(|page| page.address == address);
    if leads_elsewhere(sentence, is_read) {
        return (Support::No, Some(Fault::Address));
    }
    let quotes: Vec<&str> =
        claims.iter().map(|&index| ledger.quote(&ledger.claims[index])).collect();
    let mut asked: Vec<&str> = vec![&task.question];
    let mut above: Vec<&str> = Vec::new();
    for &index in claims {
        let claim = &ledger.claims[index];
        let page = &ledger.pages[claim.page];
        asked.push(&ledger.parts[claim.part].text);
        // "Nordwind says", "by its report of 2024": who says it, and when, is known of a page.
        above.push(page.publisher());
        above.extend(page.text.published.as_deref());
        above.extend(restated::above(page, &claim.span));
    }
    let around = [asked.as_slice(), above.as_slice()].concat();
    match support::judge(sentence, &quotes, &around, language) {
        (Support::Yes, _) if support::borrows(sentence, &quotes, &above, &asked) => {
            (Support::Weak, Some(Fault::Borrowed))
        }
        judged => judged,
    }
}

/// Whether a sentence sends its readers to a page that was not read, which a page may have asked for.
pub(super) fn leads_elsewhere(sentence: &str, is_read: impl Fn(&str) -> bool) -> bool {
    // The bare name of a site leads nowhere, and may be what was asked for.
    let addresses = addresses_in(sentence).into_iter().filter(|address| sentence.contains(address));
    sentence.contains("](") || !addresses.into_iter().all(|address| is_read(&address))
}

fn fate(about: &About<'_>, sentence: &Sentence) -> Fate {
    if sentence.claims.is_empty() {
        let is_frame = is_frame(about, sentence);
        return if is_frame { Fate::Frame } else { Fate::Falls(Fault::Words) };
    }
    match judged(about, &sentence.text, &sentence.claims) {
        (Support::Yes, _) => Fate::Stands,
        (Support::Weak, Some(fault @ (Fault::Names | Fault::Borrowed))) => Fate::Open(fault),
        (Support::Weak, _) => Fate::Weak,
        (Support::No, fault) => Fate::Falls(fault.unwrap_or(Fault::Words)),
    }
}

/// A quote, and behind it where it stands: a row of a table does not name what it is about.
fn with_place(ledger: &Ledger, claim: usize) -> String {
    let claim = &ledger.claims[claim];
    let place = material::place(&ledger.pages[claim.page], &claim.span);
    format!("{} (from {place})", shown(ledger.quote(claim), LENGTH))
}

async fn judged_by_model(
    mind: &Mind<'_>,
    purse: &Purse,
    ledger: &Ledger,
    cases: &mut [Case],
    judging: Judging,
) -> Result<(), Failed> {
    let is_asked = |case: &Case| match judging {
        Judging::Rules => false,
        Judging::Weak => matches!(case.fate, Fate::Weak | Fate::Open(_)),
        Judging::All => matches!(case.fate, Fate::Weak | Fate::Open(_) | Fate::Stands),
    };
    let asked: Vec<usize> = (0..cases.len()).filter(|&at| is_asked(&cases[at])).collect();
    let asks = asked
        .chunks(TOGETHER)
        .map(|chunk| {
            let sentences: Vec<_> = chunk
                .iter()
                .enumerate()
                .map(|(number, &at)| {
                    let quotes: Vec<String> = cases[at]
                        .sentence
                        .claims
                        .iter()
                        .map(|&claim| with_place(ledger, claim))
                        .collect();
                    json!({ "number": number + 1, "text": cases[at].sentence.text, "quotes": quotes })
                })
                .collect();
            Ask {
                role: Role::Verifier,
                phase: Phase::Check,
                prompt: "judge",
                given: json!({ "sentences": sentences }),
                max_output_tokens: MAX_OUTPUT,
            }
        })
        .collect();
    let answers: Vec<Result<Verdicts, _>> = mind.all(purse, asks, &verdicts_schema()).await?;
    for (chunk, answer) in asked.chunks(TOGETHER).zip(answers) {
        let Ok(answer) = answer else {
            mind.world.note(
                "Some sentences were judged by rules alone: no further model call was possible.",
            );
            continue;
        };
        for verdict in answer.verdicts {
            let Some(&at) = chunk.get(verdict.sentence.wrapping_sub(1)) else { continue };
            cases[at].fate =
                if verdict.is_supported() { Fate::Stands } else { Fate::Falls(Fault::Words) };
        }
    }
    Ok(())
}

/// What only a model could have carried falls where none did.
fn left_to_nobody(cases: &mut [Case]) {
    for case in cases {
        if let Fate::Open(fault) = case.fate {
            case.fate = Fate::Falls(fault);
        }
    }
}

/// Has what falls reworded, once.
async fn mended(
    mind: &Mind<'_>,
    purse: &Purse,
    about: &About<'_>,
    cases: &mut [Case],
) -> Result<(), Failed> {
    let About { language, ledger, .. } = about;
    let falling: Vec<(usize, Fault)> = cases
        .iter()
        .enumerate()
        .filter_map(|(at, case)| match case.fate {
            // Without a quote there is nothing to reword it by.
            Fate::Falls(fault) => (!case.sentence.claims.is_empty()).then_some((at, fault)),
            Fate::Stands | Fate::Weak | Fate::Open(_) | Fate::Frame | Fate::Repeats => None,
        })
        .collect();
    let asks = falling
        .chunks(TOGETHER)
        .map(|chunk| {
            let sentences: Vec<_> = chunk
                .iter()
                .enumerate()
                .map(|(number, (at, fault))| {
                    let quotes: Vec<_> = cases[*at]
                        .sentence
                        .claims
                        .iter()
                        .map(|&claim| {
                            json!({ "id": Ledger::id(claim), "text": with_place(ledger, claim) })
                        })
                        .collect();
                    let text = &cases[*at].sentence.text;
                    json!({ "number": number + 1, "text": text, "why": fault.in_words(), "quotes": quotes })
                })
                .collect();
            Ask {
                role: Role::Writer,
                phase: Phase::Check,
                prompt: "repair",
                given: json!({ "language": language, "sentences": sentences }),
                max_output_tokens: MAX_OUTPUT,
            }
        })
        .collect();
    let answers: Vec<Result<Rewrites, _>> = mind.all(purse, asks, &rewrites_schema()).await?;
    for (chunk, answer) in falling.chunks(TOGETHER).zip(answers) {
        let Ok(answer) = answer else { continue };
        for rewrite in answer.sentences {
            let Some(&(at, _)) = chunk.get(rewrite.sentence.wrapping_sub(1)) else { continue };
            if let Some(sentence) = reworded(about, &cases[at].sentence, &rewrite.text) {
                let own = Said::of(&sentence.text);
                let is_said = cases.iter().enumerate().any(|(other, case)| {
                    let stands = matches!(case.fate, Fate::Stands | Fate::Weak);
                    let is_here = case.section == cases[at].section;
                    other != at && stands && is_here && Said::of(&case.sentence.text).is_same(&own)
                });
                cases[at].sentence = sentence;
                cases[at].fate = if is_said { Fate::Repeats } else { Fate::Stands };
            }
        }
    }
    Ok(())
}

/// A rewrite that stands the rules, on the quotes that the sentence had or that it names itself.
fn reworded(about: &About<'_>, was: &Sentence, text: &str) -> Option<Sentence> {
    let blocks = draft::parse(text, about.ledger);
    let [first] = blocks.as_slice() else { return None };
    let [sentence] = first.sentences()[..] else { return None };
    let mut sentence = sentence.clone();
    if sentence.claims.is_empty() {
        sentence.claims.clone_from(&was.claims);
    }
    let stands = matches!(judged(about, &sentence.text, &sentence.claims).0, Support::Yes);
    (stands && sentence.text != was.text).then_some(sentence)
}

fn put_together(sections: Vec<Section>, cases: Vec<Case>) -> (Vec<Section>, Counts) {
    let mut counts = Counts::default();
    let mut fates = cases.into_iter().map(|case| match case.fate {
        Fate::Stands | Fate::Weak => {
            counts.kept += 1;
            counts.cited += 1;
            Some(case.sentence)
        }
        Fate::Frame => {
            counts.kept += 1;
            Some(case.sentence)
        }
        Fate::Falls(_) | Fate::Open(_) => {
            counts.dropped += 1;
            None
        }
        Fate::Repeats => None,
    });
    let kept: Vec<Section> = sections
        .into_iter()
        .map(|section| {
            let blocks = section.blocks.into_iter();
            let blocks = blocks.filter_map(|block| block.replaced(&mut fates)).collect();
            Section { blocks, ..section }
        })
        .filter(|section| !section.blocks.is_empty())
        .collect();
    drop(fates);
    (kept, counts)
}
