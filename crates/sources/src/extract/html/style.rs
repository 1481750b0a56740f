//! What declarations of style say about whether words are seen.

use cssparser::{ParseError, Parser, Token, color};

use super::sheet::Prelude;

/// Declarations of one block that are kept, and values of one declaration.
const MAX_DECLARATIONS: usize = 100;
const MAX_VALUES: usize = 64;
/// Below this opacity, of 1, nobody sees anything.
const MIN_OPACITY: f32 = 0.06;
/// Letters below this size, in pixels or in hundredths of the size around them, are dots.
const MIN_PIXELS: f32 = 2.0;
const MIN_PERCENT: f32 = 10.0;
/// Boxes of this size, in pixels, have no room for a letter.
const NO_ROOM: f32 = 1.0;
/// What stands so far before the page is outside, by unit; a hundredth is one of the page.
const OUTSIDE: [(&str, f32); 7] = [
    ("px", -900.0),
    ("pt", -700.0),
    ("em", -60.0),
    ("rem", -60.0),
    ("vw", -100.0),
    ("vh", -100.0),
    ("%", -100.0),
];
/// And so is what stands so far behind its beginning, in pixels.
const BEYOND: f32 = 5_000.0;
/// Units of which a hundred are a screen.
const SCREENS: [&str; 9] = ["vh", "vw", "dvh", "svh", "lvh", "dvw", "svw", "lvw", "%"];

/// What a declaration is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Display,
    ContentVisibility,
    Opacity,
    Filter,
    Left,
    Right,
    Top,
    Bottom,
    MarginLeft,
    TextIndent,
    Clip,
    ClipPath,
    Transform,
    Width,
    Height,
    MaxWidth,
    MaxHeight,
    Overflow,
    Visibility,
    FontSize,
    Colour,
    Background,
    BackgroundClip,
    LineThrough,
    Position,
    Motion,
}

/// How many ways there are.
pub(super) const WAYS: usize = Way::Motion as usize + 1;

/// What it says of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Unseen,
    /// Also what is not understood.
    Seen,
    Is([u8; 3]),
    /// Of `Overflow`, `BackgroundClip`, `Position` and `Motion`: cut off, to the letters, out of the flow, and any.
    Holds,
    /// Of `Position`: to the screen. Of its sides: outside of that.
    Pinned,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Declaration {
    pub(super) way: Way,
    pub(super) says: Says,
    pub(super) is_important: bool,
}

/// What takes a rule within a block: the name of an at-rule, what stands before its block, and the block.
pub(super) type Nested<'n> = dyn FnMut(Option<&str>, &str, &mut Parser<'_>) + 'n;

/// Reads the declarations of a block or attribute; those that have nothing to do with being seen are left out.
pub(super) fn declarations(parser: &mut Parser<'_>, nested: &mut Nested<'_>) -> Vec<Declaration> {
    let mut kept = Vec::new();
    let mut prelude = Prelude::default();
    let mut name = None;
    let mut values: Vec<Value> = Vec::new();
    let mut is_value = false;
    loop {
        let before = parser.position();
        let token = parser.next().cloned();
        if let Ok(token) = &token
            && !matches!(token, Token::Semicolon | Token::CurlyBracketBlock)
        {
            prelude.goes_on(before, token);
        }
        match token {
            Ok(Token::Semicolon) | Err(_) => {
                if kept.len() < MAX_DECLARATIONS {
                    kept.extend(name.take().and_then(|name: String| declaration(&name, &values)));
                }
                values.clear();
                prelude = Prelude::default();
                (name, is_value) = (None, false);
                if token.is_err() {
                    return kept;
                }
            }
            Ok(Token::CurlyBracketBlock) => {
                let (rule, words) = prelude.take(parser);
                // Too deep or cut short: what was read so far counts.
                let _ = parser.parse_nested_block(|block| -> Result<(), ParseError<()>> {
                    nested(rule.as_deref(), words, block);
                    Ok(())
                });
                values.clear();
                (name, is_value) = (None, false);
            }
            Ok(Token::Ident(word)) if !is_value => name = Some(word.to_ascii_lowercase()),
            Ok(Token::Colon) if !is_value => is_value = true,
            Ok(token) if is_value && values.len() < MAX_VALUES => {
                let is_function = matches!(token, Token::Function(_));
                values.push(Value::of(token));
                if is_function {
                    arguments(parser, &mut values);
                }
            }
            Ok(_) => {}
        }
    }
}

/// Reads the declarations of an attribute `style`.
pub(super) fn of_attribute(style: &str) -> Vec<Declaration> {
    declarations(&mut Parser::new(style), &mut |_, _, _| {})
}

/// The colour that an attribute such as `bgcolor` names.
pub(super) fn of_colour(words: &str) -> Says {
    let words = words.trim();
    let value = match words.strip_prefix('#') {
        Some(hash) => Value::Hash(hash.to_owned()),
        None => Value::Word(words.to_ascii_lowercase()),
    };
    colour(&[value])
}

enum Value {
    Word(String),
    Number(f32, String),
    Hash(String),
    Function(String),
    Mark(char),
    Other,
}

impl Value {
    fn of(token: Token<'_>) -> Self {
        if let Token::Ident(word) = token {
            Self::Word(word.to_ascii_lowercase())
        } else if let Token::Number { value, .. } = token {
            Self::Number(value, String::new())
        } else if let Token::Percentage { unit_value, .. } = token {
            Self::Number(unit_value * 100.0, "%".into())
        } else if let Token::Dimension { value, unit, .. } = token {
            Self::Number(value, unit.to_ascii_lowercase())
        } else if let Token::Hash(hash) | Token::IDHash(hash) = token {
            Self::Hash(hash.to_string())
        } else if let Token::Function(name) = token {
            Self::Function(name.to_ascii_lowercase())
        } else if let Token::Delim(mark) = token {
            Self::Mark(mark)
        } else {
            Self::Other
        }
    }

    fn number(&self) -> Option<(f32, &str)> {
        if let Self::Number(number, unit) = self { Some((*number, unit)) } else { None }
    }
}

/// What stands within a function; what stands within one in it is left out.
fn arguments(parser: &mut Parser<'_>, values: &mut Vec<Value>) {
    // Too deep or cut short: what was read so far counts.
    let _ = parser.parse_nested_block(|inner| -> Result<(), ParseError<()>> {
        while let Ok(token) = inner.next().cloned() {
            if values.len() < MAX_VALUES && token != Token::Comma {
                values.push(Value::of(token));
            }
        }
        Ok(())
    });
}

fn declaration(name: &str, values: &[Value]) -> Option<Declaration> {
    let (values, is_important) = match values {
        [rest @ .., Value::Mark('!'), Value::Word(word)] if word == "important" => (rest, true),
        all => (all, false),
    };
    // A sum of one.
    let values = match values {
        [Value::Function(sum), Value::Number(..)] if sum == "calc" => &values[1..],
        all => all,
    };
    let is_inherited = |word: &str| {
        matches!(word, "inherit" | "unset" | "revert" | "revert-layer" | "currentcolor")
    };
    if matches!(values, [Value::Word(word)] if is_inherited(word)) {
        return None;
    }
    let (way, says) = meaning(name, values)?;
    Some(Declaration { way, says, is_important })
}

fn meaning(name: &str, values: &[Value]) -> Option<(Way, Says)> {
    let unseen = |is_unseen: bool| if is_unseen { Says::Unseen } else { Says::Seen };
    let holds = |does_hold: bool| if does_hold { Says::Holds } else { Says::Seen };
    let names = |wanted: &[&str]| {
        values.iter().any(|v| matches!(v, Value::Word(word) if wanted.contains(&word.as_str())))
    };
    let calls = |wanted: &str| matches!(values, [Value::Function(f), ..] if f.starts_with(wanted));
    Some(match name {
        "display" => (Way::Display, unseen(names(&["none"]))),
        "visibility" => (Way::Visibility, unseen(names(&["hidden", "collapse"]))),
        "content-visibility" => (Way::ContentVisibility, unseen(names(&["hidden"]))),
        "opacity" => (Way::Opacity, unseen(is_faint(values))),
        "filter" => (Way::Filter, unseen(calls("opacity") && is_faint(&values[1..]))),
        "font-size" => (Way::FontSize, font_size(values)?),
        "font" => (Way::FontSize, unseen(is_tiny_font(values))),
        "left" => (Way::Left, side(values)),
        "right" => (Way::Right, side(values)),
        "top" => (Way::Top, side(values)),
        "bottom" => (Way::Bottom, side(values)),
        "text-indent" => (Way::TextIndent, unseen(is_outside(values, true))),
        // Columns are placed with 100 per cent.
        "margin-left" => (Way::MarginLeft, unseen(is_outside(values, false))),
        "clip" => (Way::Clip, unseen(calls("rect") && is_nothing(values))),
        "clip-path" => (Way::ClipPath, unseen(is_cut_away(values))),
        "transform" | "-webkit-transform" | "scale" => {
            (Way::Transform, unseen(is_moved_away(name, values)))
        }
        "width" => (Way::Width, unseen(has_no_room(values))),
        "height" => (Way::Height, unseen(has_no_room(values))),
        "max-width" => (Way::MaxWidth, unseen(has_no_room(values))),
        "max-height" => (Way::MaxHeight, unseen(has_no_room(values))),
        "overflow" | "overflow-x" | "overflow-y" => {
            (Way::Overflow, holds(names(&["hidden", "clip"])))
        }
        "color" | "-webkit-text-fill-color" => (Way::Colour, colour(values)),
        "background-color" | "background" => (Way::Background, background(values)?),
        "background-image" => (Way::Background, (!names(&["none"])).then_some(Says::Seen)?),
        "background-clip" | "-webkit-background-clip" => {
            (Way::BackgroundClip, holds(names(&["text"])))
        }
        "text-decoration" | "text-decoration-line" => {
            (Way::LineThrough, unseen(names(&["line-through"])))
        }
        "position" if names(&["fixed"]) => (Way::Position, Says::Pinned),
        "position" => (Way::Position, holds(names(&["absolute"]))),
        "transition"
        | "animation"
        | "transition-property"
        | "animation-name"
        | "-webkit-transition"
        | "-webkit-animation" => (Way::Motion, holds(!names(&["none"]))),
        _ => return None,
    })
}

fn is_faint(values: &[Value]) -> bool {
    match values {
        [Value::Number(share, unit), ..] if unit == "%" => *share < MIN_OPACITY * 100.0,
        [Value::Number(share, _), ..] => *share < MIN_OPACITY,
        _ => false,
    }
}

/// `None` where letters are as large as those around them, more or less.
fn font_size(values: &[Value]) -> Option<Says> {
    let [Value::Number(size, unit)] = values else { return Some(Says::Seen) };
    let (is_tiny, is_relative) = match unit.as_str() {
        "em" | "ex" | "ch" => (size * 100.0 < MIN_PERCENT, true),
        "rem" => (size * 100.0 < MIN_PERCENT, false),
        "%" => (*size < MIN_PERCENT, true),
        "px" | "pt" | "" => (*size < MIN_PIXELS, false),
        _ => (*size <= 0.0, false),
    };
    if is_tiny { Some(Says::Unseen) } else { (!is_relative).then_some(Says::Seen) }
}

/// `font: 0/0 a`; numbers without a unit are also weights and heights of lines.
fn is_tiny_font(values: &[Value]) -> bool {
    numbers(values)
        .any(|(size, unit)| (unit.is_empty() && size <= 0.0) || (unit == "px" && size < MIN_PIXELS))
}

/// How far something stands from a side of what it is placed on.
fn side(values: &[Value]) -> Says {
    match values {
        _ if is_outside(values, true) => Says::Unseen,
        // Who scrolls gets to what stands below the screen, but for what scrolls with it.
        [Value::Number(distance, unit)]
            if *distance >= 100.0 && SCREENS.contains(&unit.as_str()) =>
        {
            Says::Pinned
        }
        _ => Says::Seen,
    }
}

fn is_outside(values: &[Value], may_be_share: bool) -> bool {
    let [Value::Number(distance, unit)] = values else { return false };
    is_far(*distance, unit) && (may_be_share || unit != "%")
}

fn is_far(distance: f32, unit: &str) -> bool {
    OUTSIDE.iter().any(|(known, limit)| *known == unit && distance <= *limit)
        || (unit == "px" && distance >= BEYOND)
}

fn numbers(values: &[Value]) -> impl Iterator<Item = (f32, &str)> {
    values.iter().filter_map(Value::number)
}

/// Whether all numbers of a shape are nothing, and there are some.
fn is_nothing(values: &[Value]) -> bool {
    let has_words = values.iter().any(|value| matches!(value, Value::Word(_)));
    !has_words
        && numbers(values).next().is_some()
        && numbers(values).all(|(number, _)| number.abs() <= NO_ROOM)
}

fn is_cut_away(values: &[Value]) -> bool {
    let Some(Value::Function(shape)) = values.first() else { return false };
    let first = numbers(values).next();
    match shape.as_str() {
        "inset" => first.is_some_and(|(number, unit)| unit == "%" && number >= 50.0),
        "circle" | "ellipse" => first.is_some_and(|(number, _)| number <= 0.0),
        "polygon" | "rect" => is_nothing(values),
        _ => false,
    }
}

fn is_moved_away(name: &str, values: &[Value]) -> bool {
    let is_zero = |(number, _): (f32, &str)| number.abs() < 0.02;
    if name == "scale" {
        return numbers(values).any(is_zero);
    }
    let Some(Value::Function(change)) = values.first() else { return false };
    if change.starts_with("scale") {
        return numbers(&values[1..]).any(is_zero);
    }
    // A share is one of the element, which slides in.
    change.starts_with("translate")
        && numbers(values).any(|(by, unit)| unit != "%" && is_far(by, unit))
}

fn has_no_room(values: &[Value]) -> bool {
    match values {
        [Value::Number(size, unit)] if unit == "px" => *size <= NO_ROOM,
        [Value::Number(size, _)] => *size <= 0.0,
        _ => false,
    }
}

/// `Unseen` is transparent, `Seen` a colour that is not known.
fn colour(values: &[Value]) -> Says {
    let (parts, alpha) = match values {
        [Value::Word(word)] if word == "transparent" => return Says::Unseen,
        [Value::Word(word)] => match color::parse_named_color(word) {
            Ok((red, green, blue)) => ([red, green, blue], 1.0),
            Err(()) => return Says::Seen,
        },
        [Value::Hash(hash)] => match color::parse_hash_color(hash.as_bytes()) {
            Ok((red, green, blue, alpha)) => ([red, green, blue], alpha),
            Err(()) => return Says::Seen,
        },
        [Value::Function(name), parts @ ..] => match mixed(name, parts) {
            Some(mixed) => mixed,
            None => return Says::Seen,
        },
        _ => return Says::Seen,
    };
    if alpha < MIN_OPACITY { Says::Unseen } else { Says::Is(parts) }
}

/// The colour of `rgb(…)`, and of `hsl(…)` where it is white or black.
fn mixed(name: &str, values: &[Value]) -> Option<([u8; 3], f32)> {
    let parts: Vec<(f32, &str)> = numbers(values).collect();
    let [first, second, third, rest @ ..] = parts.as_slice() else { return None };
    let alpha = match rest {
        [] => 1.0,
        [(share, "%"), ..] => share / 100.0,
        [(share, _), ..] => *share,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between 0 and 255"
    )]
    let byte = |value: f32| value.clamp(0.0, 255.0).round() as u8;
    let part = |(value, unit): &(f32, &str)| byte(if *unit == "%" { value * 2.55 } else { *value });
    match name {
        "rgb" | "rgba" => Some(([part(first), part(second), part(third)], alpha)),
        "hsl" | "hsla" if third.0 <= 1.0 || third.0 >= 99.0 || alpha < MIN_OPACITY => {
            Some(([byte(third.0 * 2.55); 3], alpha))
        }
        _ => None,
    }
}

/// `None` where what lies behind is seen; `Seen` is a picture, or a colour that is not known.
fn background(values: &[Value]) -> Option<Says> {
    if matches!(values, [Value::Word(word)] if word == "none" || word == "0") {
        return None;
    }
    let is_plain = match values {
        [Value::Function(name), ..] => name.starts_with("rgb") || name.starts_with("hsl"),
        [_] => true,
        _ => false,
    };
    let is_half_seen = numbers(values).count() > 3
        || matches!(values, [Value::Hash(hash)] if matches!(hash.len(), 4 | 8));
    match colour(values) {
        Says::Unseen => None,
        says @ Says::Is(_) if is_plain && !is_half_seen => Some(says),
        Says::Is(_) | Says::Seen | Says::Holds | Says::Pinned => Some(Says::Seen),
    }
}
