//! A report that proves itself: one HTML file with the answer, the quoted passages, their hashes, and a script that finds
//! each quote again in the passages that the file encloses. `task-mcp verify` does the same, without a browser.
//!
//! What it proves: all words of the page, the quotes and the passages are those that this server put together, as long
//! as the seal is the one that its run page shows. What a page said on its day, its hash says to whoever kept it too.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the file is about, in the order in which it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Of this form.
    pub version: u32,
    pub run: String,
    pub question: String,
    pub processor: String,
    pub finished_at: String,
    pub shown: Shown,
    pub passages: Vec<EnclosedPassage>,
    pub citations: Vec<Citation>,
}

/// SHA-256 of the words of each part of the page that a reader sees, white space as single spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The question and what stands below it.
    pub about: String,
    pub report: String,
    /// The quotes with what stands around them.
    pub quotes: String,
    pub receipt: String,
}

impl Shown {
    /// Of a page, also before its data is in it.
    pub(super) fn of(html: &str) -> Result<Self, NoProof> {
        let part = |name: &'static str, begin: &str, end: &str| {
            between(html, begin, end)
                .map(|part| sha256(&words_of(part)))
                .ok_or(NoProof::Missing(name))
        };
        Ok(Self {
            about: part("question", "<div class=\"head\" id=\"about\">", "</div>")?,
            report: part("report", "<article id=\"report\" class=\"report\">", "</article>")?,
            quotes: part("quotes", "<section id=\"quotes\" class=\"sect\">", "</section>")?,
            receipt: part(
                "receipt",
                "<section id=\"receipt\" class=\"sect receipt\">",
                "</section>",
            )?,
        })
    }

    /// What of it is not as it was sealed, each as a sentence.
    fn faults(&self, sealed: &Self) -> Vec<String> {
        let parts = [
            (&self.about, &sealed.about, "The question or what stands below it is"),
            (&self.report, &sealed.report, "The words of the report are"),
            (&self.quotes, &sealed.quotes, "A quote, as it is shown, or what stands around it is"),
            (&self.receipt, &sealed.receipt, "The receipt is"),
        ];
        let changed = parts.iter().filter(|(now, then, _)| now != then);
        changed.map(|(_, _, what)| format!("{what} not as it was sealed.")).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnclosedPassage {
    pub page: String,
    pub address: String,
    pub title: String,
    pub archived_at: String,
    /// SHA-256 of the bytes of the whole page as they were received.
    pub page_sha256: String,
    /// SHA-256 of `text`.
    pub sha256: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The field, or `output` for a report.
    pub field: String,
    /// As the report numbers it, from 1.
    pub number: usize,
    pub quote: String,
    /// The place of its passage among `passages`.
    pub passage: usize,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub proof: Proof,
    /// SHA-256 of the enclosed data, which the run's page shows as its seal.
    pub seal: String,
    /// What does not hold, each as a sentence; empty where all does.
    pub faults: Vec<String>,
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
}

const DATA_BEGIN: &str = "<script type=\"application/json\" id=\"proof\">";
const DATA_END: &str = "</script>";
const SEAL_BEGIN: &str = "<code id=\"seal\">";
const SEAL_END: &str = "</code>";

/// Checks a file: the seal, what it shows, each passage and each quote in it.
pub fn check(html: &str) -> Result<Checked, NoProof> {
    let data = between(html, DATA_BEGIN, DATA_END).ok_or(NoProof::Missing("proof"))?;
    let shown = Shown::of(html)?;
    let told = between(html, SEAL_BEGIN, SEAL_END).ok_or(NoProof::Missing("seal"))?;
    let proof: Proof =
        serde_json::from_str(data).map_err(|why| NoProof::Unreadable(why.to_string()))?;
    let seal = sha256(data);
    let mut faults = Vec::new();
    if seal != told {
        faults.push("The enclosed data is not what was sealed.".to_owned());
    }
    faults.extend(shown.faults(&proof.shown));
    for (nth, passage) in proof.passages.iter().enumerate() {
        if sha256(&passage.text) != passage.sha256 {
            faults.push(format!("Passage {} ({}) was changed.", nth + 1, passage.address));
        }
    }
    for citation in &proof.citations {
        let passage = proof.passages.get(citation.passage);
        if citation.quote.is_empty()
            || !passage.is_some_and(|passage| passage.text.contains(&citation.quote))
        {
            faults.push(format!(
                "Quote {} of `{}` does not stand in its passage.",
                citation.number, citation.field
            ));
        }
    }
    Ok(Checked { proof, seal, faults })
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

/// The words that a browser shows of HTML of ours: no tags, entities as what they stand for, white space as one space.
pub(super) fn words_of(html: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(html.len()), html);
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with('<') { '>' } else { ';' };
        let Some(length) = rest.find(end) else { break };
        if end == ';' {
            text.push_str(&entity(&rest[1..length]));
        }
        rest = &rest[length + 1..];
    }
    text.push_str(rest);
    text.split([' ', '\t', '\n', '\r', '\u{c}'])
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn entity(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    match (name, number.and_then(char::from_u32)) {
        (_, Some(c)) => c.to_string(),
        ("amp", None) => "&".into(),
        ("lt", None) => "<".into(),
        ("gt", None) => ">".into(),
        ("quot", None) => "\"".into(),
        ("apos", None) => "'".into(),
        (other, None) => format!("&{other};"),
    }
}

/// JSON inside of `<script>`: nothing in it ends the element or begins a comment.
pub(super) fn json_for_script(proof: &Proof) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(proof)?;
    Ok(json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> String {
        let report = "<p>High tide comes <b>twice</b> a day &amp; night &#60;so&#62;.</p>\n";
        let text = "Before. High tide comes twice a day. </script><script>x</script> After.";
        let proof = Proof {
            version: 1,
            run: "trun_1".into(),
            question: "Why?".into(),
            processor: "pro".into(),
            finished_at: "2026-11-22".into(),
            shown: Shown {
                about: sha256("Why?"),
                report: sha256("High tide comes twice a day & night <so>."),
                quotes: sha256("Before. High tide comes twice a day."),
                receipt: sha256("1 of 1"),
            },
            passages: vec![EnclosedPassage {
                page: "page_1".into(),
                address: "https://tides.test/".into(),
                title: "Tides".into(),
                archived_at: "2026-11-22".into(),
                page_sha256: sha256("bytes"),
                sha256: sha256(text),
                text: text.into(),
            }],
            citations: vec![Citation {
                field: "output".into(),
                number: 1,
                quote: "High tide comes twice a day.".into(),
                passage: 0,
            }],
        };
        let data = json_for_script(&proof).unwrap();
        let quotes = "<p>Before. <mark>High tide comes twice a day.</mark></p>";
        format!(
            "<div class=\"head\" id=\"about\"><h1>Why?</h1></div>\
             <article id=\"report\" class=\"report\">{report}</article>\
             <section id=\"quotes\" class=\"sect\">{quotes}</section>\
             <section id=\"receipt\" class=\"sect receipt\">1 <small>of 1</small></section>\
             {SEAL_BEGIN}{}{SEAL_END}{DATA_BEGIN}{data}{DATA_END}",
            sha256(&data)
        )
    }

    #[test]
    fn a_whole_file_holds() {
        assert_eq!(check(&file()).unwrap().faults, Vec::<String>::new());
    }

    #[test]
    fn whatever_is_changed_is_found_out() {
        let said = |from: &str, to: &str| {
            let changed = file().replacen(from, to, 1);
            assert_ne!(changed, file(), "{from}");
            check(&changed).unwrap().faults.join(" ")
        };
        assert!(said("<b>twice</b>", "<b>thrice</b>").starts_with("The words of the report"));
        assert!(said("<mark>High", "<mark>Low").starts_with("A quote, as it is shown"));
        assert!(said("<h1>Why", "<h1>How").starts_with("The question"));
        assert!(said("1 <small>", "2 <small>").starts_with("The receipt"));
        assert!(said("Before. High", "Before! High").contains("Passage 1"));
        let all = said("\"quote\":\"High", "\"quote\":\"Low");
        assert!(
            all.contains("not what was sealed") && all.contains("Quote 1 of `output`"),
            "{all}"
        );
        assert_eq!(check("<html>"), Err(NoProof::Missing("proof")));
    }
}
