//! What on a page is not its content: navigation, banners, side bars; and which part is the main one.

use ego_tree::NodeRef;
use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use super::holding::{asks, has_digit, has_prose, holds_contact, is_mostly_links};

/// How much is taken for boilerplate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Whatever looks like navigation, banner or side bar.
    Strict,
    /// The same without lists of links in the main part, and tables of contents: they may be all that a page has.
    Listing,
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
            || (id == "content" && (!has_heading(*root) || has_heading(**e)))
    };
    let marked: Vec<_> = elements().filter(is_marked).take(8).collect();
    if marked.is_empty() {
        return root;
    }
    let enough = words(root) * MAIN_SHARE / 100;
    // The innermost that holds enough.
    marked.into_iter().rfind(|part| words(*part) >= enough).unwrap_or(root)
}

fn has_heading(part: NodeRef<'_, Node>) -> bool {
    part.descendants().filter_map(ElementRef::wrap).any(|e| e.value().name() == "h1")
}

/// What stands around the main part and belongs to it: the name of the page in a header, where the main part has none
/// itself, and after it boxes with facts, and where somebody is found.
pub(super) fn around<'a>(
    page: &'a Html,
    main: ElementRef<'a>,
) -> (Vec<ElementRef<'a>>, Vec<ElementRef<'a>>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    if main == page.root_element() {
        return (before, after);
    }
    each_node(*page.root_element(), |node, met| {
        let (Met::Element(element), Some(part)) = (met, ElementRef::wrap(node)) else {
            return false;
        };
        if part == main || is_dropped(node, element, Care::Strict) {
            return false;
        }
        match element.name() {
            "header" if !has_heading(*main) && has_heading(node) => before.push(part),
            "footer" | "aside" | "address" => after.push(part),
            _ => return true,
        }
        false
    });
    (before, after)
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
    match (care, name) {
        (_, "button") => !is_all_of_a_heading(node),
        (Care::Lenient, _) => false,
        (Care::Strict | Care::Listing, _) => is_boilerplate(node, element, care),
    }
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
pub(super) fn is_hidden(element: &Element) -> bool {
    element.attr("hidden").is_some_and(|value| value != "until-found")
        || element.attr("aria-hidden").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn is_boilerplate(node: NodeRef<'_, Node>, element: &Element, care: Care) -> bool {
    let name = element.name();
    match name {
        "nav" => return care == Care::Strict || !is_inside_main(node),
        "menu" => return is_mostly_links(node),
        "aside" => return !is_aside_kept(node, element),
        "header" => return !is_inside_content(node) && !has_heading(node),
        "footer" => return !is_inside_content(node) && !holds_contact(node),
        "form" => return !has_prose(node),
        "a" => return has_class(element, ANCHORS) || is_in_header(node),
        "span" => return has_class(element, &["linenos", "lineno", "mw-editsection"]),
        _ => {}
    }
    match element.attr("role") {
        Some("navigation" | "search" | "menu" | "menubar" | "dialog" | "alertdialog") => {
            return true;
        }
        Some("contentinfo") => return !is_inside_content(node) && !holds_contact(node),
        Some("banner") => return !is_inside_content(node) && !has_heading(node),
        Some("main") => return false,
        _ => {}
    }
    let may_be_a_bar =
        matches!(name, "div" | "section" | "ul" | "ol" | "p" | "table" | "td" | "dl");
    may_be_a_bar && is_bar(node, element, care)
}

/// Whether an element is a bar by its class or id, or by what it holds. In the main part words such as `menu` and `share`
/// name content too: there it must also consist of links.
fn is_bar(node: NodeRef<'_, Node>, element: &Element, care: Care) -> bool {
    if has_class(element, NEVER_CONTENT) {
        return true;
    }
    let is_list = has_class(element, LISTS);
    if is_inside_main(node) {
        let is_named = has_class(element, BARS) && !(is_list && care == Care::Listing);
        return (is_named && is_mostly_links(node)) || (is_consent(element) && asks(node));
    }
    if is_list {
        let is_of_contents = has_class(element, &["toc"]);
        return is_mostly_links(node) && !(is_of_contents && care == Care::Listing);
    }
    let is_named = has_class(element, BARS) && !holds_contact(node);
    is_named || is_consent(element) || (is_in_bar(node) && is_mostly_links(node))
}

/// Whether an aside tells facts, as boxes with data do; others repeat the text, advertise, or lead elsewhere.
fn is_aside_kept(node: NodeRef<'_, Node>, element: &Element) -> bool {
    let is_bar = has_class(element, NEVER_CONTENT) || has_class(element, BARS);
    has_class(element, ASIDE_KEPT) || (!is_bar && !is_mostly_links(node) && has_digit(node))
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
const NEVER_CONTENT: &[&str] = &[
    "navheader",
    "navfooter",
    "sphinxsidebar",
    "breadcrumb",
    "breadcrumbs",
    "navbar",
    "nav-links",
    "pagination",
    "social-links",
    "advert",
    "advertisement",
    "ads",
    "skip-link",
    "skiplinks",
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

/// Those of bars that hold other content now and then.
const BARS: &[&str] = &[
    "related",
    "toc",
    "nav",
    "navigation",
    "menu",
    "sidebar",
    "side-bar",
    "footer",
    "site-footer",
    "page-footer",
    "site-header",
    "pager",
    "share",
    "sharing",
    "social",
    "newsletter",
    "promo",
    "noprint",
];

/// Those of lists: what a restaurant offers, what a book holds.
const LISTS: &[&str] = &["menu", "toc"];

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

fn above(node: NodeRef<'_, Node>) -> impl Iterator<Item = &Element> {
    node.ancestors().filter_map(|above| above.value().as_element())
}

fn is_inside_content(node: NodeRef<'_, Node>) -> bool {
    above(node).any(|element| {
        matches!(element.name(), "main" | "article" | "blockquote" | "section" | "figure")
            || element.attr("role") == Some("main")
    })
}

fn is_inside_main(node: NodeRef<'_, Node>) -> bool {
    above(node).any(|element| {
        matches!(element.name(), "main" | "article") || element.attr("role") == Some("main")
    })
}

/// Whether a node stands in the header or footer of the page.
fn is_in_bar(node: NodeRef<'_, Node>) -> bool {
    above(node).any(|element| matches!(element.name(), "header" | "footer"))
        && !is_inside_content(node)
}

/// Whether a link stands in the header of the page, and not in its heading.
fn is_in_header(node: NodeRef<'_, Node>) -> bool {
    above(node).any(|element| element.name() == "header")
        && !above(node).any(|element| is_heading(element.name()))
        && !is_inside_content(node)
}

pub(super) fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Whether a button is all that a heading, a term or a summary has: its words are that heading.
fn is_all_of_a_heading(button: NodeRef<'_, Node>) -> bool {
    let names = |node: &NodeRef<'_, Node>| {
        let name = node.value().as_element().map(Element::name);
        name.is_some_and(|name| is_heading(name) || matches!(name, "dt" | "summary"))
    };
    let Some(heading) = button.ancestors().take(3).find(names) else { return false };
    let mut is_all = true;
    each_node(heading, |_, met| match met {
        Met::Text(text) => {
            is_all &= text.trim().is_empty();
            false
        }
        Met::Element(element) => element.name() != "button" && !has_no_text(element.name()),
    });
    is_all
}
