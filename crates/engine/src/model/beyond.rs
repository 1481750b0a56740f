//! What a question asks beyond the parts that a processor has room for: nobody looks into it, and the report says so.

use std::fmt::Write as _;

use domain::processor::Processor;

use super::claims::Ledger;
use super::frame::Frame;
use super::plan::{self, Plan};
use crate::extractive::render;
use crate::world::World;

/// What the plan had no room for and no part has come to ask.
pub(super) fn of(plan: &Plan, ledger: &Ledger) -> Vec<String> {
    plan.beyond.iter().filter(|text| !ledger.asks(text)).cloned().collect()
}

/// For the receipt.
pub(super) fn note(world: &World, beyond: &[String]) {
    if beyond.is_empty() {
        return;
    }
    let Processor { name, caps, .. } = &world.spec().processor;
    let (most, beyond) = (plan::most_parts(caps), beyond.join(" "));
    world.note(format!(
        "Not looked into, because `{name}` has room for {most} parts of a question: {beyond}"
    ));
}

/// For the report, with what can be done about it.
pub(super) fn write(out: &mut String, world: &World, beyond: &[String], words: &Frame) {
    if beyond.is_empty() {
        return;
    }
    let Processor { name, caps, .. } = &world.spec().processor;
    let _ = write!(out, "## {}\n\n", words.beyond);
    for part in beyond {
        let _ = writeln!(out, "- {}", render::brief(part, 200));
    }
    let (parts, has_higher) = (plan::most_parts(caps), !plan::is_for_reports(caps));
    let _ = write!(out, "\n{}\n\n", words.room(&render::inline(name), parts, has_higher));
}
