//! A report that proves itself: one HTML file that is made of the data it encloses and of nothing else. `task-mcp verify`
//! makes it again from that data and compares; the file's own script does what a page can do about itself.
//!
//! There is no secret in it. Whoever makes such a file anew, with another answer, can give it a seal that fits: what holds
//! is that each quote stands in its passage, and that nothing is shown besides what the enclosed data says. That the data
//! is what a server answered, only that server's own file tells, by the same seal.

mod page;
mod seen;

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use self::page::MADE_BY;
pub use self::page::file_of;
pub use self::seen::Seen;

/// The form of the enclosed data that this version writes and reads.
pub const FORM: u32 = 2;

/// All that the file shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// [`FORM`].
    pub version: u32,
    /// The program that made it, with its version.
    pub made_by: String,
    /// SHA-256 of what that program shows of data that never changes: files of one template can be compared.
    pub template: String,
    pub run: String,
    pub question: String,
    pub processor: String,
    /// RFC 3339, as all times here.
    pub finished_at: String,
    /// What a browser sees of the page, for its own check.
    pub seen: Seen,
    /// A report in Markdown; `None` where fields are answered.
    pub report: Option<String>,
    pub fields: Vec<Field>,
    /// What other sources say where a report rests on one of several.
    pub others: Vec<String>,
    pub receipt: Vec<Line>,
    pub stopped: Option<String>,
    pub passages: Vec<EnclosedPassage>,
    pub citations: Vec<Citation>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: String,
    /// Why there is no value.
    pub missing: Option<String>,
    /// The field itself, then its elements.
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// As citations name it: `staff`, `staff.0`.
    pub field: String,
    pub reasoning: String,
    /// Values that other sources state.
    pub others: Vec<String>,
}

/// A line of the receipt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub value: String,
    pub bound: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EnclosedPassage {
    pub page: String,
    pub address: String,
    pub media_type: String,
    pub archived_at: String,
    /// SHA-256 of the bytes of the whole page as they were received.
    pub page_sha256: String,
    /// SHA-256 of `text`.
    pub sha256: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Citation {
    /// The field, or `output` for a report.
    pub field: String,
    /// As the report numbers it, from 1.
    pub number: usize,
    /// The value that another source states, among `others`, where the quote is for that.
    pub other: Option<usize>,
    pub quote: String,
    pub title: String,
    pub section: Option<String>,
    pub published: Option<String>,
    /// The place of its passage among `passages`, and its first byte there; `None` where it was not found in the archive.
    pub place: Option<(usize, usize)>,
}

impl Proof {
    /// The passage in which a quote stands word for word, and where.
    pub fn passage_of(&self, citation: &Citation) -> Option<(&EnclosedPassage, usize)> {
        let (passage, at) = citation.place?;
        let passage = self.passages.get(passage)?;
        let rest = passage.text.get(at..)?;
        (!citation.quote.is_empty() && rest.starts_with(&citation.quote)).then_some((passage, at))
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub proof: Proof,
    /// SHA-256 of the enclosed data.
    pub seal: String,
    /// What does not hold, each as a sentence; empty where all does.
    pub faults: Vec<String>,
    /// Why this version cannot tell whether the file shows more than its data.
    pub unknown: Option<String>,
}

/// Why a file cannot be checked at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProof {
    #[error(
        "it is no report that proves itself: `{0}` is missing; download one as HTML from the page of a run"
    )]
    Missing(&'static str),
    #[error("its enclosed data cannot be read: {0}")]
    Unreadable(String),
    #[error(
        "it encloses its data in form {0}, and this version reads form {FORM}; download it again, or check it with the \
         version that made it"
    )]
    OtherForm(u64),
}

const DATA_BEGIN: &str = "<script type=\"application/json\" id=\"proof\">";
const DATA_END: &str = "</script>";
const SEAL_BEGIN: &str = "<code id=\"seal\">";
const SEAL_END: &str = "</code>";

/// Checks a file: its seal, each passage, each quote in its passage, and that it shows what its data gives and no more.
pub fn check(html: &str) -> Result<Checked, NoProof> {
    let data = between(html, DATA_BEGIN, DATA_END).ok_or(NoProof::Missing("proof"))?;
    let told = between(html, SEAL_BEGIN, SEAL_END).ok_or(NoProof::Missing("seal"))?;
    let unreadable = |why: serde_json::Error| NoProof::Unreadable(why.to_string());
    let value: serde_json::Value = serde_json::from_str(data).map_err(unreadable)?;
    let form = value.get("version").and_then(serde_json::Value::as_u64).unwrap_or_default();
    if form != u64::from(FORM) {
        return Err(NoProof::OtherForm(form));
    }
    let proof: Proof = serde_json::from_value(value).map_err(unreadable)?;
    let seal = sha256(data);
    let mut faults = Vec::new();
    if seal != told {
        faults.push("The enclosed data is not what was sealed.".to_owned());
    }
    for (nth, passage) in proof.passages.iter().enumerate() {
        if sha256(&passage.text) != passage.sha256 {
            faults.push(format!("Passage {} ({}) was changed.", nth + 1, passage.address));
        }
    }
    for citation in proof.citations.iter().filter(|citation| proof.passage_of(citation).is_none()) {
        faults.push(format!(
            "Quote {} of `{}` does not stand in its passage.",
            citation.number, citation.field
        ));
    }
    let mut unknown = None;
    if proof.template == page::template() {
        let made = file_of(proof.clone()).map_err(|why| NoProof::Unreadable(why.to_string()))?;
        faults.extend(difference(html, &made));
    } else {
        unknown = Some(format!(
            "It was made by {}, whose pages look otherwise than those of this version ({}): whether it shows anything \
             besides its enclosed data, only that version can tell.",
            proof.made_by.escape_debug(),
            MADE_BY
        ));
    }
    Ok(Checked { proof, seal, faults, unknown })
}

/// Where a file is not what its data gives.
fn difference(html: &str, made: &str) -> Option<String> {
    const SHOWN: usize = 60;
    if html == made {
        return None;
    }
    let same = html.bytes().zip(made.bytes()).take_while(|(is, was)| is == was).count();
    let start = (0..=same).rev().find(|at| html.is_char_boundary(*at)).unwrap_or(0);
    let line = html[..start].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let words: String = html[start..].chars().take(SHOWN).collect();
    Some(format!(
        "The file is not what its enclosed data gives: from line {line} on, at `{}`, something was changed, added or taken \
         out.",
        words.escape_debug()
    ))
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(begin)? + begin.len()..];
    Some(&rest[..rest.find(end)?])
}

pub(super) fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests;
