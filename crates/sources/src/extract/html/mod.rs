//! HTML pages: the main content as blocks, then what the page says of itself in data.

mod boilerplate;
mod data;
mod head;
mod holding;
mod inline;
mod math;
mod selector;
mod sheet;
mod style;
mod table;
mod tame;
mod unseen;
mod walk;

use domain::text::Text;
use scraper::{ElementRef, Html};
use url::Url;

use super::writer::Writer;
use boilerplate::Care;

pub(super) use head::{date, language, link_address};
pub(super) use inline::raised_words;
pub(super) use tame::Syntax;

/// Below this many bytes of main content, what was taken for boilerplate is looked at again.
const THIN_BYTES: usize = 200;

/// Reads a page. Fails, with the reason, if it shows no text.
pub(super) fn read(source: &str, syntax: Syntax, base: Option<&Url>) -> Result<Text, &'static str> {
    let page = parsed(source, syntax);
    let mut writer = main_content(&page);
    let shown = writer.len();
    data::write(&page, &mut writer);
    let anchors = writer.take_anchors(0);
    let mut text = writer.finish();
    head::read(&page, base, anchors, &mut text);
    if shown == 0 {
        return Err(why_empty(&page));
    }
    Ok(text)
}

/// Writes the blocks and links of a piece of HTML, such as those inside Markdown.
pub(super) fn write_piece(source: &str, syntax: Syntax, base: Option<&Url>, writer: &mut Writer) {
    let page = parsed(source, syntax);
    let before = writer.anchors();
    walk::write(page.root_element(), Care::Lenient, writer);
    let anchors = writer.take_anchors(before);
    head::read_links(&page, base, anchors, writer.text_mut());
}

/// The words of a piece of HTML.
pub(super) fn words(source: &str) -> String {
    inline::words(*parsed(source, Syntax::Html).root_element(), Care::Lenient)
}

/// The page as it is seen.
pub(super) fn parsed(source: &str, syntax: Syntax) -> Html {
    let mut page = Html::parse_document(&tame::tame(source, syntax));
    unseen::take_out(&mut page);
    math::write_out(&mut page);
    page
}

fn main_content(page: &Html) -> Writer {
    let main = boilerplate::main_part(page);
    let (before, after) = boilerplate::around(page, main);
    // The writer, and how much of it is the main part.
    let written = |care| {
        let mut writer = Writer::default();
        for part in &before {
            walk::write(*part, Care::Strict, &mut writer);
        }
        let start = writer.len();
        walk::write(main, care, &mut writer);
        let length = writer.len() - start;
        (writer, length)
    };
    let (mut writer, mut length) = written(Care::Strict);
    if length < THIN_BYTES {
        // A page of contents is nothing but links.
        let listing = written(Care::Listing);
        if listing.1 > length * 2 {
            (writer, length) = listing;
        }
        // An index page is nothing but navigation; better that than nothing.
        let mut lenient = Writer::default();
        walk::write(page.root_element(), Care::Lenient, &mut lenient);
        let holds_far_more = lenient.len() > length * 5 + THIN_BYTES;
        if length == 0 || holds_far_more {
            return lenient;
        }
    }
    writer.restore(Vec::new());
    for part in after {
        walk::write(part, Care::Strict, &mut writer);
    }
    writer
}

fn why_empty(page: &Html) -> &'static str {
    let names = |wanted: &str| {
        page.root_element()
            .descendants()
            .filter_map(ElementRef::wrap)
            .any(|e| e.value().name() == wanted)
    };
    if names("frame") {
        crate::walls::FRAMES
    } else if names("script") {
        crate::walls::SCRIPTS
    } else if names("img") {
        crate::walls::PICTURES
    } else {
        crate::walls::NO_WORDS
    }
}
