//! From many offers to one value: votes, conflicts, confidence.

use domain::output::{Candidate, Confidence};
use domain::processor::Caps;
use serde_json::Value;

use super::candidates::{How, Offer};
use super::mentions::Prepared;
use super::subject::{Subject, host_of};
use super::values::normalise;

/// Below this an offer is no answer. Chosen so that on several sets of documentation four of five given
/// values are right.
pub const THRESHOLD: f32 = 0.55;
/// A second value this close to the first contradicts it.
const RIVAL: f32 = 0.9;
/// A second number or date from another page contradicts the first from here on, however many pages say that: prices and years
/// are not two ways to say the same.
const CONTRADICTION: f32 = 0.75;
/// Offers that are compared with each other; the comparison grows with their square.
const MOST_OFFERS: usize = 150;
/// What each further publisher adds, and how many are counted.
const PER_PUBLISHER: f32 = 0.07;
const PUBLISHERS: usize = 3;

/// Offers of one and the same value, the best first.
pub struct Group {
    pub offers: Vec<Offer>,
    pub score: f32,
    pub publishers: usize,
}

pub struct Decision {
    pub chosen: Group,
    pub rivals: Vec<Group>,
    pub confidence: Confidence,
    /// Why this one and not its rivals.
    pub rule: Option<&'static str>,
}

/// Chooses among all offers; nothing where none is good enough.
pub fn choose(
    mut offers: Vec<Offer>,
    pages: &[Prepared],
    subject: &Subject,
    caps: &Caps,
) -> Option<Decision> {
    offers.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.page.cmp(&b.page)));
    offers.truncate(MOST_OFFERS);
    let mut groups: Vec<Group> = Vec::new();
    for offer in offers {
        match groups.iter_mut().find(|group| is_same(&group.offers[0].value, &offer.value)) {
            Some(group) => group.offers.push(offer),
            None => groups.push(Group { score: 0.0, publishers: 0, offers: vec![offer] }),
        }
    }
    for group in &mut groups {
        let mut publishers: Vec<&str> = group
            .offers
            .iter()
            .filter(|offer| offer.score > 0.4)
            .map(|offer| pages[offer.page].page.publisher())
            .collect();
        publishers.sort_unstable();
        publishers.dedup();
        group.publishers = publishers.len().max(1);
        #[expect(clippy::cast_precision_loss, reason = "at most three")]
        let votes = (group.publishers - 1).min(PUBLISHERS) as f32;
        group.score = group.offers[0].score + votes * PER_PUBLISHER;
    }
    groups.sort_by(|a, b| b.score.total_cmp(&a.score));
    let best = groups.first()?.score;
    if best < THRESHOLD {
        return None;
    }
    let is_rival = |group: &Group| group.score >= best * RIVAL && group.score >= THRESHOLD;
    let mut rivals: Vec<Group> = Vec::new();
    let count = groups.iter().take_while(|group| is_rival(group)).count();
    let others = groups.split_off(count);
    let mut leaders = groups;
    let (at, rule) = preferred(&leaders, pages, subject);
    let chosen = leaders.remove(at);
    rivals.append(&mut leaders);
    rivals.extend(others.into_iter().filter(|group| contradicts(group, &chosen)));
    let rule = rule.or(Some("the value stated most directly was preferred"));
    if chosen.offers[0].how == How::Opening {
        // Two descriptions of a thing do not contradict each other.
        rivals.clear();
    }
    let confidence = confidence(&chosen, &rivals, caps);
    Some(Decision { chosen, rivals, confidence, rule })
}

/// Whether a weaker group still is a conflict: another number or date, stated plainly on other pages only.
fn contradicts(group: &Group, chosen: &Group) -> bool {
    let is_measured = |value: &Value| match value {
        Value::Number(_) | Value::Bool(_) => true,
        Value::String(text) => text.contains(|c: char| c.is_ascii_digit()),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    let best = &group.offers[0];
    is_measured(&best.value)
        && is_measured(&chosen.offers[0].value)
        && best.score >= 0.66
        && best.score >= chosen.offers[0].score * CONTRADICTION
        && group.offers.iter().all(|offer| chosen.offers.iter().all(|own| own.page != offer.page))
}

/// The same value, or one that is the other with more words (`Lyon`, `Lyon, France`).
fn is_same(one: &Value, other: &Value) -> bool {
    if normalise::agree(one, other) {
        return true;
    }
    match (one.as_str(), other.as_str()) {
        (Some(a), Some(b)) => {
            let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
            short.len() >= 4
                && short.chars().any(char::is_alphabetic)
                && long.to_lowercase().starts_with(&short.to_lowercase())
                && long[short.len()..].starts_with([',', ' ', '('])
        }
        (None, _) | (_, None) => false,
    }
}

/// Among contradicting values: the subject's own site, then the newer page, then more sources, then the
/// better score.
fn preferred(
    leaders: &[Group],
    pages: &[Prepared],
    subject: &Subject,
) -> (usize, Option<&'static str>) {
    if leaders.len() < 2 {
        return (0, None);
    }
    let own = |group: &Group| {
        subject.site.is_some()
            && group
                .offers
                .iter()
                .any(|offer| host_of(&pages[offer.page].page.address) == subject.site)
    };
    let owned: Vec<usize> = (0..leaders.len()).filter(|&index| own(&leaders[index])).collect();
    if let [only] = owned[..] {
        return (only, Some("the subject's own site was preferred"));
    }
    if leaders[0].publishers > leaders[1].publishers {
        return (0, Some("the value with more sources was preferred"));
    }
    let date = |group: &Group| {
        group.offers.iter().filter_map(|offer| pages[offer.page].page.text.published.clone()).max()
    };
    let dates: Vec<Option<String>> = leaders.iter().map(date).collect();
    let same_page = leaders[0].offers[0].page == leaders[1].offers[0].page;
    if !same_page
        && dates.iter().all(Option::is_some)
        && let Some(newest) =
            (0..leaders.len()).max_by(|&a, &b| dates[a].cmp(&dates[b]).then(b.cmp(&a)))
        && dates[newest] != dates[usize::from(newest == 0)]
    {
        return (newest, Some("the page with the newer date was preferred"));
    }
    (0, Some("the value stated most directly was preferred"))
}

fn confidence(chosen: &Group, rivals: &[Group], caps: &Caps) -> Confidence {
    let best = &chosen.offers[0];
    let many = usize::try_from(caps.sources_for_high).unwrap_or(usize::MAX);
    let is_tied = best.how.is_structured() || (best.how == How::Definition && best.score > 0.8);
    let alone = if (is_tied && best.score >= 0.8)
        || (chosen.publishers >= many.max(2) && best.score >= 0.6)
    {
        Confidence::High
    } else if best.score >= 0.66 {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    match (alone, rivals.is_empty()) {
        (alone, true) => alone,
        (Confidence::High, false) => Confidence::Medium,
        (Confidence::Medium | Confidence::Low, false) => Confidence::Low,
    }
}

/// The other values, each with the quotes of its best offer.
pub fn conflicts(rivals: &[Group], pages: &[Prepared]) -> Vec<Candidate> {
    rivals
        .iter()
        .map(|group| {
            let offer = &group.offers[0];
            let page = &pages[offer.page].page;
            Candidate {
                value: offer.value.clone(),
                evidence: offer.quotes.iter().map(|span| page.evidence(span.clone())).collect(),
            }
        })
        .collect()
}
