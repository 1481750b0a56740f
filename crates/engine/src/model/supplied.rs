//! Quotes that rules choose for parts of a question on which readers gave none, or none with a word of the part: small models overlook much, and the caps of a
//! processor may leave pages unread. Whether they answer is for the writer, and for the check of what it writes.

use super::Mind;
use super::claims::Ledger;
use super::plan::Task;
use crate::extractive::question;
use crate::extractive::rank;
use crate::{Failed, injected};

/// Quotes for one part.
const EACH: usize = 2;

/// Adds what has all that a part asks for and is of the kind that answers it.
pub(super) async fn add(mind: &Mind<'_>, task: &Task, ledger: &mut Ledger) -> Result<(), Failed> {
    let open = ledger.barely_told();
    if open.is_empty() || mind.world.is_late() {
        return Ok(());
    }
    let caps = mind.world.spec().processor.caps;
    let pages = ledger.pages.clone();
    let asked: Vec<(usize, String)> =
        open.into_iter().map(|part| (part, ledger.parts[part].text.clone())).collect();
    let whole = task.question.clone();
    let chosen = tokio::task::spawn_blocking(move || {
        let mut chosen = Vec::new();
        for (part, asked) in asked {
            let question = question::following_up(&asked, None, Some(&whole));
            let findings = rank::weigh(&question, &pages, &caps);
            let direct = findings.best().filter(|found| {
                found.is_direct
                    && found.coverage >= rank::COVERED
                    && !injected::is_suspicious(&found.quote)
            });
            chosen.extend(direct.take(EACH).map(|found| (part, found.page, found.span.clone())));
        }
        chosen
    })
    .await
    .map_err(|why| Failed::Broken(format!("choosing quotes: {why}")))?;
    let before = ledger.claims.len();
    for (part, page, span) in chosen {
        ledger.add(part, page, span, String::new());
    }
    ledger.by_rules = ledger.claims.len() - before;
    if ledger.by_rules > 0 {
        mind.world.note(
            "Readers gave no quote for some parts of the question; those for them were chosen by rules.",
        );
    }
    Ok(())
}
