//! What an answer rests on: a place in an archived text, found again before it is delivered.

use crate::ids::PageId;
use crate::text::Span;

/// A verbatim piece of a page, with everything needed to find it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The text (our reading) in which the span lies, as the store numbers it.
    pub text: TextRef,
    pub page: PageId,
    pub span: Span,
    /// `text.body[span]`, kept beside it so that a reader needs no second look-up.
    pub quote: String,
    /// Where the page came from: `https://…` or `doc://NAME/path`.
    pub address: String,
    pub title: String,
    /// The heading the quote stands under, for a reader who wants to find it by eye.
    pub section: Option<String>,
    /// `YYYY-MM-DD`, where the page says so.
    pub published: Option<String>,
}

/// The number of a stored text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextRef(pub i64);
