//! Formulas: what `MathML` says by where it stands is written with signs, so that one half does not become 12.

use ego_tree::{NodeId, NodeRef};
use scraper::node::Text;
use scraper::{Html, Node};

/// Writes the signs into the formulas of a page.
pub(super) fn write_out(page: &mut Html) {
    let is_outermost =
        |node: &NodeRef<'_, Node>| is(*node, "math") && !node.ancestors().any(|a| is(a, "math"));
    let formulas = page.tree.root().descendants().filter(is_outermost);
    let changes: Vec<Change> =
        formulas.flat_map(|formula| formula.descendants()).flat_map(changes).collect();
    for change in changes {
        match change {
            Change::Before(id, sign) => {
                if let Some(mut node) = page.tree.get_mut(id) {
                    node.insert_before(text(sign));
                }
            }
            Change::Behind(id, sign) => {
                if let Some(mut node) = page.tree.get_mut(id) {
                    node.insert_after(text(sign));
                }
            }
            Change::Gone(id) => {
                if let Some(mut node) = page.tree.get_mut(id) {
                    node.detach();
                }
            }
        }
    }
}

enum Change {
    Before(NodeId, &'static str),
    Behind(NodeId, &'static str),
    Gone(NodeId),
}

fn text(words: &str) -> Node {
    Node::Text(Text { text: words.into() })
}

/// What is to be changed for one node of a formula. Signs before one node are told from the outermost to the innermost.
fn changes(node: NodeRef<'_, Node>) -> Vec<Change> {
    if node.value().as_text().is_some_and(|text| text.trim().is_empty()) {
        return vec![Change::Gone(node.id())];
    }
    let parts: Vec<NodeRef<'_, Node>> =
        node.children().filter(|child| child.value().is_element()).collect();
    let mut changes = Vec::new();
    let mut join = |sign: &'static str, parts: &[NodeRef<'_, Node>]| {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                changes.push(Change::Before(part.id(), sign));
            }
            if is_long(*part) {
                changes.push(Change::Before(part.id(), "("));
                changes.push(Change::Behind(part.id(), ")"));
            }
        }
    };
    match (name(node), parts.as_slice()) {
        (Some("mfrac"), [_, _]) => {
            join("/", &parts);
            // Two and a half, not a fraction of 21.
            if is_behind_number(node) {
                changes.insert(0, Change::Before(node.id(), " "));
            }
        }
        (Some("msup"), [_, _]) => join("^", &parts),
        (Some("msqrt"), [first, ..]) => changes.push(Change::Before(first.id(), "√")),
        _ => {}
    }
    changes
}

fn name(node: NodeRef<'_, Node>) -> Option<&str> {
    node.value().as_element().map(scraper::node::Element::name)
}

fn is(node: NodeRef<'_, Node>, wanted: &str) -> bool {
    name(node) == Some(wanted)
}

/// Whether a part of a formula consists of several.
fn is_long(part: NodeRef<'_, Node>) -> bool {
    let signs = part.descendants().filter(|node| matches!(name(*node), Some("mn" | "mi" | "mo")));
    signs.take(2).count() > 1
}

fn is_behind_number(node: NodeRef<'_, Node>) -> bool {
    node.prev_siblings().find(|before| before.value().is_element()).is_some_and(|e| is(e, "mn"))
}
