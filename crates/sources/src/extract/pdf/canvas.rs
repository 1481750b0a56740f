//! A page as it is painted: its letters, and which of them a reader sees.

use hayro_interpret::font::{Glyph, GlyphRun, PositionedGlyph};
use hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape, Vec2};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint, SoftMask,
};

/// Letters of one page. A page of a newspaper has about 60,000.
const MAX_LETTERS: usize = 500_000;
/// Areas that are painted on one page and looked at one by one. On a page with more, all letters count as seen that stand on
/// those that follow.
const MAX_AREAS: usize = 20_000;
/// Smaller letters are not read, in points.
const MIN_SIZE: f64 = 1.0;
/// What is fainter is not seen, of 1.
const MIN_OPACITY: f32 = 0.06;
/// What is fainter does not hide what it covers, of 1.
const OPAQUE: f32 = 0.99;
/// How far red, green and blue of two colours are apart at most that nobody tells apart, of 1.
const SAME_COLOUR: f32 = 0.04;
/// The part of a page that pictures take if it is a scan, whose words lie unseen behind them.
const SCAN: f64 = 0.5;
/// A run of letters that is painted again so near, in their size, is a shadow, an outline or a bold one.
const AGAIN: f64 = 0.15;
/// Width of a letter whose font does not tell it, in its size.
const WIDTH: f64 = 0.5;
/// A font's units in the size of its letters.
const UNITS: f64 = 1000.0;

const WHITE: Colour = [1.0; 3];

/// Red, green and blue.
type Colour = [f32; 3];

/// A letter, or what stands for several; places in points, from the upper left corner of the page.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) words: String,
    /// Where it begins and ends on its line.
    pub(super) start: Point,
    pub(super) end: Point,
    /// Along the line, of length 1.
    pub(super) ahead: Vec2,
    /// Of its font, in points.
    pub(super) size: f64,
    middle: Point,
    look: Look,
    /// Areas that were painted before it.
    above: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Seen,
    /// Meant not to be painted, such as the words of a scan.
    Unpainted,
    Hidden,
}

/// What was painted, as far as it tells which letters are seen.
#[derive(Debug)]
struct Area {
    place: Rect,
    /// `None` of what is no even colour, and of what may leave out parts of its place.
    colour: Option<Colour>,
}

/// A piece of the page outside of which nothing is painted.
#[derive(Debug, Clone, Copy)]
struct Clip {
    place: Rect,
    is_rect: bool,
}

/// Takes what a page paints.
pub(super) struct Canvas {
    letters: Vec<Letter>,
    /// Where the letters of the last run begin.
    last_run: usize,
    areas: Vec<Area>,
    clips: Vec<Clip>,
    /// How opaque each group around is, and whether it is painted as it is.
    groups: Vec<(f32, bool)>,
    page: Rect,
    /// In square points.
    pictures: f64,
}

impl Canvas {
    /// `page`: what of it is shown.
    pub(super) fn of(page: Rect) -> Self {
        Self {
            letters: Vec::new(),
            last_run: 0,
            areas: Vec::new(),
            clips: vec![Clip { place: page, is_rect: true }],
            groups: Vec::new(),
            page,
            pictures: 0.0,
        }
    }

    /// The letters that are seen, in the order in which they were painted.
    pub(super) fn into_letters(self) -> Vec<Letter> {
        let is_scan = self.pictures >= self.page.area() * SCAN;
        let is_covered = |letter: &Letter| {
            let mut later = self.areas.iter().skip(letter.above);
            later.any(|area| area.colour.is_some() && area.place.contains(letter.middle))
        };
        let is_seen = |letter: &Letter| match letter.look {
            Look::Seen => !is_covered(letter),
            Look::Unpainted => is_scan,
            Look::Hidden => false,
        };
        let seen: Vec<bool> = self.letters.iter().map(is_seen).collect();
        let letters = self.letters.into_iter().zip(seen);
        letters.filter_map(|(letter, is_seen)| is_seen.then_some(letter)).collect()
    }

    fn clip(&self) -> Clip {
        self.clips.last().copied().unwrap_or(Clip { place: self.page, is_rect: true })
    }

    /// How opaque all groups around are together.
    fn opacity(&self) -> f32 {
        self.groups.iter().map(|(opacity, _)| opacity).product()
    }

    /// The colour of a paint where it covers all below; how opaque it is.
    fn colour(&self, paint: &Paint<'_>) -> (Option<Colour>, f32) {
        match paint {
            Paint::Color(color) => {
                let [red, green, blue, alpha] = color.to_rgba().components();
                let opacity = alpha * self.opacity();
                ((opacity >= OPAQUE).then_some([red, green, blue]), opacity)
            }
            Paint::Pattern(_) => (None, self.opacity()),
        }
    }

    /// Notes an area; `is_whole` if all of its place is painted.
    fn paint(&mut self, place: Rect, props: &DrawProps<'_>, is_whole: bool) {
        let (colour, opacity) = self.colour(&props.paint);
        let is_plain = props.soft_mask.is_none()
            && props.blend_mode == BlendMode::Normal
            && self.groups.iter().all(|(_, is_plain)| *is_plain);
        let clip = self.clip();
        let colour = colour.filter(|_| is_plain && is_whole && clip.is_rect);
        if opacity >= MIN_OPACITY {
            self.note(Area { place: place.intersect(clip.place), colour });
        }
    }

    fn note(&mut self, area: Area) {
        if self.areas.len() < MAX_AREAS && area.place.area() > 0.0 {
            self.areas.push(area);
        } else if self.areas.len() == MAX_AREAS {
            self.areas.push(Area { place: self.page, colour: None });
        }
    }

    /// What a letter stands on; `None` if that is no even colour.
    fn below(&self, place: Point) -> Option<Colour> {
        let topmost = self.areas.iter().rev().find(|area| area.place.contains(place));
        topmost.map_or(Some(WHITE), |area| area.colour)
    }

    /// A letter as it would be seen if all were; `None` if nobody knows which it is. `is_down`: lines run downwards.
    fn letter(
        &self,
        glyph: &PositionedGlyph<'_>,
        transform: Affine,
        is_down: bool,
    ) -> Option<Letter> {
        let words = words(glyph)?;
        let width = match &**glyph {
            Glyph::Outline(outline) => outline.advance_width(),
            Glyph::Type3(drawn) => drawn.advance_width(),
        };
        let width = width.map_or(WIDTH * UNITS, f64::from);
        let place = transform * glyph.transform();
        let start = place * Point::ZERO;
        let (right, up) =
            (place * Point::new(UNITS, 0.0) - start, place * Point::new(0.0, UNITS) - start);
        let step = if is_down { -up } else { right * (width / UNITS) };
        let ahead = if is_down { -up } else { right };
        let length = ahead.hypot();
        if !(length.is_finite() && length > 0.0 && up.hypot() > 0.0) {
            return None;
        }
        let middle = start + step / 2.0 + if is_down { right / 2.0 } else { up * 0.3 };
        Some(Letter {
            words,
            start,
            end: start + step,
            ahead: ahead / length,
            size: up.hypot(),
            middle,
            look: Look::Seen,
            above: self.areas.len(),
        })
    }

    fn look(&self, letter: &Letter, colour: Option<Colour>, mode: &DrawMode) -> Look {
        if letter.size < MIN_SIZE || !self.clip().place.contains(letter.middle) {
            return Look::Hidden;
        }
        if matches!(mode, DrawMode::Invisible) {
            return Look::Unpainted;
        }
        let is_same = |(one, other): (Colour, Colour)| {
            one.iter().zip(other).all(|(one, other)| (one - other).abs() <= SAME_COLOUR)
        };
        let is_lost = colour.zip(self.below(letter.middle)).is_some_and(is_same);
        if is_lost { Look::Hidden } else { Look::Seen }
    }

    /// Whether these letters are those of the last run, painted again: then what is seen of them is.
    fn repeats(&mut self, run: &[Letter]) -> bool {
        let last = &mut self.letters[self.last_run..];
        let is_same = |(one, other): (&Letter, &Letter)| {
            one.words == other.words && one.start.distance(other.start) <= one.size * AGAIN
        };
        let is_again =
            !run.is_empty() && last.len() == run.len() && last.iter().zip(run).all(is_same);
        if is_again {
            for (before, again) in last.iter_mut().zip(run) {
                if again.look == Look::Seen {
                    (before.look, before.above) = (Look::Seen, again.above);
                }
            }
        }
        is_again
    }
}

impl<'a> Device<'a> for Canvas {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let (colour, opacity) = self.colour(&props.paint);
        if self.letters.len() >= MAX_LETTERS || opacity < MIN_OPACITY {
            return;
        }
        let is_down = matches!(run.writing_mode(), WritingMode::Vertical);
        let letter = |glyph| {
            let letter = self.letter(glyph, props.transform, is_down)?;
            Some(Letter { look: self.look(&letter, colour, mode), ..letter })
        };
        let letters: Vec<Letter> = run.glyphs().iter().filter_map(letter).collect();
        if !self.repeats(&letters) {
            self.last_run = self.letters.len();
            self.letters.extend(letters);
        }
    }

    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        if is_filled(mode) {
            let place = props.transform.transform_rect_bbox(path.bounding_box());
            self.paint(place, &props, false);
        }
    }

    fn draw_rect(&mut self, rect: &Rect, props: DrawProps<'a>, mode: &DrawMode) {
        if is_filled(mode) {
            let [a, b, c, d, ..] = props.transform.as_coeffs();
            let is_upright = (b == 0.0 && c == 0.0) || (a == 0.0 && d == 0.0);
            let place = props.transform.transform_rect_bbox(*rect);
            self.paint(place, &props, is_upright);
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let whole = props.transform.transform_rect_bbox(Rect::new(0.0, 0.0, width, height));
        let place = whole.intersect(self.clip().place);
        if self.opacity() >= MIN_OPACITY {
            self.pictures += place.area();
            self.note(Area { place, colour: None });
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let around = self.clip();
        let place = clip.path.bounding_box();
        // A rectangle is as large as the box around it.
        let is_rect = (clip.path.area().abs() - place.area()).abs() <= place.area() * 0.001;
        self.clips.push(Clip {
            place: place.intersect(around.place),
            is_rect: is_rect && around.is_rect,
        });
    }

    fn push_clip_rect(&mut self, rect: &Rect) {
        let around = self.clip();
        self.clips.push(Clip { place: rect.intersect(around.place), ..around });
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn push_transparency_group(
        &mut self,
        opacity: f32,
        mask: Option<SoftMask<'a>>,
        blend: BlendMode,
    ) {
        self.groups.push((opacity, mask.is_none() && blend == BlendMode::Normal));
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }
}

/// What a glyph stands for. Fonts that are drawn by the document itself often do not say, and number their letters as Latin 1 does.
fn words(glyph: &Glyph<'_>) -> Option<String> {
    match (glyph.as_unicode(), glyph) {
        (Some(BfString::Char(letter)), _) => Some(letter.to_string()),
        (Some(BfString::String(letters)), _) => Some(letters),
        (None, Glyph::Type3(drawn)) => {
            let code = u8::try_from(drawn.char_code()).ok().map(char::from);
            code.filter(|code| matches!(code, ' '..='~' | '\u{a0}'..='ÿ')).map(String::from)
        }
        (None, Glyph::Outline(_)) => None,
    }
}

fn is_filled(mode: &DrawMode) -> bool {
    match mode {
        DrawMode::Fill(_) | DrawMode::FillAndStroke(..) => true,
        DrawMode::Stroke(_) | DrawMode::Invisible => false,
    }
}
