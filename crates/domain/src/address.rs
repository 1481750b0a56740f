//! Addresses that a person wrote into a question or a cell.

/// The longest name that DNS allows, here with its path.
const MAX_BARE: usize = 253;

/// Endings that make a word such as `example.org` an address and not, say, `os.path` or `report.pdf`.
const ENDINGS: [&str; 41] = [
    "com", "org", "net", "io", "dev", "app", "ai", "co", "eu", "de", "uk", "us", "fr", "ch", "at",
    "nl", "be", "es", "it", "se", "no", "dk", "fi", "pl", "cz", "ca", "au", "nz", "jp", "cn", "in",
    "br", "gov", "edu", "int", "info", "biz", "tech", "cloud", "example", "shop",
];

/// Words in the names of columns that hold websites, in the languages of the web's most sites.
const SITE_COLUMNS: [&str; 15] = [
    "website",
    "websites",
    "web",
    "site",
    "url",
    "urls",
    "homepage",
    "domain",
    "domains",
    "www",
    "webseite",
    "webadresse",
    "internet",
    "internetseite",
    "sitio",
];

/// Whole addresses (`https://…`), and words that are nothing but a domain with or without a path, which are
/// taken as `https`. In the order of the text, without repeats.
pub fn addresses_in(text: &str) -> Vec<String> {
    found_in(text, is_bare)
}

/// The same of a cell that is known to hold addresses: `example.travel` is one, whatever it ends in.
pub(crate) fn sites_in(cell: &str) -> Vec<String> {
    found_in(cell, |word| is_bare(word) || is_domain(word))
}

/// Whether a column is named like one that holds websites: `Website`, `company_url`, `Domain`.
pub(crate) fn names_sites(column: &str) -> bool {
    let column = column.to_lowercase();
    column.split(|c: char| !c.is_alphanumeric()).any(|word| SITE_COLUMNS.contains(&word))
}

fn found_in(text: &str, is_bare: impl Fn(&str) -> bool) -> Vec<String> {
    let between = |c: char| {
        c.is_whitespace()
            || matches!(c, '<' | '>' | '"' | '|' | ',' | ';' | '(' | ')' | '[' | ']' | '`')
    };
    let mut found: Vec<String> = Vec::new();
    for word in text.split(between) {
        let word = word.trim_matches(|c| matches!(c, '\'' | '.' | ':' | '!' | '?' | '{' | '}'));
        let scheme = word.split_once("://").map(|(scheme, _)| scheme.to_lowercase());
        let address = match scheme.as_deref() {
            Some(scheme @ ("http" | "https")) => Some(format!("{scheme}{}", &word[scheme.len()..])),
            Some(_) | None => is_bare(word).then(|| format!("https://{word}")),
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

/// `example.travel`, `müller.köln`: an ending of letters, two at least.
fn is_domain(word: &str) -> bool {
    let host = word.split('/').next().unwrap_or(word);
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let is_ending = |ending: &str| {
        ending.starts_with("xn--")
            || (ending.chars().count() >= 2 && ending.chars().all(char::is_alphabetic))
    };
    word.len() <= MAX_BARE
        && host.split('.').all(is_label)
        && host.rsplit_once('.').is_some_and(|(_, ending)| is_ending(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_questions_and_cells() {
        assert_eq!(addresses_in("What does https://a.org/x say?"), ["https://a.org/x"]);
        assert_eq!(addresses_in("see (http://127.0.0.1:80/y?a=b)."), ["http://127.0.0.1:80/y?a=b"]);
        assert_eq!(
            addresses_in("HTTP://a.org/X or Https://b.org"),
            ["http://a.org/X", "https://b.org"]
        );
        assert_eq!(addresses_in("a.org/?u=http://b.org"), ["https://a.org/?u=http://b.org"]);
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

    #[test]
    fn a_cell_for_websites_holds_domains_of_any_ending() {
        assert_eq!(sites_in("firma.cologne"), ["https://firma.cologne"]);
        assert_eq!(sites_in("müller.köln / a.travel"), ["https://müller.köln", "https://a.travel"]);
        assert_eq!(sites_in("http://b.museum"), ["http://b.museum"]);
        for none in ["none", "3.11", "e.g.", "info@firma.cologne", "St. Mary's", "a..b", "n/a"] {
            assert_eq!(sites_in(none), Vec::<String>::new(), "{none}");
        }
    }

    #[test]
    fn columns_for_websites_are_known_by_their_names() {
        for column in ["Website", "Company URL", "company_domain", "Home page / www", "Webseite"] {
            assert!(names_sites(column), "{column}");
        }
        for column in ["Name", "Cobweb", "Curl", "Remarks"] {
            assert!(!names_sites(column), "{column}");
        }
    }
}
