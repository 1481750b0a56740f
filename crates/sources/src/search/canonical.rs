//! When two addresses are one page: the form in which they are compared, and the one in which they are asked.

use url::Url;

/// Parameters that tell where a reader came from, and nothing about the page.
const TRACKING: [&str; 22] = [
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "fbclid",
    "msclkid",
    "twclid",
    "yclid",
    "ttclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "mkt_tok",
    "ref_src",
    "ref_url",
    "cmpid",
    "vero_id",
    "oly_enc_id",
];
/// Parameters that choose a lighter form of the same page.
const FORMS: [&str; 3] = ["amp", "outputtype", "mobileaction"];
/// Labels of hosts that serve a lighter form of the same page.
const LIGHT: [&str; 4] = ["m", "mobile", "amp", "www"];
/// Names of the page that a folder shows by itself.
const INDEX: [&str; 5] = ["index.html", "index.htm", "index.php", "default.aspx", "index.asp"];
/// Second-level domains under which names are given, beside the country's own.
const SECOND: [&str; 9] = ["co", "com", "org", "net", "ac", "edu", "gov", "gob", "or"];

/// The form by which addresses are compared; not for asking. What is no address of the web stays as it is.
pub fn canonical(address: &str) -> String {
    let Some(mut url) = web(address) else {
        return address.split('#').next().unwrap_or(address).trim_end_matches('/').to_owned();
    };
    url.set_fragment(None);
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name) && !FORMS.contains(&name.to_lowercase().as_str()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    pairs.sort();
    let host = full_host(url.host_str().unwrap_or_default());
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    let mark = if query.is_empty() { "" } else { "?" };
    // Scheme left out: http and https show the same page.
    format!("{host}{port}{}{mark}{query}", full_path(url.path()))
}

/// The address without parameters that only tell where a reader came from.
pub fn without_tracking(address: &str) -> String {
    let Some(mut url) = web(address) else { return address.to_owned() };
    if !url.query_pairs().any(|(name, _)| is_tracking(&name)) {
        return address.to_owned();
    }
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if kept.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    url.into()
}

/// To whom a host belongs, as far as its name tells: `docs.example.co.uk` to `example.co.uk`.
pub fn domain_of(address: &str) -> Option<String> {
    let url = web(address)?;
    let host = url.host_str()?;
    if !matches!(url.host(), Some(url::Host::Domain(_))) {
        return Some(host.to_owned());
    }
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let is_under_country = labels.len() > 2
        && labels.last().is_some_and(|last| last.len() == 2)
        && SECOND.contains(&labels[labels.len() - 2]);
    let count = if is_under_country { 3 } else { 2 };
    Some(labels[labels.len().saturating_sub(count)..].join("."))
}

fn web(address: &str) -> Option<Url> {
    Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn is_tracking(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("utm_") || name.starts_with("pk_") || TRACKING.contains(&name.as_str())
}

/// `en.m.example.org` and `www.example.org` lose what marks a form of the page, as long as a name is left.
fn full_host(host: &str) -> String {
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let tail = labels.len().saturating_sub(2);
    let kept =
        labels.iter().enumerate().filter(|(at, label)| *at >= tail || !LIGHT.contains(label));
    kept.map(|(_, label)| *label).collect::<Vec<_>>().join(".")
}

fn full_path(path: &str) -> String {
    let path = path.strip_prefix("/amp/").map_or(path.to_owned(), |rest| format!("/{rest}"));
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/amp").or_else(|| path.strip_suffix(".amp")).unwrap_or(path);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let path = if INDEX.contains(&name.to_lowercase().as_str()) { folder } else { path };
    path.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_one_page_are_the_same() {
        for address in [
            "https://example.org/a/b?x=1&y=2",
            "http://www.example.org:80/a/b/?y=2&x=1#part",
            "https://m.example.org/a/b?x=1&y=2&utm_source=mail&gclid=7",
            "https://amp.example.org/a/b/amp?x=1&y=2&amp=1",
            "https://example.org/amp/a/b?y=2&x=1",
            "https://EXAMPLE.org/a/b/index.html?x=1&y=2&fbclid=z",
        ] {
            assert_eq!(canonical(address), "example.org/a/b?x=1&y=2", "{address}");
        }
        assert_eq!(canonical("https://en.m.wikipedia.org/wiki/Tide"), "en.wikipedia.org/wiki/Tide");
    }

    #[test]
    fn other_pages_stay_apart() {
        let pairs = [
            ("https://m.co/a", "https://co/a"),
            ("https://a.org/x?id=1", "https://a.org/x?id=2"),
            ("https://a.org:8080/", "https://a.org/"),
            ("https://docs.a.org/", "https://a.org/"),
            ("https://a.org/A", "https://a.org/a"),
            ("https://a.org/amplifier", "https://a.org/lifier"),
        ];
        for (one, other) in pairs {
            assert_ne!(canonical(one), canonical(other), "{one} {other}");
        }
        assert_eq!(canonical("doc://manual/a.md#part"), "doc://manual/a.md");
    }

    #[test]
    fn an_address_is_asked_without_its_tracking_and_otherwise_as_it_is() {
        assert_eq!(
            without_tracking("https://a.org/x?utm_source=y&id=7#part"),
            "https://a.org/x?id=7#part"
        );
        assert_eq!(without_tracking("https://a.org/x?utm_source=y"), "https://a.org/x");
        assert_eq!(without_tracking("https://a.org/x?b=1&a=2"), "https://a.org/x?b=1&a=2");
    }

    #[test]
    fn a_host_belongs_to_its_domain() {
        let domain = |address: &str| domain_of(address).unwrap();
        assert_eq!(domain("https://docs.example.org/x"), "example.org");
        assert_eq!(domain("https://www.shop.example.co.uk/x"), "example.co.uk");
        assert_eq!(domain("https://example.de/x"), "example.de");
        assert_eq!(domain("http://127.0.0.1:80/x"), "127.0.0.1");
        assert_eq!(domain_of("doc://manual/a.md"), None);
    }
}
