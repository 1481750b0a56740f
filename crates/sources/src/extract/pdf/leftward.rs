//! Scripts that run from right to left, which most programs paint from left to right, the last letter first.

/// Whether a letter is of such a script.
pub(super) const fn is_leftward(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// Letters in the order in which they are read, given the one in which they stand from left to right.
pub(super) fn as_read(painted: &str) -> String {
    let is_rightward = |letter: char| letter.is_alphanumeric() && !is_leftward(letter);
    let mut letters: Vec<char> = painted.chars().collect();
    let count = |is: &dyn Fn(char) -> bool| painted.chars().filter(|letter| is(*letter)).count();
    if count(&is_leftward) > count(&is_rightward) {
        turn(&mut letters);
        turn_stretches(&mut letters, is_rightward, is_leftward);
    } else {
        turn_stretches(&mut letters, is_leftward, is_rightward);
    }
    letters.into_iter().collect()
}

/// Turns each stretch from one such letter to another that has none of the others in between.
fn turn_stretches(
    letters: &mut [char],
    is: impl Fn(char) -> bool,
    is_other: impl Fn(char) -> bool,
) {
    let mut at = 0;
    while let Some(first) = letters[at..].iter().position(|letter| is(*letter)) {
        let start = at + first;
        let length = letters[start..].iter().take_while(|letter| !is_other(**letter)).count();
        let last = letters[start..start + length].iter().rposition(|letter| is(*letter));
        let end = start + last.unwrap_or_default() + 1;
        turn(&mut letters[start..end]);
        at = end;
    }
}

fn turn(letters: &mut [char]) {
    letters.reverse();
    for letter in letters {
        *letter = match *letter {
            '(' => ')',
            ')' => '(',
            '[' => ']',
            ']' => '[',
            other => other,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_in_the_order_in_which_they_are_read() {
        for (painted, read) in [
            ("םלוע םולש", "שלום עולם"),
            ("ملاعلاب ابحرم", "مرحبا بالعالم"),
            (".12.5 ריחמ (שדח)", "(חדש) מחיר 12.5."),
            ("Shalom (םולש) to all", "Shalom (שלום) to all"),
            ("no such letters (1)", "no such letters (1)"),
        ] {
            assert_eq!(as_read(painted), read);
        }
    }
}
