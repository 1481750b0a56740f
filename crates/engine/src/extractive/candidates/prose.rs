//! Offers from prose: each sentence on its own, and whom it speaks of.

use std::borrow::Cow;

use domain::text::{Block, BlockKind, Span};

use super::super::mentions::Standing;
use super::super::naming::naming;
use super::super::sentence::{self, Said};
use super::super::subject::is_legal_form;
use super::super::values::{Kind, names};
use super::super::words::{is_identifier, is_stop, sentences, tokens};
use super::{How, KEY, Look, MAX_QUOTE, own};

impl Look<'_> {
    pub(super) fn prose(&mut self, block: &Block) {
        let text = self.quote(&block.span).to_owned();
        // A term and its meaning without markup: `--limit=N: …`, or the term on a line of its own.
        if self.zone.standing == Standing::Defines
            && let Some((at, length)) = ["\n", ": ", " – ", " — ", " - "]
                .iter()
                .filter_map(|separator| text.find(separator).map(|at| (at, separator.len())))
                .min()
        {
            let start = block.span.start;
            self.definition(block, &(start..start + at), &(start + at + length..block.span.end));
            return;
        }
        // “Key: value” as a line of its own.
        if self.zone.standing != Standing::Mention
            && let Some(at) = text.find(": ").filter(|&at| at <= 40)
        {
            // “Order number 7. List price: 90”: the key begins with its sentence.
            let from = text[..at].rfind(". ").map_or(0, |end| end + 2);
            let fit = self.want.label.on_key(&text[from..at]);
            let value = block.span.start + at + 2..block.span.end;
            if fit >= KEY
                && let Some(said) = self.cell(self.quote(&value), &text[from..at], "")
            {
                let quotes = vec![if block.span.len() <= MAX_QUOTE {
                    block.span.clone()
                } else {
                    block.span.start..value.start + said.span.end
                }];
                self.offer(said, fit * own(self.zone.standing), How::Pair, quotes);
                return;
            }
        }
        if self.want.label.asks_when || self.address(block) {
            return;
        }
        let is_entry = !text.ends_with('.');
        if self.want.label.kind == Kind::Phrase && is_entry && self.is_first_below_key(block) {
            let value = self.cell(&text, "", "");
            if let Some(said) = value.filter(|said| said.sureness >= 0.7) {
                self.offer(said, 0.9, How::Pair, vec![block.span.clone()]);
            }
            return;
        }
        if self.want.label.kind == Kind::Sentence {
            self.introduction(block, &text);
            return;
        }
        let factor = if self.zone.standing == Standing::Mention { 1.0 } else { 0.97 };
        self.sentences(&block.span, factor, How::Sentence, None);
    }

    /// Whether a block is the first below a heading that is the field's name: `Added`, `Removed`.
    pub(super) fn is_first_below_key(&self, block: &Block) -> bool {
        let text = &self.page.page.text;
        let Some(&heading) = block.under.last() else { return false };
        let title = text.block_text(&text.blocks[heading]);
        matches!(self.zone.standing, Standing::Page | Standing::Section)
            && self.zone.block == heading + 1
            && self.want.label.on_key(title) >= 0.95
    }

    /// The first paragraph under a title or heading that names the subject, or a sentence that begins with it.
    fn introduction(&mut self, block: &Block, text: &str) {
        let blocks = &self.page.page.text.blocks;
        let names = |index: usize| {
            self.subject
                .names()
                .any(|name| naming(self.page.page.text.block_text(&blocks[index]), name) > 0.85)
        };
        let before = self.zone.block.checked_sub(1);
        let is_first =
            before.is_none_or(|index| matches!(blocks[index].kind, BlockKind::Heading { .. }));
        let says = |heading: usize| {
            self.want.label.on_key(self.page.page.text.block_text(&blocks[heading])) >= KEY
        };
        let is_opening = || {
            let mut above = blocks[..self.zone.block].iter();
            above.all(|other| !matches!(other.kind, BlockKind::Paragraph) || other.span.len() < 40)
        };
        let under =
            || is_opening() || block.under.last().is_some_and(|&index| names(index) || says(index));
        let begins = self.subject.names().any(|name| {
            let head = text.trim_start_matches("The ");
            head.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
                && [" is ", " are ", " was "].iter().any(|verb| {
                    head[name.len()..]
                        .get(..40.min(head.len() - name.len()))
                        .is_some_and(|rest| rest.contains(verb))
                })
        });
        let sureness = if self.zone.standing == Standing::Defines {
            0.95
        } else if begins {
            1.0
        } else if is_first && self.zone.standing != Standing::Mention && text.len() > 40 && under()
        {
            0.85
        } else {
            return;
        };
        let zone = self.zone;
        self.zone.nearness = zone.nearness.max(if begins { 0.85 } else { 0.0 }) * sureness;
        self.opening(block.span.start, &block.span.clone());
        self.zone = zone;
    }

    /// Whether before the value a sentence names another thing of the subject's form and not the subject:
    /// “If `archive_command` is empty (the default), …” in the definition of `archive_mode`.
    fn speaks_of_another(&self, place: &Span, until: usize) -> bool {
        let head = place.start..(place.start + until).min(place.end);
        if self.page.mentions(self.subject, &head) {
            return false;
        }
        let name = &self.subject.name;
        let is_alike = |word: &str| {
            (name.contains('_') && word.contains('_'))
                || (name.starts_with("--") && word.starts_with("--"))
                || (name.contains('.')
                    && name.contains(char::is_lowercase)
                    && word.contains('.')
                    && is_identifier(word))
        };
        tokens(self.quote(&head)).iter().any(|token| is_alike(&token.lower))
    }

    /// Reads each sentence of a span.
    pub(super) fn sentences(&mut self, within: &Span, factor: f32, how: How, term: Option<&Span>) {
        if matches!(self.want.label.kind, Kind::Sentence) {
            return;
        }
        let is_headed = self.is_headed();
        // Most blocks of a page have nothing to do with the field; they are passed without a closer look.
        if !is_headed && !self.want.label.may_be_in(self.page.lower(within)) {
            return;
        }
        let text = self.quote(within).to_owned();
        if text.len() < 4 {
            return;
        }
        let mut is_first = true;
        let mut is_carried = false;
        let page = self.page.fraction;
        for span in sentences(&text) {
            let place = within.start + span.start..within.start + span.end;
            let sentence = &text[span];
            let names_it = self.page.mentions(self.subject, &place);
            is_carried = names_it || (is_carried && refers_back(sentence, &self.subject.name));
            let told = self.without_names(sentence);
            let whole = |said: Said| {
                let is_hidden = told[said.span.clone()] != sentence[said.span.clone()];
                // A phrase that holds the name is given with it.
                if is_hidden {
                    sentence::read(&self.want.label, self.want.shape, sentence, page)
                } else {
                    Some(said)
                }
            };
            let said = sentence::read(&self.want.label, self.want.shape, &told, page)
                .and_then(whole)
                .filter(|said| !is_headed || said.sureness > 0.5)
                .or_else(|| {
                    is_headed
                        .then(|| {
                            sentence::read_headed(&self.want.label, self.want.shape, &told, page)
                        })
                        .flatten()
                });
            let opens = std::mem::replace(&mut is_first, false);
            let Some(said) = said else { continue };
            let near = match self.zone.standing {
                Standing::Mention if names_it => 1.25,
                Standing::Mention if is_carried => 1.15,
                Standing::Mention => 0.75,
                Standing::Section | Standing::Page if names_it => 1.06,
                Standing::Section | Standing::Page
                    if !sentence[said.span.end..].starts_with(" (")
                        && self.speaks_of_stranger(sentence, said.span.start) =>
                {
                    0.78
                }
                Standing::Section | Standing::Page => 0.97,
                Standing::Defines
                | Standing::Key
                | Standing::Row { .. }
                | Standing::Column { .. }
                | Standing::Continues => 1.0,
            };
            // “works the same as …” somewhere tells no other name of what is mentioned there.
            let is_alias = self.want.label.concept.is_some_and(|c| c.names.starts_with("short"));
            let is_mention = self.zone.standing == Standing::Mention;
            let near = if is_alias && is_mention { near * 0.6 } else { near };
            let near =
                if self.speaks_of_another(&place, said.span.start) { near * 0.72 } else { near };
            let quotes = match term {
                Some(term) if opens && place.end - term.start <= MAX_QUOTE => {
                    std::iter::once(term.start..place.end).collect()
                }
                Some(term) => vec![place, term.clone()],
                None => vec![place],
            };
            let factor = (factor * near * self.zone.nearness).min(1.0) / self.zone.nearness;
            self.offer(said, factor, how, quotes);
        }
    }

    /// The sentence without what its subject's name would be taken for: in “The Aster 100 weighs 3 kg” 100 is no weight,
    /// and in “The head of Aster Works is Ada Lund” Aster Works is nobody's head. Byte for byte in the same places.
    fn without_names<'s>(&self, sentence: &'s str) -> Cow<'s, str> {
        let hides: fn(char) -> bool = match self.want.label.kind {
            Kind::Number
            | Kind::Year
            | Kind::Date
            | Kind::Money
            | Kind::Percent
            | Kind::Version
            | Kind::Literal => |c| c.is_ascii_digit(),
            Kind::Person | Kind::Organisation | Kind::Place => |c| c.is_ascii_alphanumeric(),
            // “Aster Services Ltd employs 40 people” speaks of no services.
            Kind::Phrase if self.speaks_of_field() => |c| c.is_ascii_alphanumeric(),
            Kind::Boolean
            | Kind::Choice
            | Kind::Url
            | Kind::Email
            | Kind::Phone
            | Kind::Failure
            | Kind::Phrase
            | Kind::Sentence => return Cow::Borrowed(sentence),
        };
        let names = self.subject.names().filter(|name| name.contains(hides) && name.len() > 2);
        let mut told = Cow::Borrowed(sentence);
        for name in names {
            let lower = sentence.to_ascii_lowercase();
            for (at, _) in lower.match_indices(&name.to_ascii_lowercase()) {
                let end = at + name.len();
                let after = sentence[end..].strip_prefix(' ').unwrap_or_default();
                let next = after.split([' ', ',', '.', ';']).next().unwrap_or_default();
                let is_whole = !next.starts_with(char::is_uppercase);
                // “Aster Works Pumps” is another name, “Aster Works Ltd” is the same.
                let end = match (is_whole, is_legal_form(next)) {
                    (true, _) => Some(end),
                    (false, true) => Some(end + 1 + next.len()),
                    (false, false) => None,
                };
                if let Some(end) = end {
                    let hidden: String =
                        sentence[at..end].chars().map(|c| if hides(c) { 'x' } else { c }).collect();
                    told.to_mut().replace_range(at..end, &hidden);
                }
            }
        }
        told
    }

    /// Whether the subject's own name has a word for the field.
    fn speaks_of_field(&self) -> bool {
        self.subject.names().any(|name| !self.want.label.cues(&tokens(name)).is_empty())
    }

    /// Whether the heading above, on a page about the subject, names the field.
    fn is_headed(&self) -> bool {
        let text = &self.page.page.text;
        let above = text.blocks[self.zone.block]
            .under
            .last()
            .map(|&index| text.block_text(&text.blocks[index]));
        matches!(self.zone.standing, Standing::Page | Standing::Section)
            && above.is_some_and(|heading| self.want.label.on_key(heading) >= 0.8)
    }

    /// Whether a sentence on the subject's page names somebody else before the value, and does not come
    /// back to the subject: “Its competitor, Ferrum Systems, has 8,000 employees.”
    fn speaks_of_stranger(&self, sentence: &str, until: usize) -> bool {
        let head = &sentence[..until.min(sentence.len())];
        let clause = head.rfind([';', ',']).map_or(head, |at| &head[at + 1..]).to_lowercase();
        let comes_back = ["it ", "we ", "they ", "he ", "she ", "the company", "the firm", "our "]
            .iter()
            .any(|word| {
                clause.trim_start().starts_with(word) || clause.contains(&format!(" {word}"))
            });
        let strangers = names::organisations(head);
        let is_other = |span: &Span| {
            let name = &head[span.clone()];
            let words: Vec<&str> = name.split(' ').collect();
            words.len() > 1 && !words.iter().any(|word| self.subject.name.contains(word))
        };
        !comes_back
            && self.subject.name.starts_with(char::is_uppercase)
            && strangers.iter().any(is_other)
    }
}

/// Whether a block in a typewriter's font is running text: words, many of them small ones, that end a sentence.
pub(super) fn is_prose(code: &str) -> bool {
    let words = tokens(code);
    let small = words.iter().filter(|word| is_stop(&word.lower)).count();
    let signs = code.chars().filter(|c| matches!(c, '{' | '}' | ';' | '=' | '$' | '#')).count();
    words.len() >= 8 && small * 4 >= words.len() && signs * 12 <= words.len() && code.contains('.')
}

/// What a thing just named may be called: “this macro”.
const KINDS: [&str; 14] = [
    "limit",
    "macro",
    "option",
    "parameter",
    "setting",
    "value",
    "variable",
    "function",
    "module",
    "class",
    "command",
    "directive",
    "constant",
    "company",
];

/// Whether a sentence goes on about what the one before it named: “It is …”, “The bridge was …”.
fn refers_back(sentence: &str, name: &str) -> bool {
    let Some(first) = sentence.split_whitespace().next() else { return false };
    let is_pronoun = matches!(
        first.to_lowercase().as_str(),
        "it" | "its" | "he" | "his" | "she" | "her" | "they" | "their" | "this" | "these"
    );
    let last = name.rsplit(' ').next().unwrap_or(name).to_lowercase();
    let opening: Vec<String> = sentence.split_whitespace().take(2).map(str::to_lowercase).collect();
    let is_kind = opening.first().is_some_and(|word| word == "the")
        && opening.get(1).is_some_and(|word| {
            *word == last
                || matches!(
                    word.as_str(),
                    "company" | "firm" | "module" | "function" | "option" | "city" | "project"
                )
        });
    // “The default value of this macro is …”
    let points_back = sentence.split_whitespace().take(8).zip(sentence.split_whitespace().skip(1));
    let is_pointed = points_back
        .filter(|(this, _)| *this == "this")
        .any(|(_, noun)| KINDS.contains(&noun.trim_end_matches([',', '.'])));
    is_pronoun || is_kind || is_pointed
}

#[cfg(test)]
mod tests {
    use domain::fields::schema_from_words;
    use domain::schema::Schema;
    use serde_json::{Value, json};

    use super::super::super::build;
    use super::super::super::fields::find;
    use super::super::super::fields::tests::CAPS;
    use super::super::super::subject::Subject;

    fn found(name: &str, field: &str, title: &str, lines: &str) -> Option<Value> {
        let (schema, _) = Schema::parse(schema_from_words(field).unwrap()).unwrap();
        let row = json!({"name": name});
        let subject = Subject::of(row.as_object().unwrap());
        let pages = [build::page(1, "notes.test", title, lines)];
        find(&subject, &schema.fields[0], &pages, &CAPS).value
    }

    #[test]
    fn figures_of_a_name_are_no_figures_of_the_thing() {
        let line = "The Aster 100 weighs 3.0 kg and costs 240 euros.";
        let weight = |name| found(name, "weight (number): weight in kg", "Notes", line);
        assert_eq!(weight("Aster 100"), Some(json!(3)));
        let none = "The Aster 100 weighs next to nothing.";
        assert_eq!(found("Aster 100", "weight", "Notes", none), None);
        assert_eq!(found("Aster 100", "price", "Notes", line), Some("240 euros".into()));
    }

    #[test]
    fn a_page_that_goes_on_to_another_thing_speaks_of_that() {
        let lines = "# Quillmere Hydro\nIt runs four dams.\nThe chief executive officer of Quillmere Hydro is Ada Lund.\n\
                     # Nettlebrook Energy\nIts CEO is Mara Voss. It has 55 employees.";
        let ask = |name, field| found(name, field, "Quillmere Hydro", lines);
        assert_eq!(
            ask("Quillmere Hydro", "ceo: its chief executive officer"),
            Some("Ada Lund".into())
        );
        assert_eq!(ask("Quillmere Hydro", "employees: number of employees"), None);
        assert_eq!(ask("Nettlebrook Energy", "employees: number of employees"), Some(json!(55)));
        let own = "# Quillmere Hydro\nIt runs dams.\n# Company History\nIt has 70 employees.";
        let staff = "employees: number of employees";
        assert_eq!(found("Quillmere Hydro", staff, "Quillmere Hydro", own), Some(json!(70)));
    }

    #[test]
    fn a_name_is_known_however_its_letters_are_composed() {
        let line = "Ostrava K\u{e4}se GmbH was founded in 1999.";
        for name in ["Ostrava K\u{e4}se GmbH", "Ostrava Ka\u{308}se GmbH"] {
            let year = found(name, "founded: year it was founded", "Notes", line);
            assert_eq!(year, Some(json!(1999)));
        }
    }

    #[test]
    fn a_price_in_whatever_money_is_found() {
        let lines = "# Otter 3\nThe Otter 3 is a turbine. It costs 48,000 crowns.";
        let price = found("Otter 3", "price: what it costs", "Otter 3", lines);
        assert_eq!(price, Some("48,000 crowns".into()));
    }
}
