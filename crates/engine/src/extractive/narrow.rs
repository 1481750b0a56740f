//! What narrows a subject down: `--all` of `git commit` is not that of `git add`.

use super::mentions::{Prepared, Standing, Zone};
use super::naming::naming;
use super::subject::Subject;

/// The zones of all pages about a subject, weighed by whether they stand in its context.
pub fn zones(subject: &Subject, pages: &[Prepared]) -> Vec<Vec<Zone>> {
    let mut all: Vec<Vec<Zone>> =
        pages.iter().map(|page| page.zones(&page.as_called_here(subject))).collect();
    let Some(context) = context(subject) else { return all };
    let inside: Vec<Vec<bool>> =
        all.iter().zip(pages).map(|(zones, page)| within(&context, page, zones)).collect();
    // Where the subject is defined in its context, what others say of things of that name is void.
    let is_settled = all.iter().zip(&inside).any(|(zones, inside)| {
        zones.iter().zip(inside).any(|(zone, is_inside)| {
            *is_inside
                && zone.nearness >= 0.8
                && !matches!(zone.standing, Standing::Page | Standing::Mention)
        })
    });
    let is_shared = is_shared(&subject.name);
    let is_proper = is_proper(&subject.name);
    for ((zones, inside), page) in all.iter_mut().zip(&inside).zip(pages) {
        let is_nearby = page.mentions(&context, &(0..page.page.text.body.len()));
        for (zone, _) in zones.iter_mut().zip(inside).filter(|(_, is_inside)| !**is_inside) {
            // A page about Ystervold that mentions its turbine is about that Ystervold.
            let is_own = is_proper
                && is_nearby
                && matches!(zone.standing, Standing::Section | Standing::Page);
            zone.nearness *=
                match (is_shared && !is_own, is_nearby || zone.standing == Standing::Page) {
                    (true, _) if is_settled => 0.35,
                    (true, true) => 0.7,
                    (true, false) => 0.5,
                    (false, true) => 0.95,
                    (false, false) => 0.85,
                };
        }
    }
    all
}

/// The values of the other columns, as a subject of their own.
fn context(subject: &Subject) -> Option<Subject> {
    let is_usable = |value: &&String| {
        value.len() >= 2
            && value.split_whitespace().count() <= 5
            && !value.contains("://")
            && value.chars().any(char::is_alphabetic)
            && !subject.names().any(|name| name == value.as_str())
    };
    let mut values = subject.context.iter().map(|(_, value)| value).filter(is_usable).cloned();
    let name = values.next()?;
    Some(Subject { name, aliases: values.collect(), ..Subject::default() })
}

/// Whether many things may share a name; one with underscores, dots or several words is rarely shared.
fn is_shared(name: &str) -> bool {
    name.starts_with('-') || name.chars().count() <= 3 || !name.contains([' ', '_', '.'])
}

/// Whether a single word is written as the name of a firm or a place, and not as an identifier.
fn is_proper(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(char::is_uppercase)
        && name.chars().count() >= 5
        && letters.all(char::is_lowercase)
}

/// Which zones stand on a page about the context, under a heading that names it, or mention it themselves.
fn within(context: &Subject, page: &Prepared, zones: &[Zone]) -> Vec<bool> {
    let text = &page.page.text;
    let is_on_page = page.about(context) > 0.5;
    zones
        .iter()
        .map(|zone| {
            let block = &text.blocks[zone.block];
            is_on_page
                || text
                    .heading_path(block)
                    .iter()
                    .any(|heading| context.names().any(|name| naming(heading, name) > 0.5))
                || (!matches!(zone.standing, Standing::Page | Standing::Section)
                    && page.mentions(context, &block.span))
        })
        .collect()
}
