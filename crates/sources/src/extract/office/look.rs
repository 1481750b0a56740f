//! How the words of a Word document look, as far as it matters to whether they are seen.

use super::super::xml::Tag;

/// Letters up to this size, in halves of a point, are dots.
const MAX_TINY: u32 = 3;
/// No part of a colour that nobody tells from white is below this.
const MIN_WHITE: u32 = 0xf5;

/// What is not said is inherited.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    hidden: Option<bool>,
    struck: Option<bool>,
    white: Option<bool>,
    tiny: Option<bool>,
    /// Whether they stand on a colour.
    shaded: Option<bool>,
}

impl Look {
    /// Takes one property of words.
    pub(super) fn take(&mut self, tag: &Tag<'_>) {
        let value = || tag.attribute("val").unwrap_or_default();
        let is_on = || !matches!(value().as_str(), "0" | "false" | "off");
        match tag.name() {
            "vanish" => self.hidden = Some(is_on()),
            "strike" | "dstrike" => self.struck = Some(is_on() || self.struck == Some(true)),
            "color" => self.white = Some(is_white(&value())),
            "sz" => self.tiny = value().parse::<u32>().ok().map(|size| size <= MAX_TINY),
            "highlight" => self.shaded = Some(!matches!(value().as_str(), "none" | "white")),
            _ => self.take_ground(tag),
        }
    }

    /// Takes what words stand on.
    pub(super) fn take_ground(&mut self, tag: &Tag<'_>) {
        if tag.name() == "shd" {
            let fill = tag.attribute("fill").unwrap_or_default();
            self.shaded = Some(!matches!(fill.as_str(), "" | "auto") && !is_white(&fill));
        }
    }

    /// With what is not said taken from another.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            hidden: self.hidden.or(other.hidden),
            struck: self.struck.or(other.struck),
            white: self.white.or(other.white),
            tiny: self.tiny.or(other.tiny),
            shaded: self.shaded.or(other.shaded),
        }
    }

    /// Whether such words are seen; `is_coloured` if what they stand on may have any colour.
    pub(super) fn is_seen(self, is_coloured: bool) -> bool {
        let is = |said: Option<bool>| said == Some(true);
        let is_lost = is(self.white) && !is(self.shaded) && !is_coloured;
        !(is(self.hidden) || is(self.struck) || is(self.tiny) || is_lost)
    }
}

/// Whether a colour such as `FFFFFF` is.
fn is_white(colour: &str) -> bool {
    let Some(all) = u32::from_str_radix(colour, 16).ok().filter(|_| colour.len() == 6) else {
        return false;
    };
    [all >> 16, all >> 8 & 0xff, all & 0xff].iter().all(|part| *part >= MIN_WHITE)
}
