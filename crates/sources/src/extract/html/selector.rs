//! For which elements a rule of a style sheet is. Matched by the engine that `scraper` has.
//!
//! What the engine does not know, or takes long over, may apply or not.

use cssparser::{Parser, Token};
use scraper::ElementRef;
use scraper::selector::Simple;
use selectors::context::{
    MatchingContext, MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode,
    SelectorCaches,
};
use selectors::matching::matches_selector;
use selectors::parser::{ParseRelative, SelectorList};

/// Longest selector that is understood, in bytes.
const MAX_BYTES: usize = 500;
/// Weight of what is asked for, as the engine packs it.
const ID_WEIGHT: u32 = 1 << 20;
const CLASS_WEIGHT: u32 = 1 << 10;
/// What a selector costs that looks at more than one element, counted in those that do not.
const MANY: usize = 8;
/// Classes of elements that stand in the document.
const STANDING: &[&str] = &[
    "root",
    "empty",
    "first-child",
    "last-child",
    "only-child",
    "first-of-type",
    "last-of-type",
    "only-of-type",
];
/// Functions that the engine knows and is quick at.
const FUNCTIONS: &[&str] =
    &["is", "where", "not", "nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"];

/// One selector, without commas.
#[derive(Default)]
pub(super) struct Selector {
    /// What its last part asks of the element itself, as far as that is a name.
    tag: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
    /// All of it; `None` where it is not understood.
    whole: Option<selectors::parser::Selector<Simple>>,
    is_plain: bool,
}

impl Selector {
    /// `None` if it is for a state or a part of an element, or is none.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut parser = Parser::new(text);
        let mut tokens = Vec::new();
        while let Ok(token) = parser.next_including_whitespace().cloned() {
            tokens.push(token);
        }
        let is_blank = |token: &Token<'_>| matches!(token, Token::WhiteSpace(_));
        let first = tokens.iter().position(|token| !is_blank(token))?;
        let last = tokens.iter().rposition(|token| !is_blank(token))?;
        let mut selector = Self { is_plain: true, ..Self::default() };
        let mut mark = None;
        let mut is_known = text.len() <= MAX_BYTES && !text.to_ascii_lowercase().contains(":has");
        for token in &tokens[first..=last] {
            match (mark.take(), token) {
                (None, Token::WhiteSpace(_) | Token::Delim('>' | '+')) => {
                    selector = Self::default();
                }
                (None, Token::Delim('~')) => {
                    selector = Self::default();
                    is_known = false;
                }
                (None, Token::Delim('.')) => mark = Some('.'),
                (None, Token::Colon) => mark = Some(':'),
                (None, Token::Delim('*')) => {}
                (None, Token::SquareBracketBlock) => selector.is_plain = false,
                (None, Token::IDHash(id)) => selector.id = Some(id.to_string()),
                (None, Token::Ident(tag)) => selector.tag = Some(tag.to_ascii_lowercase()),
                (Some('.'), Token::Ident(class)) => selector.classes.push(class.to_string()),
                (Some(':'), Token::Ident(state)) if is_in(STANDING, state) => {
                    selector.is_plain = false;
                }
                (Some(':'), Token::Function(name)) => {
                    selector.is_plain = false;
                    is_known &= is_in(FUNCTIONS, name);
                }
                _ => return None,
            }
        }
        if mark.is_some() {
            return None;
        }
        if is_known {
            let parser = &mut Parser::new(text);
            let list = SelectorList::parse(&scraper::selector::Parser, parser, ParseRelative::No);
            selector.whole = list.ok().and_then(|list| list.slice().first().cloned());
        }
        Some(selector)
    }

    /// Whether it is known for which elements it is.
    pub(super) fn is_understood(&self) -> bool {
        self.whole.is_some()
    }

    /// What trying it costs.
    pub(super) fn cost(&self) -> usize {
        if self.is_plain { 1 } else { MANY }
    }

    /// The rarest of what it asks for: `#id`, `.class` or `tag`, in lower case.
    pub(super) fn key(&self) -> String {
        let id = self.id.as_ref().map(|id| format!("#{}", id.to_ascii_lowercase()));
        let class = || self.classes.first().map(|class| format!(".{}", class.to_ascii_lowercase()));
        id.or_else(class).or_else(|| self.tag.clone()).unwrap_or_default()
    }

    /// How much it weighs against others.
    pub(super) fn weight(&self) -> u32 {
        let classes = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        let of_names = || {
            let id = if self.id.is_some() { ID_WEIGHT } else { 0 };
            id + classes.min(CLASS_WEIGHT - 1) * CLASS_WEIGHT + u32::from(self.tag.is_some())
        };
        self.whole.as_ref().map_or_else(of_names, selectors::parser::Selector::specificity)
    }

    /// Whether it is for an element, or may be.
    pub(super) fn fits(&self, element: &ElementRef<'_>, trial: &mut Trial) -> bool {
        match &self.whole {
            Some(whole) => {
                let mut context = MatchingContext::new(
                    MatchingMode::Normal,
                    None,
                    &mut trial.caches,
                    trial.quirks,
                    NeedsSelectorFlags::No,
                    MatchingForInvalidation::No,
                );
                matches_selector(whole, 0, None, element, &mut context)
            }
            None => self.may_fit(element, trial.quirks),
        }
    }

    fn may_fit(&self, element: &ElementRef<'_>, quirks: QuirksMode) -> bool {
        let element = element.value();
        let is_same = |a: &str, b: &str| match quirks {
            QuirksMode::Quirks => a.eq_ignore_ascii_case(b),
            QuirksMode::LimitedQuirks | QuirksMode::NoQuirks => a == b,
        };
        self.tag.as_ref().is_none_or(|tag| tag == element.name())
            && self.id.as_ref().is_none_or(|id| element.id().is_some_and(|own| is_same(own, id)))
            && self.classes.iter().all(|class| element.classes().any(|own| is_same(own, class)))
    }
}

/// What trying the rules on the elements of one page needs.
pub(super) struct Trial {
    caches: SelectorCaches,
    quirks: QuirksMode,
    /// How many may still be tried.
    patience: usize,
}

impl Trial {
    /// Old pages know classes in any case.
    pub(super) fn new(is_quirky: bool, patience: usize) -> Self {
        let quirks = if is_quirky { QuirksMode::Quirks } else { QuirksMode::NoQuirks };
        Self { caches: SelectorCaches::default(), quirks, patience }
    }

    /// Takes a cost; `false` where patience is at an end.
    pub(super) fn pays(&mut self, cost: usize) -> bool {
        let left = self.patience.checked_sub(cost);
        self.patience = left.unwrap_or(0);
        left.is_some()
    }
}

fn is_in(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| word.eq_ignore_ascii_case(known))
}
