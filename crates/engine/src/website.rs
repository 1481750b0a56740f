//! A row's own website: the pages on which organisations say what rows ask for, read before any search is asked.

use url::Url;

use crate::Failed;
use crate::search::Frontier;
use crate::world::World;

/// Pages of own websites that are read before a search, where the budget of the run has room for twice as many.
const PAGES: usize = 6;
/// Own websites of one row.
const SITES: usize = 2;

/// What such a page is called, in paths and on links, in the languages of the web's most sites.
const KINDS: [&[&str]; 4] = [
    &[
        "about",
        "about-us",
        "aboutus",
        "company",
        "who-we-are",
        "our-story",
        "history",
        "imprint",
        "impressum",
        "ueber-uns",
        "uber-uns",
        "unternehmen",
        "a-propos",
        "qui-sommes-nous",
        "quienes-somos",
        "chi-siamo",
        "sobre",
    ],
    &[
        "contact",
        "contact-us",
        "contacts",
        "kontakt",
        "contacto",
        "contato",
        "contatti",
        "locations",
    ],
    &["pricing", "plans", "prices", "plans-pricing", "preise", "tarifs", "precios"],
    &[
        "team",
        "our-team",
        "leadership",
        "management",
        "people",
        "board",
        "executives",
        "equipe",
        "vorstand",
    ],
];
/// Asked for where neither the first page nor the sitemap names any such page.
const GUESSES: [&str; 2] = ["about", "contact"];

/// The websites among the cells of a row: addresses of first pages.
pub(crate) fn of_row(world: &World) -> Vec<Url> {
    let addresses = world.claimed.input.addresses().into_iter();
    addresses.filter_map(|address| Url::parse(&address).ok()).filter(is_home).take(SITES).collect()
}

/// Whether an address is that of a site's first page: without a path but the name of such a page or of a language, and
/// without parameters but those that tell where a reader came from.
fn is_home(url: &Url) -> bool {
    let page = sources::canonical(url.as_str());
    let (_, path) = page.split_once('/').unwrap_or((&page, ""));
    let (language, region) = path.split_once(['-', '_']).unwrap_or((path, ""));
    let is_code = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    let is_language = is_code(language) && (region.is_empty() || is_code(region));
    !page.contains('?') && (path.is_empty() || is_language)
}

/// Whether a page lies on a site, be it with `www.` or without.
pub(crate) fn is_of(site: &Url, address: &str) -> bool {
    let host = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    Url::parse(address).is_ok_and(|url| host(&url) == host(site))
}

/// Addresses of these websites worth reading next, those first of which there is one of each kind.
///
/// `read` are the addresses of the pages that were read; `left` is how many pages the run may still read.
pub(crate) async fn telling_pages(
    world: &World,
    frontier: &mut Frontier,
    sites: &[Url],
    read: &[&str],
    left: usize,
) -> Result<Vec<String>, Failed> {
    let limit = PAGES.min(left / 2);
    let mut chosen = Vec::new();
    for site in sites {
        // A site whose first page could not be read is not asked for more.
        if !read.iter().any(|address| is_of(site, address)) {
            continue;
        }
        let linked = frontier.links_on(site);
        let mut pages =
            of_kinds(linked.iter().map(|(address, label)| (address.as_str(), label.as_str())));
        if pages.iter().any(Option::is_none) {
            let listed = world.sitemap(site).await?;
            let listed = of_kinds(listed.iter().map(|address| (address.as_str(), "")));
            for (page, listed) in pages.iter_mut().zip(listed) {
                *page = page.take().or(listed);
            }
        }
        let mut found: Vec<String> = pages.into_iter().flatten().collect();
        if found.is_empty() {
            found.extend(GUESSES.iter().filter_map(|name| site.join(name).ok()).map(String::from));
        }
        chosen.extend(found);
    }
    chosen.retain(|address| frontier.is_new(world, address));
    chosen.truncate(limit);
    for address in &chosen {
        frontier.know(address);
    }
    Ok(chosen)
}

/// Whether a sitemap's address is worth remembering.
pub(crate) fn is_telling(address: &str) -> bool {
    kind_of(address, "").is_some()
}

/// The first page of each kind, the shortest addresses first.
fn of_kinds<'a>(pages: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Option<String>> {
    let mut pages: Vec<(&str, &str)> = pages.collect();
    pages.sort_by_key(|(address, _)| (address.len(), *address));
    let first =
        |kind: usize| pages.iter().find(|(address, label)| kind_of(address, label) == Some(kind));
    (0..KINDS.len()).map(|kind| first(kind).map(|(address, _)| (*address).to_owned())).collect()
}

/// By the last part of its path, or by what stands on the link.
fn kind_of(address: &str, label: &str) -> Option<usize> {
    let url = Url::parse(address).ok()?;
    let mut parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    let last = parts.pop()?.to_lowercase();
    // Deep pages with such a name are about something else: `/blog/2024/team`.
    if parts.len() > 1 {
        return None;
    }
    let name = last.split('.').next().unwrap_or(&last);
    let label = label.trim().to_lowercase().replace(' ', "-");
    KINDS.iter().position(|names| names.contains(&name) || names.contains(&label.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_page_is_known_by_its_address() {
        let is_home = |address: &str| is_home(&Url::parse(address).unwrap());
        for home in [
            "HTTP://a.org/",
            "http://a.org",
            "https://a.org:8443/",
            "http://a.org/index.html",
            "http://a.org/en/",
            "http://a.org/de-at",
            "http://a.org/?utm_source=crm&gclid=7",
        ] {
            assert!(is_home(home), "{home}");
        }
        for page in
            ["http://a.org/x", "http://a.org/?p=7", "http://a.org/en/news", "http://a.org/a1"]
        {
            assert!(!is_home(page), "{page}");
        }
    }

    #[test]
    fn a_telling_page_is_known_by_its_path_or_its_label() {
        let kind = |address: &str, label: &str| kind_of(address, label);
        assert_eq!(kind("https://a.org/about-us", ""), Some(0));
        assert_eq!(kind("https://a.org/en/contact.html", ""), Some(1));
        assert_eq!(kind("https://a.org/x7", "Our team"), Some(3));
        assert_eq!(kind("https://a.org/blog/2024/team", ""), None);
        assert_eq!(kind("https://a.org/", "Home"), None);
        assert_eq!(kind("https://a.org/products", "Products"), None);
    }

    #[test]
    fn of_each_kind_the_shortest_address_is_taken() {
        let pages = [
            ("https://a.org/de/about", ""),
            ("https://a.org/about", ""),
            ("https://a.org/pricing", "Plans"),
        ];
        let chosen = of_kinds(pages.into_iter());
        let expected = [Some("https://a.org/about"), None, Some("https://a.org/pricing"), None];
        assert_eq!(chosen, expected.map(|page| page.map(str::to_owned)));
    }
}
