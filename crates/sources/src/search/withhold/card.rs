//! Numbers of payment cards, whatever stands between their digits and around them.

use std::ops::{Range, RangeInclusive};

/// Digits of a card number.
const DIGITS: RangeInclusive<usize> = 13..=19;
/// Digits of the one form that is as long as the number of an article.
const ARTICLE_DIGITS: usize = 13;
/// Digits behind a `+` up to which a number is one of a telephone.
const MAX_PHONE: usize = 14;
/// How telephone numbers of North America are written; two in a row are as long as a card.
const PHONE: [usize; 3] = [3, 3, 4];
/// Marks between two groups of digits, and blanks there.
const MAX_MARKS: usize = 3;
const MAX_BLANKS: usize = 16;
/// What may stand between two groups.
const MARKS: &str = "-./_:·•‐‑‒–—―−";
/// What may as well stand between numbers that have nothing to do with each other.
const LIST_MARKS: &str = ",|;*+'’`\"=~#\\()[]{}<>&、";
/// Digits of a group that hardly counts or measures something.
const MIN_GROUP: usize = 4;

/// How card numbers are printed: in fours, and in ways of single issuers.
const GROUPS: [&[usize]; 8] = [
    &[4, 4, 4, 4],
    &[4, 4, 4, 4, 3],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 4, 4, 1],
    &[4, 4, 5],
    &[4, 3, 3, 3],
    &[6, 10],
];

/// How the numbers of issuers begin, from and to, and how many digits they have.
const ISSUERS: [(u32, u32, RangeInclusive<usize>); 19] = [
    (4, 4, 13..=13),
    (4, 4, 16..=16),
    (4, 4, 19..=19),
    (2200, 2204, 16..=19),
    (2221, 2720, 16..=16),
    (300, 305, 14..=19),
    (3095, 3095, 14..=19),
    (34, 34, 15..=15),
    (3528, 3589, 16..=19),
    (36, 36, 14..=19),
    (37, 37, 15..=15),
    (38, 39, 14..=19),
    (50, 50, 13..=19),
    (51, 55, 16..=16),
    (56, 58, 13..=19),
    (6, 6, 13..=19),
    (81, 81, 16..=19),
    (82, 82, 16..=16),
    (9792, 9792, 16..=16),
];

/// Where card numbers stand: whole groups of digits, each tried as the first.
pub(super) fn find(chars: &[char]) -> Vec<Range<usize>> {
    let groups = groups(chars);
    let mut found = Vec::new();
    for (index, first) in groups.iter().enumerate() {
        let is_signed = first.start > 0 && chars[first.start - 1] == '+';
        let mut number = Number::default();
        let mut end = first.start;
        for group in &groups[index..] {
            let gap = &chars[end..group.start];
            if group.start > first.start && !is_gap(gap) {
                break;
            }
            if number.digits.len() + group.len() > *DIGITS.end() {
                break;
            }
            number.add(gap, &chars[group.clone()]);
            end = group.end;
            let is_phone = is_signed && number.digits.len() <= MAX_PHONE;
            if !is_phone && number.is_card() {
                found.push(first.start..end);
            }
        }
    }
    found
}

fn groups(chars: &[char]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, _) in chars.iter().enumerate().filter(|(_, c)| c.is_ascii_digit()) {
        match groups.last_mut() {
            Some(group) if group.end == at => group.end += 1,
            Some(_) | None => groups.push(at..at + 1),
        }
    }
    groups
}

fn is_gap(gap: &[char]) -> bool {
    let blanks = gap.iter().filter(|c| c.is_whitespace()).count();
    let is_mark = |c: &&char| MARKS.contains(**c) || LIST_MARKS.contains(**c);
    let marks = gap.iter().filter(is_mark).count();
    blanks <= MAX_BLANKS && marks <= MAX_MARKS && blanks + marks == gap.len()
}

/// Groups of digits that may be one number.
#[derive(Default)]
struct Number {
    digits: Vec<u32>,
    groups: Vec<usize>,
    /// What stands between the groups, blanks aside.
    gaps: Vec<String>,
}

impl Number {
    fn add(&mut self, gap: &[char], group: &[char]) {
        if !self.groups.is_empty() {
            self.gaps.push(gap.iter().filter(|c| !c.is_whitespace()).collect());
        }
        self.groups.push(group.len());
        self.digits.extend(group.iter().filter_map(|c| c.to_digit(10)));
    }

    fn is_card(&self) -> bool {
        DIGITS.contains(&self.digits.len())
            && self.is_issued()
            && self.is_laid_out()
            && fits_luhn(&self.digits)
    }

    fn is_issued(&self) -> bool {
        let begins = |length: u32| {
            let first = self.digits.iter().take(length as usize);
            first.fold(0, |number, digit| number * 10 + digit)
        };
        ISSUERS.iter().any(|(from, to, digits)| {
            digits.contains(&self.digits.len())
                && (*from..=*to).contains(&begins(from.ilog10() + 1))
        })
    }

    /// Whether a card number is written like this. Coordinates, decimals, lists of telephones and numbers of articles
    /// are as long, and one in ten has the right last digit.
    fn is_laid_out(&self) -> bool {
        if self.groups.len() == 1 {
            return self.digits.len() != ARTICLE_DIGITS || !is_article(&self.digits);
        }
        if GROUPS.contains(&self.groups.as_slice()) {
            return true;
        }
        let is_uniform = self.gaps.windows(2).all(|pair| pair[0] == pair[1]);
        let is_decimal = self.groups.len() == 2 && self.gaps[0] == ".";
        let is_long_enough = self.digits.len() > ARTICLE_DIGITS;
        let is_list = self.gaps.iter().any(|gap| gap.contains(|c| LIST_MARKS.contains(c)));
        is_uniform
            && is_long_enough
            && !is_decimal
            && !self.groups.starts_with(&PHONE)
            && (!is_list || self.is_even())
    }

    /// Whether the groups are no figures of a list, nor thousands of one figure.
    fn is_even(&self) -> bool {
        self.groups.iter().all(|length| *length >= MIN_GROUP)
            || self.groups.windows(2).all(|pair| pair[0] == pair[1])
    }
}

fn fits_luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether the last digit is the one that the number of an article (EAN) has.
fn is_article(digits: &[u32]) -> bool {
    let weighed = |(at, digit): (usize, &u32)| if at % 2 == 1 { digit * 3 } else { *digit };
    digits.iter().enumerate().map(weighed).sum::<u32>().is_multiple_of(10)
}
