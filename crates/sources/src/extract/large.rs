//! Pages so large that reading one takes more memory than the server should hold: read by the same reader, in a process
//! whose memory has a limit and is given back when it ends.
//!
//! Its reader is ours, so the places that it tells are taken; they must fit its words all the same.

use std::io::{self, BufRead, Write};

use domain::text::{Block, BlockKind, Link, Span, Text};
use serde::{Deserialize, Serialize};

use crate::{Failed, walls};

/// Bytes of a page that is read in a process of its own. Making the text of a page takes up to sixty times its size.
pub(super) const LARGE_BYTES: usize = 1 << 20;
/// From here on a page is read while no other document or page is.
const ALONE_BYTES: usize = 2 << 20;
/// Memory of a child that reads such a page, in bytes of address space.
pub(super) const MEMORY_BYTES: u64 = 400 << 20;
/// Blocks of one page: what many tiny ones take beside their words.
const MAX_BLOCKS: usize = 400_000;
/// What the command is told instead of the kind of a document.
pub(super) const WORD: &str = "page";
pub(super) const ALONE: &str = "large-page";

/// Which of them for a page of so many bytes.
pub(super) const fn word(bytes: usize) -> &'static str {
    if bytes > ALONE_BYTES { ALONE } else { WORD }
}

/// What stands before the bytes of a page: a line of JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) label: Option<String>,
}

impl Asked {
    pub(super) fn line(&self) -> Vec<u8> {
        let mut line = serde_json::json!(self).to_string().into_bytes();
        line.push(b'\n');
        line
    }

    pub(super) fn read(given: &mut impl BufRead) -> Result<Self, String> {
        let mut line = Vec::new();
        given.read_until(b'\n', &mut line).map_err(|why| why.to_string())?;
        serde_json::from_slice(&line).map_err(|why| why.to_string())
    }
}

/// What became of a page: a line of JSON, and after it the body of its text, which need not be escaped so.
#[derive(Serialize, Deserialize)]
pub(super) enum Told {
    Read(#[serde(with = "TextForm")] Text),
    Empty(String),
    Unreadable(String),
}

impl Told {
    pub(super) fn of(asked: &Asked, page: &[u8]) -> Self {
        match super::read_bytes(page, &asked.name, asked.label.as_deref()) {
            Ok(text) if text.blocks.len() > MAX_BLOCKS => {
                Self::Unreadable(format!("it consists of more than {MAX_BLOCKS} pieces"))
            }
            Ok(text) => Self::Read(text),
            Err(Failed::Empty { why, .. }) => Self::Empty(why.to_owned()),
            Err(Failed::Unreadable { why, .. }) => Self::Unreadable(why),
            Err(other) => Self::Unreadable(other.to_string()),
        }
    }

    pub(super) fn tell(&self, answer: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *answer, self)?;
        answer.write_all(b"\n")?;
        match self {
            Self::Read(text) => answer.write_all(text.body.as_bytes()),
            Self::Empty(_) | Self::Unreadable(_) => Ok(()),
        }
    }

    /// What a child told; `None` if it is not whole.
    pub(super) fn take(answer: &mut impl BufRead) -> Option<Self> {
        // As it comes: the line of a large table is several times as large as its words.
        let mut told =
            Self::deserialize(&mut serde_json::Deserializer::from_reader(&mut *answer)).ok()?;
        let mut end = Vec::new();
        answer.read_until(b'\n', &mut end).ok()?;
        if let Self::Read(text) = &mut told {
            answer.read_to_string(&mut text.body).ok()?;
        }
        Some(told)
    }

    pub(super) fn into_text(self, name: &str) -> Result<Text, Failed> {
        let (what, path) = (name.to_owned(), name.to_owned());
        match self {
            Self::Read(text) if text.is_sound() => Ok(text),
            Self::Read(_) => {
                Err(Failed::Unreadable { path, why: "its reader gave up in the middle".into() })
            }
            Self::Empty(why) => Err(Failed::Empty { what, why: walls::reason(&why) }),
            Self::Unreadable(why) => Err(Failed::Unreadable { path, why }),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Text")]
struct TextForm {
    title: String,
    published: Option<String>,
    language: Option<String>,
    #[serde(skip)]
    body: String,
    #[serde(with = "blocks")]
    blocks: Vec<Block>,
    #[serde(with = "links")]
    links: Vec<Link>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Link")]
struct LinkForm {
    address: String,
    label: String,
    #[serde(with = "spans")]
    places: Vec<Span>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Block")]
struct BlockForm {
    #[serde(with = "KindForm")]
    kind: BlockKind,
    #[serde(with = "span")]
    span: Span,
    under: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BlockKind")]
enum KindForm {
    Heading {
        level: u8,
    },
    Paragraph,
    ListItem {
        depth: u8,
    },
    Quote,
    Code,
    Row {
        #[serde(with = "spans")]
        cells: Vec<Span>,
        header: Option<usize>,
        is_header: bool,
    },
    Definition {
        #[serde(with = "span")]
        term: Span,
        #[serde(with = "span")]
        meaning: Span,
    },
    Pair {
        #[serde(with = "span")]
        key: Span,
        #[serde(with = "span")]
        value: Span,
        is_data: bool,
    },
}

/// A span as two numbers.
mod span {
    use super::{Deserialize, Serialize, Span};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Span, to: S) -> Result<S::Ok, S::Error> {
        (span.start, span.end).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
        let (start, end) = Deserialize::deserialize(from)?;
        Ok(start..end)
    }
}

mod spans {
    use super::{Deserialize, Span};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(spans: &[Span], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(spans.iter().map(|span| (span.start, span.end)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Span>, D::Error> {
        let spans = Vec::<(usize, usize)>::deserialize(from)?;
        let mut spans: Vec<Span> = spans.into_iter().map(|(start, end)| start..end).collect();
        // There are many, and what they were read into is twice as large as they are.
        spans.shrink_to_fit();
        Ok(spans)
    }
}

mod links {
    use super::{Deserialize, Link, LinkForm, Serialize};
    use serde::{Deserializer, Serializer};

    #[derive(Serialize)]
    struct Given<'l>(#[serde(with = "LinkForm")] &'l Link);

    #[derive(Deserialize)]
    struct Taken(#[serde(with = "LinkForm")] Link);

    pub(super) fn serialize<S: Serializer>(links: &[Link], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(links.iter().map(Given))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Link>, D::Error> {
        let taken = Vec::<Taken>::deserialize(from)?;
        Ok(taken.into_iter().map(|Taken(link)| link).collect())
    }
}

mod blocks {
    use super::{Block, BlockForm, Deserialize, Serialize};
    use serde::{Deserializer, Serializer};

    #[derive(Serialize)]
    struct Given<'b>(#[serde(with = "BlockForm")] &'b Block);

    #[derive(Deserialize)]
    struct Taken(#[serde(with = "BlockForm")] Block);

    pub(super) fn serialize<S: Serializer>(blocks: &[Block], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(blocks.iter().map(Given))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Block>, D::Error> {
        let taken = Vec::<Taken>::deserialize(from)?;
        let mut blocks: Vec<Block> = taken.into_iter().map(|Taken(block)| block).collect();
        for block in &mut blocks {
            block.under.shrink_to_fit();
        }
        blocks.shrink_to_fit();
        Ok(blocks)
    }
}
