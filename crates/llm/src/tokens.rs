//! Counts tokens without any provider's tokenizer.
//!
//! Every provider has its own, most are not published, and those that are weigh megabytes each. What is needed is less:
//! a figure that is rather too high, so that a prompt which is sent fits; and one that is surely too low, so that a
//! server which has read less has cut the prompt. Both come from weights per kind of character, which were fitted on
//! five tokenizers (o200k and cl100k of OpenAI, Llama 2 and 3, Mistral) over English, code, JSON, HTML, tables and
//! fifteen other languages (2026-11-28). [`count`] was 0.95 to 1.25 times the largest of the five for texts in most of
//! them, 0.75 for Finnish and Polish, 0.65 for base64, and 1.1 to 4 times the smallest. [`at_least`] was a quarter to
//! three quarters of the smallest, and never above it.

use crate::request::Request;

/// Tokens that a chat template puts around each turn.
const PER_TURN: u32 = 8;

/// About how many tokens a text is, rather more than less.
pub fn count(text: &str) -> u32 {
    whole(weigh(text).high)
}

/// A number that no tokenizer stays below.
pub fn at_least(text: &str) -> u32 {
    whole(weigh(text).low)
}

/// The whole prompt of a request, its schema included.
pub fn prompt(request: &Request) -> u32 {
    let turns = request.turns.iter().map(|turn| count(&turn.text).saturating_add(PER_TURN));
    let schema = request.format.iter().map(|format| {
        // A tool's declaration, or the sentence that asks for it in the prompt.
        count(&format.schema.to_string()).saturating_add(4 * PER_TURN)
    });
    turns.chain(schema).fold(count(&request.system).saturating_add(PER_TURN), u32::saturating_add)
}

/// The same from below; the schema is left out, for not every server puts it into the prompt.
pub(crate) fn prompt_at_least(request: &Request) -> u32 {
    let turns = request.turns.iter().map(|turn| at_least(&turn.text));
    turns.fold(at_least(&request.system), u32::saturating_add)
}

/// Thousandths of tokens.
#[derive(Debug, Default, Clone, Copy)]
struct Weight {
    high: u64,
    low: u64,
}

/// Letters in one word beyond which it is none: keys, hashes, base64.
const LONGEST_WORD: u64 = 24;
/// The same character so often in a row is one token for many.
const RUN: usize = 3;

fn weigh(text: &str) -> Weight {
    let mut sum = Weight::default();
    let mut word = 0;
    let mut last = None;
    let mut repeats = 0;
    for c in text.chars() {
        repeats = if last == Some(c) { repeats + 1 } else { 0 };
        last = Some(c);
        if c.is_ascii_alphabetic() || ('\u{c0}'..'\u{250}').contains(&c) {
            word += 1;
            // Letters with marks are often tokens of their own.
            sum.add(if c.is_ascii() { (0, 0) } else { (900, 0) });
            continue;
        }
        sum.add_word(std::mem::take(&mut word));
        sum.add(if repeats >= RUN { (100, 0) } else { of_character(c, repeats > 0) });
    }
    sum.add_word(word);
    sum
}

impl Weight {
    fn add(&mut self, (high, low): (u64, u64)) {
        self.high += high;
        self.low += low;
    }

    fn add_word(&mut self, letters: u64) {
        self.add(match letters {
            0 => (0, 0),
            1..=LONGEST_WORD => {
                let high = (330 * letters).saturating_sub(100).max(1000);
                (high, high * 55 / 100)
            }
            // A run of one letter may be few tokens, so nothing is said from below.
            _ => (850 * letters, 0),
        });
    }
}

/// What a character weighs that is no Latin letter, by how finely tokenizers cut its script.
fn of_character(c: char, is_repeated: bool) -> (u64, u64) {
    match c {
        ' ' if is_repeated => (300, 0),
        ' ' => (50, 0),
        '0'..='9' => (1000, 330),
        c if c.is_whitespace() => (600, 100),
        c if c.is_ascii() => (750, 300),
        // Greek, then Cyrillic.
        '\u{250}'..'\u{400}' => (1200, 250),
        '\u{400}'..'\u{530}' => (650, 200),
        // Armenian, Hebrew, Arabic and their neighbours.
        '\u{530}'..'\u{780}' => (1150, 250),
        // The scripts of India and South-East Asia.
        '\u{780}'..'\u{1100}' => (1350, 180),
        '\u{2000}'..'\u{2070}' => (1000, 200),
        '\u{3000}'..'\u{3100}' => (1200, 400),
        '\u{ac00}'..'\u{d7b0}' => (2000, 400),
        '\u{2e80}'..'\u{a000}' | '\u{ff00}'..'\u{fff0}' => (1450, 500),
        // Symbols and emoji are spelt out byte by byte where they are rare.
        _ => (3000, 200),
    }
}

fn whole(thousandths: u64) -> u32 {
    u32::try_from(thousandths.div_ceil(1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and the smallest and largest count of the five tokenizers.
    const SAMPLES: [(&str, u32, u32); 8] = [
        (
            "Run-of-river turbines of this size lose about 4.5 % of their yearly yield to fish screens, as the operators report it.",
            29,
            34,
        ),
        (
            "for (const [name, value] of Object.entries(settings)) { if (!known.has(name)) throw new Error(`unknown: ${name}`); }",
            31,
            36,
        ),
        (
            "{\"claims\": [{\"quote\": \"EUR 236 per MWh in 2025\", \"value\": 236, \"unit\": \"EUR/MWh\", \"passage\": \"p17\"}]}",
            41,
            56,
        ),
        (
            "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen. Jeder hat Anspruch auf die in dieser Erklärung verkündeten Rechte und Freiheiten ohne irgendeinen Unterschied, etwa nach Rasse, Hautfarbe, Geschlecht, Sprache, Religion, politischer oder sonstiger Überzeugung. Die Wasserkraftwerke wurden 2019 für 3,4 Millionen Euro stillgelegt.",
            103,
            138,
        ),
        (
            "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства. Каждый человек должен обладать всеми правами и всеми свободами, провозглашенными настоящей Декларацией.",
            66,
            120,
        ),
        (
            "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。人人有资格享有本宣言所载的一切权利和自由，不分种族、肤色、性别、语言、宗教、政治或其他见解、国籍或社会出身、财产、出生或其他身份等任何区别。",
            91,
            157,
        ),
        (
            "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم بعضًا بروح الإخاء.",
            44,
            111,
        ),
        (
            "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।",
            54,
            207,
        ),
    ];

    #[test]
    fn counts_lie_around_those_of_real_tokenizers() {
        for (text, smallest, largest) in SAMPLES {
            let (low, high) = (at_least(text), count(text));
            assert!(low <= smallest, "{text}: at least {low}, really {smallest}");
            assert!(low * 4 >= smallest, "{text}: at least {low} says little of {smallest}");
            assert!(high * 10 >= largest * 8, "{text}: {high}, really up to {largest}");
            assert!(high <= smallest * 4, "{text}: {high}, really from {smallest} on");
        }
    }

    #[test]
    fn blanks_and_lines_of_one_character_are_few_tokens_at_least() {
        for text in [" ".repeat(4000), "-".repeat(4000), "a".repeat(4000), "\n".repeat(4000)] {
            assert!(at_least(&text) < 10, "{}", at_least(&text));
            assert!(count(&text) >= 250);
        }
        assert_eq!((count(""), at_least("")), (0, 0));
    }
}
