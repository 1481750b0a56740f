//! What on a page is not its content: navigation, banners, side bars; and which part is the main one.

use ego_tree::NodeRef;
use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

/// How much is taken for boilerplate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Whatever looks like navigation, banner or side bar.
    Strict,
    /// Only what nobody sees as text.
    Lenient,
}

/// The part marked as main counts if it holds at least this share of the words, in percent. Below, the mark
/// is on a teaser or a widget.
const MAIN_SHARE: usize = 40;

/// The main part of a page: `main`, `role=main` or its only `article`, else everything.
pub(super) fn main_part(page: &Html) -> ElementRef<'_> {
    let root = page.root_element();
    let elements = || root.descendants().filter_map(ElementRef::wrap);
    let articles = elements().filter(|e| e.value().name() == "article").take(2).count();
    let is_marked = |e: &ElementRef| {
        let (name, id) = (e.value().name(), e.value().id().unwrap_or_default());
        name == "main"
            || e.value().attr("role") == Some("main")
            || (name == "article" && articles == 1)
            || matches!(id, "mw-content-text" | "main-content" | "bodyContent")
            // Manual pages put their name and purpose into a part of its own before this one.
            || (id == "content" && (!has_heading(root) || has_heading(*e)))
    };
    let marked: Vec<_> = elements().filter(is_marked).take(8).collect();
    if marked.is_empty() {
        return root;
    }
    let enough = words(root) * MAIN_SHARE / 100;
    // The innermost that holds enough.
    marked.into_iter().rfind(|part| words(*part) >= enough).unwrap_or(root)
}

fn has_heading(part: ElementRef<'_>) -> bool {
    part.descendants().filter_map(ElementRef::wrap).any(|e| e.value().name() == "h1")
}

/// Bytes of visible words, boilerplate left out.
fn words(part: ElementRef<'_>) -> usize {
    let mut sum = 0;
    each_node(*part, |node, met| match met {
        Met::Text(text) => {
            sum += text.bytes().filter(|b| !b.is_ascii_whitespace()).count();
            true
        }
        Met::Element(element) => !is_dropped(node, element, Care::Strict),
    });
    sum
}

/// What a walk meets; comments and the like are passed over.
#[derive(Clone, Copy)]
pub(super) enum Met<'a> {
    Text(&'a str),
    Element(&'a Element),
}

impl<'a> Met<'a> {
    pub(super) fn at(node: NodeRef<'a, Node>) -> Option<Self> {
        match node.value() {
            Node::Text(text) => Some(Self::Text(text)),
            Node::Element(element) => Some(Self::Element(element)),
            Node::Document
            | Node::Fragment
            | Node::Doctype(_)
            | Node::Comment(_)
            | Node::ProcessingInstruction(_) => None,
        }
    }
}

/// Visits the nodes below `root` in order, without recursion; those below a node for which `enter` says
/// `false` are left out.
pub(super) fn each_node<'a>(
    root: NodeRef<'a, Node>,
    mut enter: impl FnMut(NodeRef<'a, Node>, Met<'a>) -> bool,
) {
    let Some(mut node) = root.first_child() else { return };
    loop {
        if Met::at(node).is_some_and(|met| enter(node, met))
            && let Some(child) = node.first_child()
        {
            node = child;
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            match node.parent() {
                Some(parent) if parent != root => node = parent,
                Some(_) | None => return,
            }
        }
    }
}

/// Whether an element is passed over with all it holds.
pub(super) fn is_dropped(node: NodeRef<'_, Node>, element: &Element, care: Care) -> bool {
    let name = element.name();
    if has_no_text(name) || is_hidden(element) {
        return true;
    }
    care == Care::Strict && is_boilerplate(node, element, name)
}

pub(super) fn has_no_text(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "noembed"
            | "noframes"
            | "template"
            | "head"
            | "svg"
            | "canvas"
            | "iframe"
            | "object"
            | "audio"
            | "video"
            | "map"
            | "select"
            | "textarea"
            | "button"
            | "datalist"
            | "input"
            | "progress"
            | "meter"
            | "dialog"
            | "annotation"
            | "annotation-xml"
            | "rp"
            | "rt"
    )
}

/// What its styles hide is marked so before; see `unseen`.
fn is_hidden(element: &Element) -> bool {
    element.attr("hidden").is_some_and(|value| value != "until-found")
        || element.attr("aria-hidden").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn is_boilerplate(node: NodeRef<'_, Node>, element: &Element, name: &str) -> bool {
    match name {
        "nav" | "menu" => return true,
        "aside" => return !has_class(element, ASIDE_KEPT),
        "footer" | "header" => return !is_inside_content(node),
        "form" => return !has_prose(node),
        "a" => return has_class(element, ANCHORS),
        "span" => return has_class(element, &["linenos", "lineno", "mw-editsection"]),
        _ => {}
    }
    match element.attr("role") {
        Some("navigation" | "search" | "menu" | "menubar" | "dialog" | "alertdialog") => {
            return true;
        }
        Some("contentinfo" | "banner") => return !is_inside_content(node),
        Some("main") => return false,
        _ => {}
    }
    let may_be_a_bar =
        matches!(name, "div" | "section" | "ul" | "ol" | "p" | "table" | "td" | "dl");
    may_be_a_bar && (has_class(element, BARS) || is_consent(element))
}

/// Marks beside headings, and links to source code.
const ANCHORS: &[&str] = &[
    "headerlink",
    "viewcode-link",
    "viewcode-back",
    "anchor",
    "id_link",
    "skip-link",
    "skip-to-content",
];

const ASIDE_KEPT: &[&str] = &[
    "note",
    "tip",
    "warning",
    "caution",
    "important",
    "admonition",
    "callout",
    "infobox",
    "portable-infobox",
    "footnote",
    "footnote-list",
    "starlight-aside",
];

/// Classes and ids that nobody gives to content.
const BARS: &[&str] = &[
    "navheader",
    "navfooter",
    "sphinxsidebar",
    "related",
    "breadcrumb",
    "breadcrumbs",
    "toc",
    "nav",
    "navbar",
    "navigation",
    "nav-links",
    "menu",
    "sidebar",
    "side-bar",
    "footer",
    "site-footer",
    "page-footer",
    "site-header",
    "pagination",
    "pager",
    "share",
    "sharing",
    "social",
    "social-links",
    "advert",
    "advertisement",
    "ads",
    "newsletter",
    "promo",
    "skip-link",
    "skiplinks",
    "noprint",
    "mw-jump-link",
    "navbox",
    "vertical-navbox",
    "catlinks",
    "printfooter",
    "reflist-talk",
    "sr-only",
    "visually-hidden",
    "screen-reader-text",
    "toctree-wrapper-hidden",
    "edit-page",
    "page-nav",
    "prev-next",
    "prevnext",
];

fn has_class(element: &Element, list: &[&str]) -> bool {
    let is_listed = |token: &str| list.iter().any(|known| token.eq_ignore_ascii_case(known));
    element.classes().any(is_listed) || element.id().is_some_and(is_listed)
}

/// Cookie and consent banners: the word alone may be the subject of a page, so it needs a companion.
fn is_consent(element: &Element) -> bool {
    let is_banner = |token: &str| {
        let token = token.to_ascii_lowercase();
        let is_subject = ["cookie", "consent", "gdpr", "privacy"].iter().any(|w| token.contains(w));
        let is_bar = [
            "banner", "bar", "notice", "popup", "modal", "overlay", "consent", "dialog", "message",
        ]
        .iter()
        .any(|w| token.contains(w));
        is_subject && is_bar
    };
    element.classes().any(is_banner) || element.id().is_some_and(is_banner)
}

fn is_inside_content(node: NodeRef<'_, Node>) -> bool {
    node.ancestors().filter_map(|above| above.value().as_element()).any(|element| {
        matches!(element.name(), "main" | "article" | "blockquote" | "section" | "figure")
            || element.attr("role") == Some("main")
    })
}

/// Whether a form wraps content instead of asking for input: some frameworks put the whole page in one.
fn has_prose(form: NodeRef<'_, Node>) -> bool {
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
