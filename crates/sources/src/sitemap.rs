//! What a site says it has: its sitemap, as far as it is small.

use std::time::Duration;

use egress::{Purpose, Request};
use url::Url;

use crate::fetch::Fetch;
use crate::providers::wire::entities;
use crate::{Failed, MayAsk};

/// Of a site that has to be asked before anything else is read.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of one sitemap. Larger ones list products and articles, not what a site says about itself.
const MAX_BYTES: usize = 3_000_000;
/// Addresses that are taken from it.
const MAX_ADDRESSES: usize = 5_000;
/// Parts that are read of a sitemap that lists others.
const MAX_PARTS: usize = 2;

/// Addresses on the site's own host, in the order of its sitemap; none if it has no sitemap. Each part is asked for as
/// politely as a page.
pub(crate) async fn addresses(
    fetch: &Fetch,
    site: &Url,
    may_ask: MayAsk<'_>,
) -> Result<Vec<String>, Failed> {
    let is_there = |place: &Url| place.host() == site.host();
    let mut found = Sitemap::default();
    for root in roots(fetch, site, may_ask).await? {
        let read = read(fetch, &root, may_ask).await?;
        found.is_index |= read.is_index;
        found.places.extend(read.places);
    }
    if found.is_index {
        // What is called after pages lists what a site says about itself.
        found.places.sort_by_key(|place| !place.contains("page"));
        let parts: Vec<String> = found.places.drain(..).take(MAX_PARTS).collect();
        for part in parts {
            let Ok(part) = Url::parse(&part) else { continue };
            if is_there(&part) {
                found.places.extend(read(fetch, &part, may_ask).await?.places);
            }
        }
    }
    let is_own = |place: &String| Url::parse(place).is_ok_and(|url| url.host() == site.host());
    found.places.retain(is_own);
    found.places.truncate(MAX_ADDRESSES);
    Ok(found.places)
}

/// Where its sitemaps lie: as its robots.txt says, or where they usually do.
async fn roots(fetch: &Fetch, site: &Url, may_ask: MayAsk<'_>) -> Result<Vec<Url>, Failed> {
    let named = fetch.named_sitemaps(site, may_ask).await?;
    let named = named.iter().filter_map(|place| Url::parse(place).ok());
    let own: Vec<Url> = named.filter(|place| place.host() == site.host()).take(MAX_PARTS).collect();
    if !own.is_empty() {
        return Ok(own);
    }
    let mut usual = site.clone();
    usual.set_path("/sitemap.xml");
    usual.set_query(None);
    usual.set_fragment(None);
    Ok(vec![usual])
}

#[derive(Default)]
struct Sitemap {
    is_index: bool,
    places: Vec<String>,
}

async fn read(fetch: &Fetch, url: &Url, may_ask: MayAsk<'_>) -> Result<Sitemap, Failed> {
    if !may_ask(url) {
        return Err(Failed::LeftOut { address: url.to_string() });
    }
    let request = Request {
        purpose: Purpose::Robots,
        accept: "application/xml,text/xml;q=0.9,*/*;q=0.5",
        // Elsewhere it would speak of another site.
        follow: false,
        ..Request::new(url.clone(), MAX_BYTES, TIMEOUT)
    };
    let reply = match fetch.hop(request, may_ask).await {
        Ok(reply) if reply.status == 200 => reply,
        Ok(_) | Err(Failed::TooLarge { .. } | Failed::Status { retry_after: None, .. }) => {
            return Ok(Sitemap::default());
        }
        Err(why) => return Err(why),
    };
    let text = String::from_utf8_lossy(&reply.body);
    let places = text
        .split("<loc>")
        .skip(1)
        .filter_map(|rest| rest.split("</loc>").next())
        .map(|place| entities(place.trim()))
        .take(MAX_ADDRESSES)
        .collect();
    Ok(Sitemap { is_index: text.contains("<sitemapindex"), places })
}
