//! Digits as they are written: groups of three, and points or commas before fractions, in whichever language.

use domain::text::Text;

/// The sign before a fraction, where the words beside a number leave open which it is: 12.500 is twelve and a half in English,
/// and twelve thousand and a half in German.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fraction {
    Point,
    Comma,
}

/// Of a page's text so many bytes tell how it writes its numbers.
const TELLING: usize = 20_000;

impl Fraction {
    /// The one of a page: by its words, and where those are too few by the language that it declares.
    pub fn of(page: &Text) -> Self {
        const THERE: &str = " bg cs da de el es et fi fr hr hu id is it lt lv nb nl nn no pl pt ro ru sk sl sr sv tr uk vi ";
        let declared = page.language.as_deref().unwrap_or_default();
        let is_there = !declared.is_empty() && THERE.contains(&format!(" {declared} "));
        let end = page.body.floor_char_boundary(TELLING);
        Self::told(&page.body[..end], if is_there { Self::Comma } else { Self::Point })
    }

    /// The one of a text as far as its smallest words tell its language.
    pub(in super::super) fn told(text: &str, otherwise: Self) -> Self {
        match continental_words(text) {
            0 => otherwise,
            1.. => Self::Comma,
            ..0 => Self::Point,
        }
    }
}

/// `1,250.5`, `1 250`, `0.75`, `1.250,5`, `12,5`; not `3.4.1`, `2024-01-02`, `12:30`, `10/11`.
pub(super) fn digits(text: &str, start: usize, page: Fraction) -> Option<(f64, usize)> {
    let bytes = text.as_bytes();
    let (number, end) = spaced(text, start, page).or_else(|| dotted(text, start, page))?;
    let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let next = bytes.get(end).copied();
    let before = text[..start].chars().next_back();
    let is_joined = |byte: Option<u8>| matches!(byte, Some(b'/' | b':')) && digit(end + 1);
    let is_range = next == Some(b'-') && digit(end + 1) && text[end + 1..].matches('-').count() > 0;
    let is_date = is_range && text[end + 1..].bytes().take(3).any(|b| b == b'-');
    if is_joined(next)
        || is_date
        || before == Some('.')
        || before == Some('/')
        || before == Some(':')
    {
        return None;
    }
    let is_hex = &text[start..end] == "0" && matches!(next, Some(b'x' | b'o'));
    let negative = before == Some('-') && !text[..start - 1].ends_with(char::is_alphanumeric);
    (!is_hex).then_some((if negative { -number } else { number }, end))
}

/// Digits in a row from a place on.
fn run(text: &str, from: usize) -> usize {
    text.as_bytes().iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Groups of three digits between apostrophes or spaces, and a fraction behind them; where it ends. A plain space may also stand
/// between two numbers: it parts groups before a fraction, and where commas part fractions.
fn spaced(text: &str, start: usize, page: Fraction) -> Option<(f64, usize)> {
    let mut end = start + run(text, start);
    let mut plain = text[start..end].to_owned();
    let first = end - start;
    let mut has_spaces = false;
    while let Some(sign @ ('\'' | '’' | ' ' | '\u{a0}' | '\u{202f}')) = text[end..].chars().next()
        && first <= 3
        && run(text, end + sign.len_utf8()) == 3
    {
        has_spaces |= sign == ' ';
        end += sign.len_utf8() + 3;
        plain.push_str(&text[end - 3..end]);
    }
    if plain.len() == first {
        return None;
    }
    let has_comma = text[end..].starts_with(',');
    let fraction = if has_comma || text[end..].starts_with('.') { run(text, end + 1) } else { 0 };
    let has_commas = has_comma && fraction > 0;
    if has_spaces && !has_commas && Fraction::told(text, page) == Fraction::Point {
        return None;
    }
    if fraction > 0 {
        plain.push('.');
        plain.push_str(&text[end + 1..=end + fraction]);
        end += 1 + fraction;
    }
    plain.parse().ok().map(|number| (number, end))
}

/// Digits with points and commas between them; of a list, such as `1,2,3`, the first. `None` of a version or a day.
fn dotted(text: &str, start: usize, page: Fraction) -> Option<(f64, usize)> {
    let first = start + run(text, start);
    let mut end = first;
    while text[end..].starts_with(['.', ',']) && run(text, end + 1) > 0 {
        end += 1 + run(text, end + 1);
    }
    let stretch = &text[start..end];
    match in_notation(stretch, || Fraction::told(text, page)) {
        Some(number) => Some((number, end)),
        None if stretch.matches('.').count() > 1 => None,
        None => text[start..first].parse().ok().map(|number| (number, first)),
    }
}

/// What digits with points and commas mean. Where both stand, the last parts the fraction; one alone parts groups of three if it
/// is a comma, or stands more than once, or stands where commas part fractions.
pub(in super::super) fn in_notation(
    digits: &str,
    fraction: impl FnOnce() -> Fraction,
) -> Option<f64> {
    let plain = match (digits.matches('.').count(), digits.matches(',').count()) {
        (0, 0) => digits.to_owned(),
        (1, 0) if !is_grouped(digits, '.') || fraction() == Fraction::Point => digits.to_owned(),
        (_, 0) => is_grouped(digits, '.').then(|| digits.replace('.', ""))?,
        (0, 1) if !is_grouped(digits, ',') => digits.replace(',', "."),
        (0, _) => is_grouped(digits, ',').then(|| digits.replace(',', ""))?,
        _ => {
            let (fraction, group) =
                if digits.rfind('.') > digits.rfind(',') { ('.', ',') } else { (',', '.') };
            let (whole, rest) = digits.rsplit_once(fraction)?;
            is_grouped(whole, group).then(|| format!("{}.{rest}", whole.replace(group, "")))?
        }
    };
    plain.parse().ok()
}

/// Whether such signs part groups of three digits.
fn is_grouped(whole: &str, sign: char) -> bool {
    let mut groups = whole.split(sign);
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    (1..=3).contains(&first.len())
        && first != "0"
        && rest.peek().is_some()
        && rest.all(|group| group.len() == 3)
}

/// How many more small words of a text are of languages that part fractions by a comma than of English; negative for fewer.
fn continental_words(text: &str) -> i32 {
    const THERE: &str = " der die das und von mit für ist sind hat bei im zum le la les et des du est une au avec el los las del con \
        por una es il di che sono della per het een van met zijn en och är med av og er da do dos das em com um uma ";
    const ELSEWHERE: &str = " the of and is was has with for are by to its from that ";
    let is_accented = |c: char| "äöüßéèêñçåøœãõ".contains(c);
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let (mut there, mut elsewhere) = (0, 0);
    for word in words {
        let word = format!(" {} ", word.to_lowercase());
        there += i32::from(THERE.contains(&word) || word.contains(is_accented));
        elsewhere += i32::from(ELSEWHERE.contains(&word));
    }
    there - elsewhere
}
