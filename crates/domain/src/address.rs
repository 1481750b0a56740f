//! Addresses that a person wrote into a question or a cell.

/// The longest name that DNS allows, here with its path.
const MAX_BARE: usize = 253;

/// Endings that make a word such as `example.org` an address and not, say, `os.path` or `report.pdf`.
const ENDINGS: [&str; 41] = [
    "com", "org", "net", "io", "dev", "app", "ai", "co", "eu", "de", "uk", "us", "fr", "ch", "at",
    "nl", "be", "es", "it", "se", "no", "dk", "fi", "pl", "cz", "ca", "au", "nz", "jp", "cn", "in",
    "br", "gov", "edu", "int", "info", "biz", "tech", "cloud", "example", "shop",
];

/// Whole addresses (`https://…`), and words that are nothing but a domain with or without a path, which are
/// taken as `https`. In the order of the text, without repeats.
pub fn addresses_in(text: &str) -> Vec<String> {
    let between = |c: char| {
        c.is_whitespace()
            || matches!(c, '<' | '>' | '"' | '|' | ',' | ';' | '(' | ')' | '[' | ']' | '`')
    };
    let mut found: Vec<String> = Vec::new();
    for word in text.split(between) {
        let word = word.trim_matches(|c| matches!(c, '\'' | '.' | ':' | '!' | '?' | '{' | '}'));
        let address = if word.starts_with("http://") || word.starts_with("https://") {
            Some(word.to_owned())
        } else {
            is_bare(word).then(|| format!("https://{word}"))
        };
        found.extend(address.filter(|address| !found.contains(address)));
    }
    found
}

/// `example.org`, `www.example.museum`, `docs.example.org/path`.
fn is_bare(word: &str) -> bool {
    let host = word.split('/').next().unwrap_or(word);
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let ending = labels.last().copied().unwrap_or_default();
    word.len() <= MAX_BARE
        && labels.len() >= 2
        && labels.iter().all(is_label)
        && (host.starts_with("www.") || ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_questions_and_cells() {
        assert_eq!(addresses_in("What does https://a.org/x say?"), ["https://a.org/x"]);
        assert_eq!(addresses_in("see (http://127.0.0.1:80/y?a=b)."), ["http://127.0.0.1:80/y?a=b"]);
        assert_eq!(addresses_in(" acme.example "), ["https://acme.example"]);
        assert_eq!(addresses_in("Who runs docs.acme.org/path?"), ["https://docs.acme.org/path"]);
        assert_eq!(addresses_in("www.acme.museum, www.acme.museum"), ["https://www.acme.museum"]);
    }

    #[test]
    fn names_files_numbers_and_mail_addresses_are_none() {
        for none in [
            "os.path",
            "3.11",
            "readme.md",
            "e.g. this",
            "shared_buffers",
            "Acme Inc.",
            "bob@example.org",
            "file:///etc/passwd",
            "report.pdf",
        ] {
            assert_eq!(addresses_in(none), Vec::<String>::new(), "{none}");
        }
    }
}
