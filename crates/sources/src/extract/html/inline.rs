//! The words of an element in one run, as the page shows them.

use ego_tree::NodeRef;
use scraper::Node;
use scraper::node::Element;

use super::super::clean::BREAK;
use super::super::writer::Anchor;
use super::boilerplate::{self, Care, Met};

/// Elements that stand on lines of their own.
pub(super) fn is_block(name: &str) -> bool {
    // Custom elements are mostly cards and panels.
    let is_custom = name.contains('-');
    is_custom
        || matches!(
            name,
            "address"
                | "article"
                | "aside"
                | "blockquote"
                | "body"
                | "caption"
                | "center"
                | "dd"
                | "details"
                | "dialog"
                | "dir"
                | "div"
                | "dl"
                | "dt"
                | "fieldset"
                | "figcaption"
                | "figure"
                | "footer"
                | "form"
                | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "header"
                | "hgroup"
                | "hr"
                | "html"
                | "legend"
                | "li"
                | "main"
                | "menu"
                | "nav"
                | "ol"
                | "p"
                | "pre"
                | "search"
                | "section"
                | "summary"
                | "table"
                | "tbody"
                | "td"
                | "tfoot"
                | "th"
                | "thead"
                | "tr"
                | "ul"
                | "noframes"
                | "frameset"
                | "listing"
                | "xmp"
                | "plaintext"
                | "option"
                | "optgroup"
        )
}

/// All words below a node; blocks inside are set apart by blanks, `br` becomes [`BREAK`].
pub(super) fn words(root: NodeRef<'_, Node>, care: Care) -> String {
    let mut out = String::new();
    gather(root, care, &mut out);
    out
}

/// Adds these words to what stands before them.
pub(super) fn gather(root: NodeRef<'_, Node>, care: Care, out: &mut String) {
    boilerplate::each_node(root, |node, met| match met {
        Met::Text(text) => {
            out.push_str(text);
            false
        }
        Met::Element(element) if boilerplate::is_dropped(node, element, care) => false,
        Met::Element(element) => match element.name() {
            "br" => {
                out.push(BREAK);
                false
            }
            "sup" => {
                let raised = raised(node, out);
                out.push_str(&raised);
                false
            }
            name => {
                if is_block(name) {
                    out.push(' ');
                }
                true
            }
        },
    });
}

/// The links below a node, in order; what stands between them is not told.
pub(super) fn anchors(root: NodeRef<'_, Node>, care: Care) -> Vec<Anchor> {
    let mut anchors: Vec<Anchor> = Vec::new();
    boilerplate::each_node(root, |node, met| match met {
        Met::Text(_) => false,
        Met::Element(element) if boilerplate::is_dropped(node, element, care) => false,
        Met::Element(element) => match target(element) {
            Some(target) => {
                anchors.push(Anchor { before: String::new(), label: words(node, care), target });
                false
            }
            None => true,
        },
    });
    anchors
}

/// What an element leads to, if it is a link.
pub(super) fn target(element: &Element) -> Option<String> {
    let target = (element.name() == "a").then(|| element.attr("href")).flatten();
    target.map(str::to_owned)
}

/// The words of a `sup` as they are written behind others; see [`raised_words`].
pub(super) fn raised(sup: NodeRef<'_, Node>, before: &str) -> String {
    let mut words = String::new();
    let mut has_link = false;
    boilerplate::each_node(sup, |node, met| match met {
        Met::Text(text) => {
            words.push_str(text);
            false
        }
        Met::Element(element) => {
            has_link |= element.name() == "a";
            !boilerplate::is_dropped(node, element, Care::Lenient)
        }
    });
    let next = sup.next_sibling().and_then(|next| next.value().as_text()).map(|text| &**text);
    let is_over = next.is_some_and(|next| next.trim_start().starts_with(['/', '⁄']));
    // One and a half, not a power of one.
    if is_over && before.ends_with(|c: char| c.is_ascii_digit()) {
        return format!(" {}", words.trim());
    }
    raised_words(&words, before, has_link)
}

/// A raised number, so that ten to the power of six does not become 106: behind a digit `10^6`, behind a letter with raised
/// digits, and so where it is a mark that leads to a note.
pub(in super::super) fn raised_words(words: &str, before: &str, is_mark: bool) -> String {
    let number = words.trim();
    let raised: Option<String> = number.chars().map(raise).collect();
    let is_number = raised.is_some() && number.ends_with(|c: char| c.is_ascii_digit());
    match raised {
        Some(_) if is_number && !is_mark && before.ends_with(|c: char| c.is_ascii_digit()) => {
            format!("^{}", number.replace('−', "-"))
        }
        Some(raised) if !raised.is_empty() && before.ends_with(is_base) => raised,
        Some(_) | None => words.to_owned(),
    }
}

fn is_base(c: char) -> bool {
    c.is_alphanumeric() || c == ')'
}

const fn raise(c: char) -> Option<char> {
    Some(match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        '+' => '⁺',
        '-' | '−' => '⁻',
        _ => return None,
    })
}
