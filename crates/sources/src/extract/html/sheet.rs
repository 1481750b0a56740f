//! Style sheets within a page, as far as they say what is not seen.
//!
//! A rule whose selector is not understood may apply or not, so it never hides anything; but what it shows counts as shown.

use std::collections::HashMap;

use cssparser::{ParseError, Parser, Token};
use scraper::ElementRef;

use super::selector::{Selector, Trial};
use super::style::{self, Declaration, Says};

/// Bytes of all sheets of a page, and selectors of all rules that matter.
pub(super) const MAX_BYTES: usize = 1 << 20;
const MAX_RULES: usize = 10_000;
/// Bytes of the selectors of a rule that holds others.
const MAX_AROUND: usize = 2_000;
/// Blocks within blocks.
const MAX_DEPTH: usize = 4;
/// What stands in no layer weighs more than all that does.
const UNLAYERED: u64 = 1 << 32;

/// The rules of a page.
#[derive(Default)]
pub(super) struct Sheets {
    blocks: Vec<Vec<Declaration>>,
    rules: Vec<Rule>,
    /// Rules by what the element must have; see [`Selector::key`]. Under nothing, those for all.
    by_key: HashMap<String, Vec<usize>>,
    /// Rules begun so far.
    begun: usize,
    /// Whether there are rules that were not read.
    pub(super) is_partial: bool,
}

/// How much a rule weighs against others: its layer and selector, and its place.
pub(super) type Weight = (u64, usize);

struct Rule {
    selector: Selector,
    block: usize,
    weight: Weight,
}

/// What stands around a rule.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    /// The selectors of the rule that it is nested in.
    selectors: Option<&'a str>,
    is_layered: bool,
    depth: usize,
}

impl Sheets {
    /// Reads one more sheet.
    pub(super) fn read(&mut self, source: &str) {
        self.rules_of(&mut Parser::new(source), Around::default());
    }

    fn rules_of(&mut self, parser: &mut Parser<'_>, around: Around<'_>) {
        let mut prelude = Prelude::default();
        loop {
            let before = parser.position();
            let Ok(token) = parser.next_including_whitespace().cloned() else { return };
            let is_blank = matches!(token, Token::WhiteSpace(_) | Token::CDO | Token::CDC);
            if token == Token::CurlyBracketBlock {
                let (name, words) = prelude.take(parser);
                // Too deep or cut short: what was read so far counts.
                let _ = parser.parse_nested_block(|block| -> Result<(), ParseError<()>> {
                    self.block(name.as_deref(), words, block, around);
                    Ok(())
                });
            } else if token == Token::Semicolon && prelude.at_rule.is_some() {
                let (name, _) = prelude.take(parser);
                self.is_partial |= name.is_some_and(|name| name == "import");
            } else if !is_blank || prelude.start.is_some() {
                prelude.goes_on(before, &token);
            }
        }
    }

    /// One block; `name` is that of an at-rule.
    fn block(
        &mut self,
        name: Option<&str>,
        prelude: &str,
        block: &mut Parser<'_>,
        around: Around<'_>,
    ) {
        if around.depth > MAX_DEPTH {
            self.is_partial = true;
            return;
        }
        let within = Around { depth: around.depth + 1, ..around };
        match name {
            None => match whole_selectors(prelude, around.selectors) {
                Some(selectors) => self.style(&selectors, block, within),
                None => self.is_partial = true,
            },
            Some("media") if is_for_screens(prelude) => self.group(block, within),
            Some("layer") => self.group(block, Around { is_layered: true, ..within }),
            Some(_) => {}
        }
    }

    /// The block of a condition: rules, or declarations of the rule around it.
    fn group(&mut self, block: &mut Parser<'_>, around: Around<'_>) {
        match around.selectors {
            None => self.rules_of(block, around),
            Some(selectors) => self.style(selectors, block, around),
        }
    }

    fn style(&mut self, selectors: &str, block: &mut Parser<'_>, around: Around<'_>) {
        let place = self.begun;
        self.begun += 1;
        let within = Around { selectors: Some(selectors), ..around };
        let declarations = style::declarations(block, &mut |name, prelude, inner| {
            self.block(name, prelude, inner, within);
        });
        if declarations.is_empty() {
            return;
        }
        let block = self.blocks.len();
        self.blocks.push(declarations);
        for selector in split(selectors).into_iter().filter_map(Selector::of) {
            if self.rules.len() >= MAX_RULES {
                self.is_partial = true;
                return;
            }
            let layer = if around.is_layered { 0 } else { UNLAYERED };
            let weight = (layer + u64::from(selector.weight()), place);
            self.by_key.entry(selector.key()).or_default().push(self.rules.len());
            self.rules.push(Rule { selector, block, weight });
        }
    }

    /// Tells what the rules say of an element, each with its weight. Stops where the patience of the trial is at an end.
    pub(super) fn say(
        &self,
        element: &ElementRef<'_>,
        trial: &mut Trial,
        mut tell: impl FnMut(Declaration, Weight),
    ) {
        if self.rules.is_empty() {
            return;
        }
        let value = element.value();
        let id = value.id().map(|id| format!("#{}", id.to_ascii_lowercase()));
        let classes = value.classes().map(|class| format!(".{}", class.to_ascii_lowercase()));
        let keys = [String::new(), value.name().to_owned()];
        for key in keys.into_iter().chain(id).chain(classes) {
            for &index in self.by_key.get(&key).into_iter().flatten() {
                let Rule { selector, block, weight } = &self.rules[index];
                if !trial.pays(selector.cost()) {
                    return;
                }
                if !selector.fits(element, trial) {
                    continue;
                }
                for declaration in &self.blocks[*block] {
                    let declaration = match declaration.says {
                        Says::Unseen | Says::Pinned if !selector.is_understood() => continue,
                        // Of a colour that an element may have or not, nothing is known.
                        Says::Is(_) if !selector.is_understood() => {
                            Declaration { says: Says::Seen, ..*declaration }
                        }
                        Says::Unseen | Says::Is(_) | Says::Seen | Says::Holds | Says::Pinned => {
                            *declaration
                        }
                    };
                    tell(declaration, *weight);
                }
            }
        }
    }
}

/// What stands before a block, as it is read.
#[derive(Default)]
pub(super) struct Prelude {
    start: Option<cssparser::SourcePosition>,
    /// The name of an at-rule, in lower case.
    at_rule: Option<String>,
}

impl Prelude {
    /// One more token, read from a position on.
    pub(super) fn goes_on(&mut self, before: cssparser::SourcePosition, token: &Token<'_>) {
        if self.start.is_none() {
            self.start = Some(before);
            if let Token::AtKeyword(name) = token {
                self.at_rule = Some(name.to_ascii_lowercase());
            }
        }
    }

    /// Name and words, whose end is the token that was read last.
    pub(super) fn take<'i>(&mut self, parser: &Parser<'i>) -> (Option<String>, &'i str) {
        let words = self.start.take().map_or("", |start| parser.slice_from(start));
        (self.at_rule.take(), words.trim_end_matches(['{', ';']))
    }
}

/// The selectors of a rule, with those that it is nested in; `None` if they are too long.
fn whole_selectors(prelude: &str, around: Option<&str>) -> Option<String> {
    let Some(around) = around else { return Some(prelude.to_owned()) };
    if around.len() + prelude.len() > MAX_AROUND {
        return None;
    }
    let is_one = !around.trim().contains(|c: char| c.is_whitespace() || ",>+~".contains(c));
    let around = if is_one { around.trim().to_owned() } else { format!(":is({around})") };
    let whole = |part: &str| {
        if part.contains('&') { part.replace('&', &around) } else { format!("{around} {part}") }
    };
    let parts: Vec<String> = split(prelude).into_iter().map(whole).collect();
    Some(parts.join(",")).filter(|selectors| selectors.len() <= MAX_AROUND)
}

/// The parts between commas.
fn split(list: &str) -> Vec<&str> {
    let mut parser = Parser::new(list);
    let mut parts = Vec::new();
    let mut start = parser.position();
    while let Ok(token) = parser.next().cloned() {
        if token == Token::Comma {
            let part = parser.slice_from(start);
            parts.push(part.strip_suffix(',').unwrap_or(part));
            start = parser.position();
        }
    }
    parts.push(parser.slice_from(start));
    parts
}

/// Whether a block `@media …` is for every screen: `all`, `screen`, `only screen`, or a list with one of them.
fn is_for_screens(prelude: &str) -> bool {
    let mut parser = Parser::new(prelude);
    let mut tokens = Vec::new();
    while let Ok(token) = parser.next().cloned() {
        if !matches!(token, Token::AtKeyword(_)) {
            tokens.push(token);
        }
    }
    tokens.split(|token| *token == Token::Comma).any(|query| {
        let is_plain = |token: &Token<'_>| {
            let known = ["all", "screen", "only"];
            matches!(token, Token::Ident(word) if known.iter().any(|k| word.eq_ignore_ascii_case(k)))
        };
        !query.is_empty() && query.iter().all(is_plain)
    })
}

/// The same of an attribute `media`.
pub(super) fn is_media_for_screens(media: &str) -> bool {
    media.trim().is_empty() || is_for_screens(media)
}
