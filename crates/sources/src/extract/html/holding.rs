//! What a part of a page holds, as far as that tells bars and banners from content.

use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;

use super::boilerplate::{Met, each_node, has_no_text, is_heading, is_hidden};

/// Whether at least half of the words of a part stand in links to pages; headings above them do not count.
pub(super) fn is_mostly_links(part: NodeRef<'_, Node>) -> bool {
    let (mut all, mut linked) = (0, 0);
    let is_in_heading = |node: NodeRef<'_, Node>| {
        let holder = node.parent().and_then(|parent| parent.value().as_element());
        holder.is_some_and(|element| is_heading(element.name()))
    };
    holds(part, |node, met| {
        match met {
            Met::Text(_) if is_in_heading(node) => {}
            Met::Text(text) => all += bytes(text),
            Met::Element(element) if element.name() == "a" && is_link_to_a_page(element) => {
                linked += node
                    .descendants()
                    .filter_map(|n| n.value().as_text())
                    .map(|t| bytes(t))
                    .sum::<usize>();
            }
            Met::Element(_) => {}
        }
        false
    });
    linked > 0 && linked * 2 >= all
}

fn bytes(text: &str) -> usize {
    text.bytes().filter(|b| !b.is_ascii_whitespace()).count()
}

fn is_link_to_a_page(link: &Element) -> bool {
    link.attr("href").is_some_and(|to| !to.starts_with("mailto:") && !to.starts_with("tel:"))
}

/// Whether a part says where somebody is found: an address, a telephone, a number of the register.
pub(super) fn holds_contact(part: NodeRef<'_, Node>) -> bool {
    /// Years have fewer, and most dates.
    const DIGITS: usize = 9;
    holds(part, |_, met| match met {
        Met::Text(text) => {
            let is_of_rights = text.contains('©') || text.to_lowercase().contains("copyright");
            text.bytes().filter(u8::is_ascii_digit).count() >= DIGITS && !is_of_rights
        }
        Met::Element(element) => {
            let leads_there = |to: &str| to.starts_with("mailto:") || to.starts_with("tel:");
            element.name() == "address"
                || element.attr("itemtype").is_some_and(|kind| kind.ends_with("PostalAddress"))
                || element.attr("href").is_some_and(leads_there)
        }
    })
}

pub(super) fn has_digit(part: NodeRef<'_, Node>) -> bool {
    let has = |met: Met<'_>| matches!(met, Met::Text(text) if text.contains(|c: char| c.is_ascii_digit()));
    holds(part, |_, met| has(met))
}

/// Whether a part holds a button, as questions for consent do.
pub(super) fn asks(part: NodeRef<'_, Node>) -> bool {
    let is_button =
        |e: &Element| matches!(e.name(), "button" | "input") || e.attr("role") == Some("button");
    holds(part, |_, met| matches!(met, Met::Element(element) if is_button(element)))
}

/// Whether a part holds what is looked for, among its first nodes.
fn holds<'a>(
    part: NodeRef<'a, Node>,
    mut is_found: impl FnMut(NodeRef<'a, Node>, Met<'a>) -> bool,
) -> bool {
    const MAX_NODES: usize = 2_000;
    let (mut found, mut nodes) = (false, 0);
    each_node(part, |node, met| {
        nodes += 1;
        let is_shown = match met {
            Met::Text(_) => true,
            Met::Element(element) => !has_no_text(element.name()) && !is_hidden(element),
        };
        found |= nodes <= MAX_NODES && is_found(node, met);
        is_shown && !found && nodes < MAX_NODES
    });
    found
}

/// Whether a form wraps content instead of asking for input: some frameworks put the whole page in one.
pub(super) fn has_prose(form: NodeRef<'_, Node>) -> bool {
    const PROSE_BYTES: usize = 400;
    const PROSE: &[&str] = &["p", "td", "li", "h1", "h2", "h3", "dd", "pre", "a", "b", "strong"];
    let mut sum = 0;
    each_node(form, |node, met| {
        let holder = node.parent().and_then(|parent| parent.value().as_element());
        let is_prose = holder.is_some_and(|element| PROSE.contains(&element.name()));
        match met {
            Met::Text(text) => sum += if is_prose { text.trim().len() } else { 0 },
            Met::Element(element) if element.name() == "select" => return false,
            Met::Element(_) => {}
        }
        sum < PROSE_BYTES
    });
    sum >= PROSE_BYTES
}
