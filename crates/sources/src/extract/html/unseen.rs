//! Takes out of a page, before it is read, what its styles keep from being seen, and what is struck out: a page does not say
//! it any more.
//!
//! What is not shown at all goes with all it holds: such elements are marked as `hidden`, so that their links are still
//! known. Colour, size of letters and visibility are inherited and may be changed further down, so there only the words
//! go that stand directly in such an element.

use ego_tree::NodeId;
use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use super::boilerplate::{self, Met};
use super::selector::Trial;
use super::sheet::{self, Sheets};
use super::style::{self, Declaration, Says, WAYS, Way};

/// Rules that are tried on all elements of a page; what comes after is read as if there were none.
const PATIENCE: usize = 2_000_000;
/// Colours are the same if no part of them differs by more.
const SAME_COLOUR: u8 = 10;
/// Heavier than any selector.
const OF_ATTRIBUTE: sheet::Weight = (u64::MAX, 0);
/// What hides an element with all it holds.
const WHOLE: &[Way] = &[
    Way::Display,
    Way::ContentVisibility,
    Way::Opacity,
    Way::Filter,
    Way::Left,
    Way::Right,
    Way::Top,
    Way::Bottom,
    Way::MarginLeft,
    Way::TextIndent,
    Way::Clip,
    Way::ClipPath,
    Way::Transform,
    Way::LineThrough,
];
/// Elements whose words are struck out.
const STRUCK: &[&str] = &["s", "strike", "del"];
const SIDES: &[Way] = &[Way::Left, Way::Right, Way::Top, Way::Bottom];
const SIZES: &[Way] = &[Way::Width, Way::Height, Way::MaxWidth, Way::MaxHeight];
/// What a sheet hides only for a start where it also says how it moves: parts that appear when they are scrolled to,
/// and answers that unfold.
const MOVING: &[Way] =
    &[Way::Opacity, Way::Filter, Way::Transform, Way::Height, Way::MaxHeight, Way::Visibility];

/// Takes the words out that nobody sees.
pub(super) fn take_out(page: &mut Html) {
    let (elements, texts) = unseen(page);
    if let Some(mark) = hidden_mark() {
        for id in elements {
            if let Some(mut node) = page.tree.get_mut(id)
                && let Node::Element(element) = node.value()
            {
                element.attrs.retain(|(name, _)| *name != mark.0);
                element.attrs.push(mark.clone());
                // The parser keeps them in order to find them.
                element.attrs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            }
        }
    }
    for id in texts {
        if let Some(mut node) = page.tree.get_mut(id) {
            node.detach();
        }
    }
}

type Attribute = <scraper::node::Attributes as IntoIterator>::Item;

/// The attribute `hidden`, as the parser makes it.
fn hidden_mark() -> Option<Attribute> {
    let page = Html::parse_fragment("<p hidden>");
    let mut nodes = page.root_element().descendants();
    nodes.find_map(|node| node.value().as_element()?.attrs.first().cloned())
}

/// The elements that are not seen, and the texts that are not in others.
fn unseen(page: &Html) -> (Vec<NodeId>, Vec<NodeId>) {
    let sheets = sheets(page);
    let is_quirky = page.quirks_mode != Html::new_document().quirks_mode;
    let mut trial = Trial::new(is_quirky, PATIENCE);
    let (mut elements, mut texts) = (Vec::new(), Vec::new());
    let mut above: Vec<(NodeId, Look)> = Vec::new();
    let ground = Look {
        // Rules that were not read may paint it.
        background: (!sheets.is_partial).then_some([255; 3]),
        colour: Says::Seen,
        is_tiny: false,
        is_invisible: false,
    };
    boilerplate::each_node(page.tree.root(), |node, met| {
        let parent = node.parent().map(|parent| parent.id());
        while above.last().is_some_and(|(id, _)| Some(*id) != parent) {
            above.pop();
        }
        let around = above.last().map_or(ground, |(_, look)| *look);
        match met {
            Met::Text(text) => {
                if !around.shows() && !text.trim().is_empty() {
                    texts.push(node.id());
                }
                false
            }
            Met::Element(element) if boilerplate::has_no_text(element.name()) => false,
            Met::Element(element) if STRUCK.contains(&element.name()) => {
                elements.push(node.id());
                false
            }
            Met::Element(element) => {
                let Some(own) = ElementRef::wrap(node) else { return false };
                let told = Told::of(own, &sheets, &mut trial);
                if told.is_unseen(element.name()) {
                    elements.push(node.id());
                    return false;
                }
                above.push((node.id(), told.look(element, around)));
                true
            }
        }
    });
    (elements, texts)
}

/// What a page carries of style sheets.
fn sheets(page: &Html) -> Sheets {
    let mut sheets = Sheets::default();
    let mut room = sheet::MAX_BYTES;
    for element in page.root_element().descendants().filter_map(ElementRef::wrap) {
        let attribute = |name: &str| element.value().attr(name).unwrap_or_default();
        match element.value().name() {
            "style" if sheet::is_media_for_screens(attribute("media")) => {
                let source: String = element.text().collect();
                let end = source.floor_char_boundary(room);
                sheets.is_partial |= end < source.len();
                sheets.read(&source[..end]);
                room -= end;
            }
            "link" if attribute("rel").to_ascii_lowercase().contains("stylesheet") => {
                sheets.is_partial = true;
            }
            _ => {}
        }
    }
    sheets
}

/// What is inherited of how words look.
#[derive(Clone, Copy)]
struct Look {
    /// `None` where it is a picture, or not known.
    background: Option<[u8; 3]>,
    colour: Says,
    is_tiny: bool,
    is_invisible: bool,
}

impl Look {
    fn shows(&self) -> bool {
        let is_same =
            |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= SAME_COLOUR);
        let is_lost = match (self.colour, self.background) {
            (Says::Unseen, _) => true,
            (Says::Is(colour), Some(background)) => is_same(colour, background),
            (Says::Is(_) | Says::Seen | Says::Holds | Says::Pinned, _) => false,
        };
        !(is_lost || self.is_tiny || self.is_invisible)
    }
}

/// How much a declaration weighs: marked as important, its selector, its place.
type Weight = (bool, sheet::Weight);

/// What all rules together say of one element.
#[derive(Default)]
struct Told([Option<(Weight, Says)>; WAYS]);

impl Told {
    fn of(own: ElementRef<'_>, sheets: &Sheets, trial: &mut Trial) -> Self {
        let element = own.value();
        let mut told = Self::default();
        // Attributes of old weigh less than any rule.
        let old = [
            ("bgcolor", Way::Background, element.attr("bgcolor").map(style::of_colour)),
            ("background", Way::Background, element.attr("background").map(|_| Says::Seen)),
            ("color", Way::Colour, element.attr("color").map(style::of_colour)),
        ];
        for (name, way, says) in old {
            if let Some(says) = says.filter(|_| name != "color" || element.name() == "font") {
                told.take(Declaration { way, says, is_important: false }, (0, 0));
            }
        }
        sheets.say(&own, trial, |declaration, weight| {
            told.take(declaration, weight);
        });
        for declaration in element.attr("style").map(style::of_attribute).into_iter().flatten() {
            told.take(declaration, OF_ATTRIBUTE);
        }
        told
    }

    fn take(&mut self, declaration: Declaration, weight: sheet::Weight) {
        let weight = (declaration.is_important, weight);
        let told = &mut self.0[declaration.way as usize];
        if told.is_none_or(|(before, _)| before <= weight) {
            *told = Some((weight, declaration.says));
        }
    }

    fn says(&self, way: Way) -> Option<Says> {
        self.0[way as usize].map(|(_, says)| says)
    }

    fn hides(&self, way: Way) -> bool {
        let Some((weight, Says::Unseen)) = self.0[way as usize] else { return false };
        let may_move = MOVING.contains(&way) && self.says(Way::Motion) == Some(Says::Holds);
        weight.1 == OF_ATTRIBUTE || !may_move
    }

    /// Whether the element is not seen with all it holds. Whole pages are hidden until their scripts have run, so of
    /// them only what they say themselves counts.
    fn is_unseen(&self, name: &str) -> bool {
        let is_page = matches!(name, "html" | "body");
        let is_own = |way: &Way| {
            !is_page || self.0[*way as usize].is_some_and(|(weight, _)| weight.1 == OF_ATTRIBUTE)
        };
        let hides = |way: &Way| self.hides(*way) && is_own(way);
        let is_cut = self.says(Way::Overflow) == Some(Says::Holds);
        let is_pinned = self.says(Way::Position) == Some(Says::Pinned);
        let is_off_screen = |way: &Way| self.says(*way) == Some(Says::Pinned);
        WHOLE.iter().any(hides)
            || (is_cut && SIZES.iter().any(hides))
            || (is_pinned && SIDES.iter().any(is_off_screen))
    }

    fn look(&self, element: &Element, around: Look) -> Look {
        // What stands out of the flow lies on something else than what it stands in.
        let is_lifted = matches!(self.says(Way::Position), Some(Says::Holds | Says::Pinned));
        let background = match self.says(Way::Background) {
            Some(Says::Is(colour)) => Some(colour),
            None | Some(Says::Unseen) if !is_lifted => around.background,
            Some(Says::Seen | Says::Holds | Says::Pinned | Says::Unseen) | None => None,
        };
        let is_filled = self.says(Way::BackgroundClip) == Some(Says::Holds);
        let colour = match self.says(Way::Colour) {
            // The letters are windows to the background.
            Some(Says::Unseen) if is_filled => Says::Seen,
            Some(says) => says,
            None if element.name() == "a" || element.name() == "mark" => Says::Seen,
            None => around.colour,
        };
        let is_page = matches!(element.name(), "html" | "body");
        let is_invisible = match self.says(Way::Visibility) {
            Some(Says::Unseen) => self.hides(Way::Visibility) && !is_page,
            Some(Says::Seen | Says::Is(_) | Says::Holds | Says::Pinned) => false,
            None => around.is_invisible,
        };
        let is_tiny = match self.says(Way::FontSize) {
            Some(says) => says == Says::Unseen,
            None => around.is_tiny,
        };
        Look { background, colour, is_tiny, is_invisible }
    }
}
