//! Numbers for a field that asks for thousands or millions, from pages that do not say in what they count: “990 employees” is
//! meant in full, and a bare “61” is taken to be in the scale of the field unless what others state is closer to it in full.

use super::values::asked;
use super::values::numbers::{self, Quantity};
use super::words;

/// A number that was taken from a page.
pub(crate) struct Stated {
    /// In the scale of the field, as far as the page tells.
    pub(crate) number: f64,
    /// What is quoted for it.
    pub(crate) words: String,
    /// Whether others may be held against it.
    pub(crate) is_witness: bool,
}

/// What a quote tells of the scale of its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It is in the scale of the field.
    InScale,
    /// It counts or measures one by one.
    InFull,
    Nothing,
}

/// The numbers in the scale of the field, 1,000 where it asks for thousands.
pub(crate) fn settled(stated: &[Stated], scale: f64) -> Vec<f64> {
    let told: Vec<Told> = stated.iter().map(|one| told(one, scale)).collect();
    let pairs = || stated.iter().zip(&told);
    let witnesses: Vec<f64> = pairs()
        .filter(|(one, told)| one.is_witness && **told == Told::InScale)
        .map(|(one, _)| one.number)
        .collect();
    let is_in_full = |number: f64, told: Told| match told {
        Told::InScale => false,
        Told::InFull => true,
        Told::Nothing => {
            let far = |number: f64| {
                witnesses.iter().map(|one| (number / one).abs().ln().abs()).min_by(f64::total_cmp)
            };
            far(number / scale) < far(number)
        }
    };
    pairs()
        .map(
            |(one, told)| {
                if is_in_full(one.number, *told) { one.number / scale } else { one.number }
            },
        )
        .collect()
}

fn told(stated: &Stated, scale: f64) -> Told {
    let Stated { number, words, .. } = stated;
    let is = |one: f64, other: f64| (one - other).abs() <= 1e-9 * other.abs();
    let found = numbers::find(words);
    let is_converted = found.iter().any(|(_, quantity)| is(quantity.number, number * scale));
    if is_converted || asked::scale_asked("", words) == Some(scale) {
        return Told::InScale;
    }
    let plain = found.iter().find(|(_, one)| is(one.number, *number) && !one.is_scaled);
    match plain {
        Some((span, quantity)) if counts(quantity, &words[span.end..]) => Told::InFull,
        Some(_) => Told::Nothing,
        // It was converted in another way.
        None => Told::InScale,
    }
}

/// Whether a number has a unit, or what it counts right behind it.
fn counts(quantity: &Quantity, behind: &str) -> bool {
    let word = behind.strip_prefix([' ', '\u{a0}']).unwrap_or_default();
    let word = word.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    let is_noun = word.chars().count() > 2 && !words::is_stop(&word);
    quantity.unit.is_some() || (is_noun && quantity.currency.is_none() && !quantity.is_percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(scale: f64, stated: &[(f64, &str)]) -> Vec<f64> {
        let stated: Vec<Stated> = stated
            .iter()
            .map(|(number, words)| Stated {
                number: *number,
                words: (*words).to_owned(),
                is_witness: true,
            })
            .collect();
        settled(&stated, scale)
    }

    #[test]
    fn what_is_counted_one_by_one_is_meant_in_full() {
        let counted = [(1.24, "Acme has 1,240 employees."), (990.0, "Acme had 990 employees.")];
        assert_eq!(read(1e3, &counted), [1.24, 0.99]);
        assert_eq!(read(1e3, &[(990.0, "Employees (thousands): 990 people")]), [990.0]);
        assert_eq!(read(1e3, &[(990.0, "It delivers 990 kW.")]), [0.99]);
    }

    #[test]
    fn a_bare_number_is_in_the_scale_that_agrees_with_what_others_state() {
        assert_eq!(read(1e3, &[(1.24, "Employees | 1,240"), (990.0, "Staff | 990")]), [1.24, 0.99]);
        assert_eq!(read(1e6, &[(61.0, "EUR 61 million"), (48.0, "Cost | 48")]), [61.0, 48.0]);
        assert_eq!(read(1e6, &[(48.0, "Cost | 48")]), [48.0], "nothing to hold it against");
    }
}
