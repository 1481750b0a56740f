//! The words of an element in one run, as the page shows them.

use ego_tree::NodeRef;
use scraper::Node;

use super::super::clean::BREAK;
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
                let raised = raised(node, &out);
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
    out
}

/// The words of a `sup`. A number behind a letter or digit is written with raised digits, so that ten to
/// the power of six does not become 106.
pub(super) fn raised(sup: NodeRef<'_, Node>, before: &str) -> String {
    let mut words = String::new();
    boilerplate::each_node(sup, |node, met| match met {
        Met::Text(text) => {
            words.push_str(text);
            false
        }
        Met::Element(element) => !boilerplate::is_dropped(node, element, Care::Lenient),
    });
    let touches = before.ends_with(|c: char| c.is_alphanumeric() || c == ')');
    let digits: Option<String> = words.trim().chars().map(raise).collect();
    match digits {
        Some(digits) if touches && !digits.is_empty() => digits,
        _ => words,
    }
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
