//! Style sheets within a page, as far as they say what is not seen: rules by element, class and id.
//!
//! Whatever stands left of the last part of a selector is not looked at. Such a rule may apply or not, so it never hides
//! anything; but what it shows counts as shown.

use std::collections::HashMap;

use cssparser::{ParseError, Parser, Token};
use scraper::node::Element;

use super::style::{self, Declaration, Says};

/// Bytes of all sheets of a page, and selectors of all rules that matter.
pub(super) const MAX_BYTES: usize = 1 << 20;
const MAX_RULES: usize = 10_000;
/// Tokens before the block of one rule.
const MAX_PRELUDE: usize = 2_000;
/// Blocks within blocks.
const MAX_DEPTH: usize = 4;

/// The rules of a page.
#[derive(Default)]
pub(super) struct Sheets {
    blocks: Vec<Vec<Declaration>>,
    rules: Vec<Rule>,
    /// Rules by what the element must have, in lower case: `#id`, `.class` or `tag`; under nothing, those for all.
    by_key: HashMap<String, Vec<usize>>,
    /// Whether there are rules that were not read.
    pub(super) is_partial: bool,
}

struct Rule {
    selector: Selector,
    block: usize,
}

/// The last part of a selector.
#[derive(Default)]
struct Selector {
    tag: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
    /// Whether it asks for more than that.
    has_more: bool,
}

impl Sheets {
    /// Reads one more sheet.
    pub(super) fn read(&mut self, source: &str) {
        self.rules_of(&mut Parser::new(source), 0);
    }

    fn rules_of(&mut self, parser: &mut Parser<'_>, depth: usize) {
        let mut prelude: Vec<Token<'_>> = Vec::new();
        while let Ok(token) = parser.next_including_whitespace().cloned() {
            let is_at_rule = matches!(prelude.first(), Some(Token::AtKeyword(_)));
            let is_nothing = matches!(token, Token::CDO | Token::CDC);
            if token == Token::CurlyBracketBlock {
                // Too deep or cut short: what was read so far counts.
                let _ = parser.parse_nested_block(|block| -> Result<(), ParseError<()>> {
                    self.block(&prelude, block, depth);
                    Ok(())
                });
                prelude.clear();
            } else if token == Token::Semicolon && is_at_rule {
                self.is_partial |= is_at(&prelude, "import");
                prelude.clear();
            } else if prelude.len() >= MAX_PRELUDE {
                self.is_partial = true;
            } else if !(is_nothing || prelude.is_empty() && is_blank(&token)) {
                prelude.push(token);
            }
        }
    }

    fn block(&mut self, prelude: &[Token<'_>], block: &mut Parser<'_>, depth: usize) {
        if matches!(prelude.first(), Some(Token::AtKeyword(_))) {
            if is_at(prelude, "media") && depth < MAX_DEPTH && is_for_screens(&prelude[1..]) {
                self.rules_of(block, depth + 1);
            }
            return;
        }
        let declarations = style::declarations(block);
        if declarations.is_empty() {
            return;
        }
        let index = self.blocks.len();
        self.blocks.push(declarations);
        for selector in prelude.split(|token| *token == Token::Comma).filter_map(Selector::of) {
            if self.rules.len() >= MAX_RULES {
                self.is_partial = true;
                return;
            }
            self.by_key.entry(selector.key()).or_default().push(self.rules.len());
            self.rules.push(Rule { selector, block: index });
        }
    }

    /// Tells what the rules say of an element, each with its weight. Stops where `patience`, in rules, is at an end.
    pub(super) fn say(
        &self,
        element: &Element,
        is_quirky: bool,
        patience: &mut usize,
        mut tell: impl FnMut(Declaration, (usize, usize)),
    ) {
        if self.rules.is_empty() {
            return;
        }
        let id = element.id().map(|id| format!("#{}", id.to_ascii_lowercase()));
        let classes = element.classes().map(|class| format!(".{}", class.to_ascii_lowercase()));
        let keys = [String::new(), element.name().to_owned()];
        for key in keys.into_iter().chain(id).chain(classes) {
            for &index in self.by_key.get(&key).into_iter().flatten() {
                let Some(left) = patience.checked_sub(1) else { return };
                *patience = left;
                let Rule { selector, block } = &self.rules[index];
                if !selector.fits(element, is_quirky) {
                    continue;
                }
                for declaration in &self.blocks[*block] {
                    let declaration = match declaration.says {
                        Says::Unseen if selector.has_more => continue,
                        // Of a colour that an element may have or not, nothing is known.
                        Says::Is(_) if selector.has_more => {
                            Declaration { says: Says::Seen, ..*declaration }
                        }
                        Says::Unseen | Says::Is(_) | Says::Seen | Says::Holds => *declaration,
                    };
                    tell(declaration, (selector.weight(), index));
                }
            }
        }
    }
}

impl Selector {
    /// `None` if it is for a state or a part of an element, or is not understood.
    fn of(tokens: &[Token<'_>]) -> Option<Self> {
        let first = tokens.iter().position(|token| !is_blank(token))?;
        let last = tokens.iter().rposition(|token| !is_blank(token))?;
        let mut selector = Self::default();
        let mut mark = None;
        for token in &tokens[first..=last] {
            match (mark.take(), token) {
                (None, Token::WhiteSpace(_) | Token::Delim('>' | '+' | '~')) => {
                    selector = Self { has_more: true, ..Self::default() };
                }
                (None, Token::Delim('.')) => mark = Some('.'),
                (None, Token::Colon) => mark = Some(':'),
                (None, Token::Delim('*')) => {}
                (None, Token::SquareBracketBlock) => selector.has_more = true,
                (None, Token::IDHash(id)) => selector.id = Some(id.to_string()),
                (None, Token::Ident(tag)) => selector.tag = Some(tag.to_ascii_lowercase()),
                (Some('.'), Token::Ident(class)) => selector.classes.push(class.to_string()),
                (Some(':'), Token::Ident(state)) if state.eq_ignore_ascii_case("root") => {
                    selector.tag = Some("html".into());
                }
                _ => return None,
            }
        }
        mark.is_none().then_some(selector)
    }

    /// The rarest of what it asks for.
    fn key(&self) -> String {
        let id = self.id.as_ref().map(|id| format!("#{}", id.to_ascii_lowercase()));
        let class = || self.classes.first().map(|class| format!(".{}", class.to_ascii_lowercase()));
        id.or_else(class).or_else(|| self.tag.clone()).unwrap_or_default()
    }

    /// How much it weighs against others.
    fn weight(&self) -> usize {
        usize::from(self.id.is_some()) * 10_000
            + self.classes.len() * 100
            + usize::from(self.tag.is_some())
    }

    fn fits(&self, element: &Element, is_quirky: bool) -> bool {
        let is_same = |a: &str, b: &str| if is_quirky { a.eq_ignore_ascii_case(b) } else { a == b };
        self.tag.as_ref().is_none_or(|tag| tag == element.name())
            && self.id.as_ref().is_none_or(|id| element.id().is_some_and(|own| is_same(own, id)))
            && self.classes.iter().all(|class| element.classes().any(|own| is_same(own, class)))
    }
}

fn is_blank(token: &Token<'_>) -> bool {
    matches!(token, Token::WhiteSpace(_))
}

fn is_at(prelude: &[Token<'_>], wanted: &str) -> bool {
    matches!(prelude.first(), Some(Token::AtKeyword(name)) if name.eq_ignore_ascii_case(wanted))
}

/// Whether a block is for every screen: `all`, `screen`, `only screen`, or a list with one of them.
fn is_for_screens(prelude: &[Token<'_>]) -> bool {
    prelude.split(|token| *token == Token::Comma).any(|query| {
        let mut words = query.iter().filter(|token| !is_blank(token));
        let is_plain = |token: &Token<'_>| {
            let known = ["all", "screen", "only"];
            matches!(token, Token::Ident(word) if known.iter().any(|k| word.eq_ignore_ascii_case(k)))
        };
        words.clone().next().is_some() && words.all(is_plain)
    })
}

/// The same of an attribute `media`.
pub(super) fn is_media_for_screens(media: &str) -> bool {
    let mut parser = Parser::new(media);
    let mut tokens = Vec::new();
    while let Ok(token) = parser.next().cloned() {
        tokens.push(token);
    }
    tokens.is_empty() || is_for_screens(&tokens)
}
