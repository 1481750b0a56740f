//! Addresses in an input: `https://…` or a bare domain, as far as the policy lets them be read.

use domain::spec::{Input, SourcePolicy};
use url::Url;

/// Endings that name a file far more often than a domain.
const FILE_ENDINGS: [&str; 22] = [
    "pdf", "txt", "md", "html", "htm", "csv", "tsv", "json", "xml", "yaml", "toml", "doc", "docx",
    "xls", "xlsx", "ppt", "pptx", "js", "ts", "png", "jpg", "zip",
];

/// Whether the input names at least one address that may be read.
pub(super) fn is_any_in(input: &Input, policy: &SourcePolicy) -> bool {
    input.texts().iter().any(|text| words(text).any(|word| is_readable(word, policy)))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, '<' | '>' | '"' | '|' | ',' | ';' | '(' | ')' | '[' | ']')
    })
    .map(|word| {
        word.trim_matches(|c: char| matches!(c, '{' | '}' | '\'' | '`' | '.' | ':' | '!' | '?'))
    })
    .filter(|word| !word.is_empty())
}

fn is_readable(word: &str, policy: &SourcePolicy) -> bool {
    let address = if word.contains("://") { Url::parse(word) } else { bare(word) };
    address.is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| policy.allows_web(host, url.path()))
    })
}

/// `example.org` or `example.org/path`.
fn bare(word: &str) -> Result<Url, url::ParseError> {
    let host = word.split(['/', '?', '#']).next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let ending = labels.last().copied().unwrap_or_default();
    let is_domain = labels.len() >= 2
        && labels.iter().all(is_label)
        && ending.chars().count() >= 2
        && ending.chars().all(char::is_alphabetic)
        && !FILE_ENDINGS.contains(&ending.to_lowercase().as_str());
    if is_domain {
        Url::parse(&format!("https://{word}"))
    } else {
        Err(url::ParseError::RelativeUrlWithoutBase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str) -> bool {
        is_any_in(&Input::Text(text.into()), &SourcePolicy::default())
    }

    #[test]
    fn addresses_and_bare_domains_are_found() {
        assert!(finds("see https://example.org/a?b."));
        assert!(finds("who runs (example.org)?"));
        assert!(finds("docs.example.org/path"));
        assert!(finds("http://127.0.0.1:8080/x"));
    }

    #[test]
    fn files_numbers_and_mail_addresses_are_none() {
        for text in
            ["report.pdf", "3.14", "e.g. this", "bob@example.org", "file:///etc/passwd", "why"]
        {
            assert!(!finds(text), "{text}");
        }
    }
}
